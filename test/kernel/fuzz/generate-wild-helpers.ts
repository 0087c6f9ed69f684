/** Makes a wild case of FTP through NAT and of SIP persistence from a seed: both families, active and passive, lines that are odd or cut. */
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { steadyPart } from "../clock.ts";
import { concat } from "../frames.ts";
import { Random } from "./random.ts";
import { type Ends, isIpv6, packetOf, summed, viewOf } from "./wild-ipv6/bytes.ts";
import { FtpTalk } from "./wild-ipv6/ftp-talk.ts";
import { answer, ask, say } from "./wild-ipv6/traffic.ts";
import { arrive, CLIENTS, makeWildWorld, SERVERS, VIRTUALS, type WildWorld } from "./wild-ipv6/world.ts";

export const HELPERS = ["ip_vs_ftp", "ip_vs_pe_sip"] as const;
const UNTIL_LINK_LOCAL = 2.1;
const UNTIL_COUNTED = 2.4;
const FINAL_LISTINGS = ["-Ln", "-Ln --stats --exact", "-Lnc", "-Lnc --persistent-conn", "-Sn"];
const SIP_PORT = 5060;
const FTP_PORT = 21;

interface Stories {
  readonly world: WildWorld;
  readonly talks: FtpTalk[];
  /** Ports that somebody has told of, and whose talk it was. */
  readonly told: { readonly talk: FtpTalk; readonly port: number; readonly active: boolean }[];
}

const bracketed = (address: string): string => (isIpv6(address) ? `[${address}]` : address);
const ofFamily = <Text extends string>(list: readonly Text[], address: string): Text[] =>
  list.filter((one) => isIpv6(one) === isIpv6(address));

function addServices({ random, stage }: WildWorld): void {
  for (const virtual of VIRTUALS) {
    if (random.chance(0.2)) continue;
    const bound = random.chance(0.4) ? " -p 60" : "";
    stage.ipvsadm(`-A -t ${bracketed(virtual)}:21 -s rr${bound}`);
    const once = random.chance(0.3) ? " -o" : "";
    const protocol = random.pick(["-u", "-u", "-t"]);
    stage.ipvsadm(`-A ${protocol} ${bracketed(virtual)}:5060 -s rr -p 60 --pe sip${protocol === "-u" ? once : ""}`);
    for (const server of random.sample(ofFamily(SERVERS, virtual), random.integer(1, 2))) {
      const method = random.pick(["-m", "-m", "-m", "-m", "-g", "-i"]);
      const port = method === "-m" && random.chance(0.2) ? 2121 : FTP_PORT;
      stage.ipvsadm(`-a -t ${bracketed(virtual)}:21 -r ${bracketed(server)}:${port} ${method}`);
      stage.ipvsadm(`-a ${protocol} ${bracketed(virtual)}:5060 -r ${bracketed(server)}:5060 ${method}`);
    }
  }
}

function begin({ world, talks }: Stories): void {
  const { random } = world;
  const destination = random.pick(VIRTUALS);
  const source = random.pick(ofFamily(CLIENTS, destination));
  const ends = { source, destination, sourcePort: 40000 + talks.length, destinationPort: FTP_PORT };
  const talk = new FtpTalk(world, ends);
  talk.open();
  talk.line("server", "220 ready\r\n");
  talks.push(talk);
}

/** How an address and a port look in PORT and 227. */
const six = (address: string, port: number): string => `${address.replaceAll(".", ",")},${port >> 8},${port & 255}`;

function clientLine({ world, talks, told }: Stories): void {
  const { random } = world;
  const talk = random.pick(talks);
  const address = random.chance(0.9) ? talk.client.source : random.pick(CLIENTS);
  const port = 50000 + random.integer(0, 9);
  const [mark, family] = [random.pick(["|", "|", "!"]), isIpv6(address) ? 2 : 1];
  const four = isIpv6(address) ? "10.1.0.1" : address;
  const lines = [
    `PORT ${six(four, port)}\r\n`,
    `EPRT ${mark}${family}${mark}${address}${mark}${port}${mark}\r\n`,
    `eprt ${mark}${family}${mark}${address}${mark}${port}${mark}\r\n`,
    `port  ${six(four, port)}\n`,
    `PORT ${six(four, port)},9\r\n`,
    `PORT 10,1,0,256,1,1\r\n`,
    `EPRT |3|${address}|${port}|\r\n`,
    `EPRT |${family}|${address}|${port}\r\n`,
    "PASV\r\n",
    "PASV\r\n",
    "EPSV\r\n",
    "EPSV\r\n",
    "epsv 2\r\n",
    "EPSV ALL\r\n",
    "PASV \r\n",
    "PA",
    "LIST\r\n",
    "USER a\r\nPASV\r\n",
  ];
  talk.line("client", random.pick(lines));
  told.push({ talk, port, active: true });
}

