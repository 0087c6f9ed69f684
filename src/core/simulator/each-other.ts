/** Two directors that have each other as real server, by direct routing: what becomes of one segment. */
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import type { HostConfig } from "../host/config/config.ts";
import { prefixed } from "../host/config/config.ts";
import { Director } from "../host/director.ts";
import { verdictName } from "../trace/verdict.ts";
import { ipv4 } from "../wire/address.ts";
import { fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, macAt, writeMac } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { IPV4_HEADER, IPV4_TTL, PROTOCOL_TCP, writeIpv4 } from "../wire/ipv4.ts";
import { SYN, TCP_CHECKSUM, TCP_DESTINATION_PORT, TCP_FLAGS, TCP_HEADER, TCP_SOURCE_PORT } from "../wire/tcp.ts";

const CLIENT = 0x0a000009;
const VIP = 0x0a000064;
const OWN = [0x0a000001, 0x0a000002] as const;
const PORT = 80;
const TTL = 64;
/** 02:00 and the IP address. */
const macOf = (address: number): number => 0x0200_0000_0000 + address;

/** One director that had the segment. */
export interface Stop {
  readonly director: number;
  readonly ttl: number;
  /** The verdict's name. */
  readonly verdict: string;
}

/** Where a client's segment goes. With `backupOnly` the second director is a backup that balances nothing (backup_only). */
export function betweenTwoDirectors(backupOnly: boolean): Stop[] {
  const onWire: Uint8Array[] = [];
  const directors = OWN.map((_, number) => make(number, onWire));
  const [, second] = directors;
  if (backupOnly) {
    second?.setSysctl("net.ipv4.vs.backup_only", 1);
    if (second !== undefined) tell(second, "--start-daemon backup --mcast-interface eth0");
  }
  onWire.push(segment());
  const stops: Stop[] = [];
  for (let bytes = onWire.shift(); bytes !== undefined; bytes = onWire.shift()) {
    const view = new DataView(bytes.buffer);
    const to = OWN.findIndex((address) => macOf(address) === macAt(view, 0));
    const director = directors[to];
    if (director === undefined) continue;
    const ttl = view.getUint8(ETHERNET_HEADER + IPV4_TTL);
    stops.push({ director: to + 1, ttl, verdict: verdictName(director.receive(Frame.of(bytes), 0, 0)) });
  }
  return stops;
}

function make(number: number, onWire: Uint8Array[]): Director {
  const own = OWN[number] ?? 0;
  const other = OWN[1 - number] ?? 0;
  const station = (address: number) => ({ address: ipv4(address), mac: bytesOf(macOf(address)), dev: "eth0" });
  const config: HostConfig = {
    interfaces: [
      { name: "eth0", mac: bytesOf(macOf(own)), mtu: 1500, addresses: [prefixed(own, 24), prefixed(VIP, 32)] },
    ],
    routes: [],
    neighbors: [station(other), station(CLIENT)],
    marks: [],
    sysctl: {},
  };
  const director = new Director(config, { link: { send: (frame) => void onWire.push(frame.copyOfContents()) } });
  director.advance(0);
  tell(director, `-A -t 10.0.0.100:${PORT} -s rr`);
  tell(director, `-a -t 10.0.0.100:${PORT} -r 10.0.0.${2 - number}:${PORT} -g`);
  return director;
}

const tell = (director: Director, line: string) => runIpvsadm(wordsOf(line), { server: director.server });

function bytesOf(mac: number): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(new DataView(bytes.buffer), 0, mac);
  return bytes;
}

function segment(): Uint8Array {
  const bytes = new Uint8Array(ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER);
  const view = new DataView(bytes.buffer);
  writeMac(view, 0, macOf(OWN[0]));
  writeMac(view, 6, macOf(CLIENT));
  view.setUint16(ETHERNET_TYPE, ETHERTYPE_IPV4);
  const length = IPV4_HEADER + TCP_HEADER;
  const fixed = { tos: 0, length, identification: 1, fragment: 0, ttl: TTL, protocol: PROTOCOL_TCP };
  writeIpv4(view, ETHERNET_HEADER, { ...fixed, source: CLIENT, destination: VIP });
  const at = ETHERNET_HEADER + IPV4_HEADER;
  view.setUint16(at + TCP_SOURCE_PORT, 40_000);
  view.setUint16(at + TCP_DESTINATION_PORT, PORT);
  view.setUint8(at + TCP_FLAGS - 1, (TCP_HEADER / 4) << 4);
  view.setUint8(at + TCP_FLAGS, SYN);
  const pseudo = pseudoHeaderSum(CLIENT, VIP, PROTOCOL_TCP, TCP_HEADER);
  view.setUint16(at + TCP_CHECKSUM, ~fold(sum(view, at, TCP_HEADER) + pseudo) & 0xffff);
  return bytes;
}
