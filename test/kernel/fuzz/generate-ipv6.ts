/** Makes a random IPv6 case from a seed: services of all kinds, their connections, and what else comes to an IPv6 host. */
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { datagramIpv6, fragmentsIpv6, icmpv6, ipv6, segmentIpv6, tcpIpv6 } from "../../support/packet-ipv6.ts";
import { steadyPart } from "../clock.ts";
import { Random } from "./random.ts";
import {
  CLIENTS,
  type Flow,
  fromOutside,
  fromServer,
  type Ipv6World,
  makeIpv6World,
  SERVERS,
  serverOf,
  VIP,
} from "./world-ipv6.ts";

const UNTIL_COUNTED = 2.4;
const FINAL_LISTINGS = ["-Ln", "-Ln --stats --exact", "-Lnc", "-Sn"];
const SCHEDULERS = ["rr", "wrr", "lc", "wlc", "sed", "nq", "sh", "dh", "mh", "fo", "ovf"] as const;
const PAD = [0, 1, 4, 0, 0, 0, 0] as const;

function addService(world: Ipv6World, port: number, udp: boolean): void {
  const { random, stage, services } = world;
  const marked = !udp && port === 443 && stage.head.marks.length > 0;
  const [option, name] = marked ? ["-f", "7 -6"] : [udp ? "-u" : "-t", `[${VIP}]:${port}`];
  const bound = random.chance(0.25) ? ` -p 60${random.chance(0.5) ? ` -M ${random.pick([48, 64, 128])}` : ""}` : "";
  const once = udp && bound === "" && random.chance(0.2) ? " -o" : "";
  stage.ipvsadm(`-A ${option} ${name} -s ${random.pick(SCHEDULERS)}${bound}${once}`);
  const method = random.pick(["-m", "-m", "-g", "-i"]);
  for (const server of random.sample(SERVERS, random.integer(1, 3))) {
    const to = marked || random.chance(0.6) || method !== "-m" ? (marked ? 0 : port) : port + 8000;
    stage.ipvsadm(`-a ${option} ${name} -r [${server}]:${to} ${method} -w ${random.integer(0, 3)}`);
  }
  services.push({ option, name, port, udp });
}

function open(world: Ipv6World): void {
  const { random, services, flows } = world;
  const { port, udp } = random.pick(services);
  const client = random.pick(CLIENTS);
  const clientPort = 40000 + random.integer(0, 30);
  const ends = `${client} > ${VIP}`;
  const fields = { hops: random.pick([64, 64, 64, 7, 2, 1]), trafficClass: random.pick([0, 0, 1, 3, 0x2e << 2]) };
  const extensions = random.chance(0.15) ? [[random.pick([0, 60]), PAD] as const] : [];
  const packet = udp
    ? ipv6(ends, 17, datagramIpv6(ends, [clientPort, port], random.bytes(random.integer(0, 60))), {
        ...fields,
        extensions,
      })
    : tcpIpv6(ends, [clientPort, port], "S", { ...fields, extensions, flowLabel: random.integer(0, 0xfffff) });
  const target = serverOf(fromOutside(world, packet)[0]);
  flows.push({
    protocol: udp ? "udp" : "tcp",
    client,
    clientPort,
    virtualPort: port,
    server: target?.server,
    serverPort: target?.port ?? port,
  });
}

function goOn(world: Ipv6World): void {
  const { random, flows } = world;
  if (flows.length === 0) {
    open(world);
    return;
  }
  const flow = random.pick(flows);
  if (flow.server !== undefined && random.chance(0.5)) answer(world, flow, flow.server);
  else ask(world, flow);
}

function ask(world: Ipv6World, { protocol, client, clientPort, virtualPort }: Flow): void {
  const { random } = world;
  const ends = `${client} > ${VIP}`;
  const ports = [clientPort, virtualPort] as const;
  const data = random.bytes(random.pick([0, 1, 100, 1180, 1220, 1300, 1420]));
  if (protocol === "udp") fromOutside(world, ipv6(ends, 17, datagramIpv6(ends, ports, data)));
  else
    fromOutside(
      world,
      tcpIpv6(ends, ports, random.pick([".", "P.", "F.", "R", "S"]), { sequence: 1001, acknowledgement: 5001, data }),
    );
}

function answer(world: Ipv6World, { protocol, client, clientPort, serverPort }: Flow, server: string): void {
  const { random } = world;
  const ends = `${server} > ${client}`;
  const ports = [serverPort, clientPort] as const;
  const data = random.bytes(random.pick([0, 10, 1400]));
  const fields = { hops: random.pick([64, 64, 2, 1]) };
  if (protocol === "udp") fromServer(world, server, ipv6(ends, 17, datagramIpv6(ends, ports, data), fields));
  else
    fromServer(
      world,
      server,
      tcpIpv6(ends, ports, random.pick(["S.", ".", "F.", "R"]), {
        ...fields,
        sequence: 5000,
        acknowledgement: 1001,
        data,
      }),
    );
}

