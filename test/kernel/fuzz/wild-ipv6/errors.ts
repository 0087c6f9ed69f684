/** ICMP and ICMPv6 errors of all types about whatever the director has received or sent, from all sides, whole and damaged. */

import { sum } from "../../../../src/core/wire/checksum.ts";
import { concat } from "../../frames.ts";
import { isIpv6, packetOf, readIp, summed, viewOf } from "./bytes.ts";
import { chainOf, fieldsOf } from "./payloads.ts";
import { arrive, CLIENTS, SERVERS, type WildWorld, wireOf } from "./world.ts";

type Errors = readonly (readonly [number, readonly number[]])[];
const ERRORS6: Errors = [
  [1, [0, 1, 3, 4, 5, 9]],
  [2, [0]],
  [2, [0, 0, 0, 1]],
  [3, [0, 1]],
  [4, [0, 1, 2]],
  [5, [0]],
  [127, [0]],
];
const ERRORS4: Errors = [
  [3, [0, 1, 3, 4, 4, 4, 13]],
  [11, [0, 1]],
  [12, [0]],
  [4, [0]],
  [5, [1]],
];
const MTUS = [0, 68, 552, 1000, 1279, 1280, 1281, 1300, 1350, 1400, 1480, 1500, 9000] as const;
const ICMP = 1;
const ICMPV6 = 58;

/** An error about a packet that crossed the director: from its destination or somebody on the way, to its source. */
export function error(world: WildWorld): void {
  const { random, sent, received } = world;
  const log = random.chance(0.75) ? sent : received;
  if (log.length === 0) return;
  const { bytes } = random.pick(log);
  const read = readIp(bytes);
  if (read === undefined) return;
  const family = isIpv6(read.source);
  const others = [...CLIENTS, ...SERVERS].filter((address) => isIpv6(address) === family);
  const from = random.chance(0.7) ? read.destination : random.pick(others);
  const to = random.chance(0.9) ? read.source : random.pick(others);
  const ends = { source: from, destination: to, sourcePort: 0, destinationPort: 0 };
  const message = messageOf(world, family, quoteOf(world, bytes));
  const fields = fieldsOf(random);
  const packet = family
    ? packetOf(ends, ICMPV6, random.chance(0.95) ? summed(ends, ICMPV6, message) : message, fields)
    : packetOf(ends, ICMP, message, fields);
  const host = log === sent ? from : random.pick(others);
  arrive(world, wireOf(world, host)[1] === "" ? from : host, packet);
}

function messageOf({ random }: WildWorld, isFamily6: boolean, quote: Uint8Array): Uint8Array {
  const [type, codes] = random.pick(isFamily6 ? ERRORS6 : ERRORS4);
  const mtu = random.pick(MTUS);
  const word =
    type === 2 && isFamily6 ? mtu : type === 3 && !isFamily6 ? mtu : type === 4 ? random.pick([0, 6, 40, 48]) : 0;
  const message = concat(
    Uint8Array.of(type, random.pick(codes), 0, 0, word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255),
    quote,
  );
  if (!isFamily6)
    viewOf(message).setUint16(
      2,
      (~sum(viewOf(message), 0, message.length) & 0xffff) ^ (random.chance(0.05) ? 0x1234 : 0),
    );
  return message;
}

/** The packet as it is told of: in short, in full, or not as it was. */
function quoteOf({ random }: WildWorld, bytes: Uint8Array): Uint8Array {
  const header = (bytes[0] ?? 0) >>> 4 === 6 ? 40 : 20;
  const lengths = [header + 8, header + 8, header + 20, header + 60, 1232, 548];
  const quote = bytes.slice(0, random.chance(0.12) ? random.integer(0, header + 12) : random.pick(lengths));
  if (random.chance(0.1) && quote.length > header) {
    const at = random.integer(0, Math.min(quote.length, header + 20) - 1);
    quote[at] = (quote[at] ?? 0) ^ (1 << random.integer(0, 7));
  }
  return random.chance(0.08) && header === 40 && quote.length >= 40
    ? withChain(random.chance(0.5) ? chainOf(random, true) : chainOf(random, false), quote)
    : quote;
}

/** Extension headers in front of what the quoted packet carries. */
function withChain(chain: ReturnType<typeof chainOf>, quote: Uint8Array): Uint8Array {
  const next = [...chain.map(([header]) => header), quote[6] ?? 59];
  const bytes = concat(...chain.map(([, one], index) => Uint8Array.of(next[index + 1] ?? 59, ...one)));
  const made = concat(quote.subarray(0, 40), bytes, quote.subarray(40));
  made[6] = next[0] ?? 59;
  return made;
}
