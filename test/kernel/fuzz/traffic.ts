/** Random traffic: what clients, real servers, routers and strangers send through the director. */
import { firstWord } from "../../../src/core/wire/address.ts";
import { Conversation, type Speech } from "../conversation.ts";
import { concat, ipv4, type Payload, sctp, tcp, udp } from "../frames.ts";
import { flagsOf } from "../sent.ts";
import { damaged, ordinary, randomData, randomFragments, randomHeader, randomSum } from "./packets.ts";
import type { Random } from "./random.ts";
import { arrive, type FuzzService, senderOf, settle, type World } from "./world.ts";

const OPENING = ["S", "S", "S", "S", "S", "S", "S", "SA", "SF", "SP", "SEC"] as const;
const STRAY = ["A", "FA", "R", "RA", "SA", "-", "PA", "SR", "U", "F"] as const;
const SPOKEN = ["A", "A", "PA", "PA", "PA", "FA", "FA", "R", "S", "-"] as const;
const ANSWERED = ["SA", "SA", "A", "PA", "PA", "FA", "RA", "R"] as const;
/** SCTP chunks by their types: mostly those of a handshake, of data, and of an end. */
const CHUNK_TYPES = [0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 14, 63] as const;
const OPENING_CHUNKS = [1, 1, 1, 1, 1, 0, 6, 10] as const;
/** MSS, SACK permitted, timestamps, window scale: what real clients send with a SYN. */
const SYN_OPTIONS = Uint8Array.from([2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);

/** Few ports, so that connections are met again; sometimes those with a meaning of their own. */
function clientPort({ random }: World): number {
  return random.chance(0.03) ? random.pick([0, 20]) : 40000 + random.integer(0, 24);
}

/** One chunk, sometimes two: the second counts only in few cases. */
const randomChunks = (random: Random, first: readonly number[]): number[] => [
  random.pick(first),
  ...(random.chance(0.2) ? [random.pick(CHUNK_TYPES)] : []),
];

const flags = (letters: string): number => flagsOf(letters) ?? 0;

/** A client of a service that says something to it. */
interface Opening {
  readonly service: FuzzService;
  readonly client: number;
  readonly between: { source: number; destination: number; sourcePort: number; destinationPort: number };
}

function opening(world: World): Opening {
  const { random } = world;
  const service = random.pick(world.services);
  const client = random.pick(world.clients);
  const destinationPort = random.chance(0.05) ? random.integer(1, 65535) : random.pick(service.ports);
  const between = { source: client, destination: service.address, sourcePort: clientPort(world), destinationPort };
  return { service, client, between };
}

/** A client says something to a service that it perhaps never spoke to. */
export function open(world: World): void {
  const { random } = world;
  const { service, client, between } = opening(world);
  const protocol = random.chance(0.03) ? random.pick(["tcp", "udp", "sctp"] as const) : service.protocol;
  const { sourcePort: clientPort, destination: virtual, destinationPort: virtualPort } = between;
  const by = senderOf(world, client);
  const ends = { protocol, client, clientPort, virtual, virtualPort, by };
  const conversation = new Conversation(world.network, world.stage, ends);
  const payload = openingPayload(random, protocol, between);
  conversation.hear(send(world, client, payload, true));
  if (conversation.server === undefined) return;
  world.conversations.push(conversation);
  if (random.chance(0.6)) answer(world, conversation, protocol === "tcp" ? "SA" : "-");
}

function openingPayload(random: Random, protocol: FuzzService["protocol"], between: Opening["between"]): Payload {
  const sum = randomSum(random);
  if (protocol === "sctp")
    return sctp({ ...between, sum, chunks: randomChunks(random, OPENING_CHUNKS), verificationTag: 7 });
  if (protocol === "udp") return udp({ ...between, sum, data: randomData(random) });
  const options = random.chance(0.3) ? SYN_OPTIONS : new Uint8Array();
  return tcp({ ...between, sum, options, flags: flags(random.pick(OPENING)) });
}

/** Sends a packet whole or in fragments; now and then damaged, or with padding behind it. */
function send(world: World, source: number, payload: Payload, mayDamage = false) {
  const { random } = world;
  const header = randomHeader(random);
  const by = senderOf(world, source);
  if (mayDamage && random.chance(0.03)) return arrive(world, by, damaged(random, payload, header));
  if (random.chance(0.02))
    return randomFragments(random, payload, header).flatMap((packet) => arrive(world, by, packet));
  return arrive(world, by, ipv4(payload, header), random.chance(0.05) ? random.integer(1, 20) : 0);
}

function answer(world: World, conversation: Conversation, letters: string): void {
  const { random } = world;
  const chunks = randomChunks(random, CHUNK_TYPES);
  const speech = { flags: flags(letters), chunks, data: random.chance(0.4) ? randomData(random) : new Uint8Array() };
  const sent = conversation.serverSays({ ...speech, sum: randomSum(random), header: randomHeader(random) });
  if (sent !== undefined) settle(world, sent);
}

/** A conversation goes on, from either side. */
export function converse(world: World): void {
  const { random, conversations } = world;
  if (conversations.length === 0) {
    open(world);
    return;
  }
  const conversation = random.pick(conversations);
  if (random.chance(0.4) && conversation.isAnswerable) {
    answer(world, conversation, random.pick(ANSWERED));
    return;
  }
  const letters = random.pick(SPOKEN);
  const data = letters === "PA" ? randomData(random) : new Uint8Array();
  const chunks = randomChunks(random, CHUNK_TYPES);
  const speech: Speech = { flags: flags(letters), chunks, data, sum: randomSum(random), header: randomHeader(random) };
  settle(world, conversation.clientSays(speech));
}

/** A handshake, some data and an orderly end, so that the later states are reached. */
export function wholeConversation(world: World): void {
  const { random } = world;
  open(world);
  const conversation = world.conversations.at(-1);
  if (conversation === undefined) return;
  const steps = [
    "cA",
    "cPA",
    "sA",
    "sPA",
    "cA",
    ...random.pick([["cFA", "sFA", "cA"], ["sFA", "cFA", "sA"], ["cR"], []]),
  ];
  for (const step of steps) {
    const letters = step.slice(1);
    if (step.startsWith("s")) answer(world, conversation, letters);
    else
      settle(
        world,
        conversation.clientSays({
          flags: flags(letters),
          data: letters === "PA" ? random.bytes(20) : new Uint8Array(),
        }),
      );
  }
}

/** A datagram or segment too long for a frame, or cut up anyway: a request or an answer. */
export function fragmented(world: World): void {
  const { random } = world;
  const payload = random.chance(0.35) ? longAnswer(world) : longRequest(world);
  const by = senderOf(world, payload.source);
  for (const packet of randomFragments(random, payload, randomHeader(random))) arrive(world, by, packet);
}

function longRequest(world: World): Payload {
  const { random } = world;
  const { service, between } = opening(world);
  return longPayload(world, service.protocol, between, random.chance(0.5) ? "S" : "PA");
}

function longAnswer(world: World): Payload {
  const { random, conversations } = world;
  const conversation = conversations.length > 0 ? random.pick(conversations) : undefined;
  if (conversation?.server === undefined) return longRequest(world);
  const { server, ends } = conversation;
  const between = {
    source: server.station.address,
    destination: ends.client,
    sourcePort: server.port,
    destinationPort: ends.clientPort,
  };
  return longPayload(world, ends.protocol, between, "PA");
}

function longPayload(
  { random }: World,
  protocol: FuzzService["protocol"],
  between: Opening["between"],
  letters: string,
): Payload {
  const data = random.bytes(random.chance(0.6) ? random.integer(900, 3000) : random.integer(0, 300));
  return ordinary(protocol, { ...between, data, sum: randomSum(random) }, flags(letters));
}

/** Packets that belong to no connection: of clients to other ports, of real servers on their own, to other networks. */
export function stray(world: World): void {
  const { random } = world;
  const client = random.pick(world.clients);
  const server = random.pick(world.servers);
  const own = firstWord(random.pick(world.network.interfaces.flatMap(({ addresses }) => addresses)).address);
  const [source, destination] = random.weighted<readonly [number, number]>([
    [4, [client, random.pick(world.virtuals)]],
    [3, [server, client]],
    [2, [client, server]],
    [1, [client, own]],
    [1, [server, random.pick(world.virtuals)]],
    [0.5, [client, random.pick(STRANGE)]],
    [0.3, [random.pick(STRANGE), random.pick(world.virtuals)]],
    [0.3, [own, client]],
  ]);
  const ports = random.pick(world.services).ports;
  const port = (): number => random.pick([...ports, 8080, 40001, random.integer(1, 65535)]);
  const between = { source, destination, sourcePort: port(), destinationPort: port(), sum: randomSum(random) };
  const payload = random.chance(0.55)
    ? tcp({ ...between, flags: flags(random.pick(STRAY)), data: random.bytes(random.integer(0, 9)) })
    : udp({ ...between, data: randomData(random) });
  send(world, source, payload, true);
}

/** Nobody's, broadcast, multicast, loopback. */
const STRANGE = [0xc0000201, 0x0a0100ff, 0xffffffff, 0xe0000001, 0xe0000112, 0x7f000001, 0xf0000001];

/** UDP and TCP headers that lie about their lengths. */
export function lying(world: World): void {
  const { random } = world;
  const { service, between } = opening(world);
  const data = random.bytes(random.integer(0, 30));
  const payload =
    service.protocol === "udp"
      ? udp({ ...between, data, length: random.integer(0, 60), sum: randomSum(random) })
      : tcp({ ...between, data, headerWords: random.integer(0, 15), flags: flags(random.pick(OPENING)) });
  send(world, between.source, payload, true);
}

const PROTOCOLS = [2, 4, 41, 47, 50, 51, 89, 103, 132, 253, 255] as const;

/** Other protocols than TCP, UDP and ICMP, to the director and through it. */
export function otherProtocol(world: World): void {
  const { random } = world;
  const source = random.pick(world.clients);
  const destination = random.pick([random.pick(world.virtuals), random.pick(world.servers)]);
  const bytes = concat(random.bytes(random.integer(0, 60)));
  send(world, source, { protocol: random.pick(PROTOCOLS), source, destination, bytes });
}