function fragmented(world: Ipv6World): void {
  const { random, services } = world;
  const { port, udp } = random.pick(services);
  const client = random.pick(CLIENTS);
  const ends = `${client} > ${random.pick([VIP, VIP, VIP, "fd00:2::2"])}`;
  const ports = [40000 + random.integer(0, 30), port] as const;
  const data = random.bytes(random.integer(20, 2600));
  const payload = udp ? datagramIpv6(ends, ports, data) : segmentIpv6(ends, ports, "S", { data });
  const extensions = random.chance(0.2) ? [[0, PAD] as const] : [];
  const pieces = fragmentsIpv6(ends, udp ? 17 : 6, payload, 8 * random.integer(8, 170), random.integer(1, 2 ** 31), {
    extensions,
  });
  if (pieces.length > 1 && random.chance(0.15)) pieces.pop();
  for (const piece of random.chance(0.3) ? pieces.reverse() : pieces) fromOutside(world, piece);
}

function icmpError(world: Ipv6World): void {
  const { random, flows } = world;
  if (flows.length === 0) return;
  const { protocol, client, clientPort, virtualPort, server, serverPort } = random.pick(flows);
  const [type, code, rest] = random.pick([
    [1, 0, 0],
    [1, 3, 0],
    [1, 4, 0],
    [2, 0, 1280],
    [2, 0, 1350],
    [3, 0, 0],
    [4, 1, 40],
  ] as const);
  const quote = (ends: string, ports: readonly [number, number]): Uint8Array => {
    const data = random.bytes(random.integer(0, 900));
    const payload = protocol === "udp" ? datagramIpv6(ends, ports, data) : segmentIpv6(ends, ports, ".", { data });
    return ipv6(ends, protocol === "udp" ? 17 : 6, payload).bytes.subarray(0, random.pick([48, 60, 100, 1200]));
  };
  if (server !== undefined && random.chance(0.5)) {
    const data = quote(`${client} > ${server}`, [clientPort, serverPort]);
    fromServer(world, server, icmpv6(`${server} > ${client}`, type, code, { rest, data }));
  } else {
    const data = quote(`${VIP} > ${client}`, [virtualPort, clientPort]);
    fromOutside(world, icmpv6(`${random.pick([client, "fd00:1::9"])} > ${VIP}`, type, code, { rest, data }));
  }
}

/** What is none of IPVS's business. */
function other(world: Ipv6World): void {
  const { random } = world;
  const client = random.pick(CLIENTS);
  const target = random.pick([VIP, "fd00:1::254", "fd00:2::1", "fd00:2::2", "fd00:7::7", "fd00:1::", "fd00:1::9"]);
  const ends = `${client} > ${target}`;
  const option = [0, random.pick([0x1e, 0x5e, 0x9e, 0xde]), 4, 0, 0, 0, 0];
  const routing = [0, random.pick([0, 2, 3, 4, 253]), random.integer(0, 1), 0, 0, 0, 0];
  const extensions = random.pick([
    [],
    [],
    [[0, option]],
    [[60, option]],
    [[43, routing]],
    [
      [0, PAD],
      [60, PAD],
    ],
  ] as const);
  const fields = { hops: random.pick([64, 64, 1, 0]), trafficClass: random.integer(0, 255), extensions };
  const data = random.bytes(random.pick([0, 8, 200, 1300]));
  const packets = [
    () => icmpv6(ends, random.pick([128, 128, 129, 100, 200]), 0, { ...fields, rest: 5, data }),
    () => ipv6(ends, 17, datagramIpv6(ends, [9, 9], data), fields),
    () =>
      tcpIpv6(ends, [9, 9], random.pick(["S", ".", "F.", "R"]), {
        ...fields,
        data,
        error: random.pick([0, 0, 0x1234]),
      }),
    () => ipv6(ends, random.pick([41, 47, 59, 89, 99, 132]), data, fields),
    () => ipv6(ends, 17, datagramIpv6(ends, [9, 9], data), { ...fields, payloadLength: random.integer(0, 400) }),
  ];
  fromOutside(world, random.pick(packets)());
}

function change({ random, stage, services }: Ipv6World): void {
  const { option, name, port } = random.pick(services);
  const to = option === "-f" ? 0 : port;
  stage.ipvsadm(
    `${random.pick(["-e", "-d"])} ${option} ${name} -r [${random.pick(SERVERS)}]:${to}${random.chance(0.5) ? " -w 2" : ""}`,
  );
}

const ACTIONS: readonly (readonly [number, (world: Ipv6World) => void])[] = [
  [24, open],
  [26, goOn],
  [8, fragmented],
  [9, icmpError],
  [14, other],
  [2, change],
];

/** A case of some 60 to 200 frames; the same for the same seed as long as tapvs does the same. */
export function generateIpv6(seed: number): string {
  const random = new Random(seed);
  const world = makeIpv6World(random, `seed_${seed}`);
  const { stage } = world;
  for (const [port, udp] of random.sample(
    [
      [80, false],
      [443, false],
      [53, true],
      [5060, true],
    ] as const,
    random.integer(1, 3),
  ))
    addService(world, port, udp);
  for (let step = random.integer(40, 90); step > 0; step--) random.weighted(ACTIONS)(world);
  stage.sleep(UNTIL_COUNTED);
  for (const listing of FINAL_LISTINGS) stage.ipvsadm(listing);
  return formatTranscript({ head: stage.head, events: steadyPart(stage.transcript) });
}