function serverLine({ world, talks, told }: Stories): void {
  const { random } = world;
  const talk = random.pick(talks);
  const own = talk.server?.source ?? "10.2.0.2";
  const port = random.pick([30000, 30001, 999, 65535, 9]);
  const four = isIpv6(own) ? "10.2.0.2" : own;
  const other = random.chance(0.1) ? "10.2.0.3" : four;
  const mark = random.pick(["|", "|", "!"]);
  const lines = [
    `227 Entering Passive Mode (${six(other, port)}).\r\n`,
    `227 Entering Passive Mode (${six(other, port)}).\r\n`,
    `227 Entering Passive Mode ${six(four, port)}\r\n`,
    `227 =${six(four, port)}\r\n`,
    `227 Entering Passive Mode (${six(four, port)}\r\n`,
    `227 (${six(four, port)},1)\r\n`,
    `229 Entering Extended Passive Mode (${mark.repeat(3)}${port}${mark})\r\n`,
    `229 Entering Extended Passive Mode (${mark.repeat(3)}${port}${mark})\r\n`,
    `229 (${mark}2${mark}${own}${mark}${port}${mark})\r\n`,
    `229 ok ${mark.repeat(3)}${port}${mark}\r\n`,
    `229 (${mark.repeat(3)}${port}\r\n`,
    "200 ok\r\n",
    "150 data\r\n227 x (",
    "22",
  ];
  talk.line("server", random.pick(lines));
  told.push({ talk, port, active: false });
}

/** Data, to a port that was told of. */
function data({ world, told }: Stories): void {
  const { random } = world;
  if (told.length === 0) return;
  const { talk, port, active } = random.pick(told.slice(-6));
  const { source: client, destination: virtual } = talk.client;
  const server = talk.server?.source ?? "10.2.0.2";
  if (active) {
    const sourcePort = random.pick([20, 20, (talk.server?.sourcePort ?? FTP_PORT) - 1, 30000]);
    if (isIpv6(server) === isIpv6(client))
      say(world, { source: server, destination: client, sourcePort, destinationPort: port }, 6, "opener");
  } else
    say(
      world,
      { source: client, destination: virtual, sourcePort: 45000 + random.integer(0, 5), destinationPort: port },
      6,
      "opener",
    );
}

/** In IPv6 no longer Call-ID than ipvsadm can list. */
function sip({ world }: Stories): void {
  const { random } = world;
  const destination = random.pick(VIRTUALS);
  const source = random.pick(ofFamily(CLIENTS, destination));
  const ends: Ends = { source, destination, sourcePort: random.pick([5060, 40000, 40001]), destinationPort: SIP_PORT };
  const id = random.pick([
    "a@b",
    "call-1",
    "x",
    "1234567890@10.1.0.1",
    "y".repeat(random.pick(isIpv6(source) ? [89] : [127, 128, 129])),
  ]);
  const header = random.pick([
    `Call-ID: ${id}`,
    `Call-ID: ${id}`,
    `Call-ID:${id}`,
    `call-id : ${id}`,
    `i: ${id}`,
    "Call-ID: ",
    `Call-ID:  \t ${id}`,
    "Subject: none",
  ]);
  const end = random.pick(["\r\n", "\r\n", "\n", ""]);
  const text = `${random.pick(["INVITE sip:b SIP/2.0", "BYE sip:b SIP/2.0", "SIP/2.0 200 OK", "\r\n\r\n"])}\r\nVia: SIP/2.0/UDP c\r\n${header}${end}`;
  const payload = new TextEncoder().encode(text);
  const udp = new Uint8Array(8);
  for (const [index, word] of [ends.sourcePort, ends.destinationPort, 8 + payload.length].entries())
    viewOf(udp).setUint16(index * 2, word);
  arrive(world, source, packetOf(ends, 17, summed(ends, 17, concat(udp, payload))));
}

/** The same for the same seed as long as tapvs does the same. */
export function generateWildHelpers(seed: number): string {
  const random = new Random(seed);
  const world = makeWildWorld(random, `wild_helpers_${seed}`, HELPERS);
  const { stage } = world;
  const stories: Stories = { world, talks: [], told: [] };
  stage.sleep(UNTIL_LINK_LOCAL);
  addServices(world);
  begin(stories);
  const actions: readonly (readonly [number, () => void])[] = [
    [2, () => begin(stories)],
    [12, () => clientLine(stories)],
    [12, () => serverLine(stories)],
    [14, () => data(stories)],
    [6, () => random.pick(stories.talks).repeat()],
    [1.5, () => random.pick(stories.talks).close()],
    [6, () => ask(world)],
    [6, () => answer(world)],
    [8, () => sip(stories)],
    [1, () => void stage.ipvsadm("-Lnc")],
  ];
  for (let step = random.integer(30, 60); step > 0; step--) random.weighted(actions)();
  stage.sleep(UNTIL_COUNTED);
  stage.proc("ip_vs_app");
  for (const listing of FINAL_LISTINGS) stage.ipvsadm(listing);
  return formatTranscript({ head: stage.head, events: steadyPart(stage.transcript) });
}
