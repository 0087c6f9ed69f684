/** Makes capture files byte by byte, without any code of the reader or the writers: the formats as the specifications draw them. */

/** Writes numbers in one byte order. */
export interface Order {
  readonly name: string;
  u16(value: number): number[];
  u32(value: number): number[];
}

export const LITTLE: Order = {
  name: "little-endian",
  u16: (value) => [value & 255, (value >>> 8) & 255],
  u32: (value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255],
};

export const BIG: Order = {
  name: "big-endian",
  u16: (value) => LITTLE.u16(value).reverse(),
  u32: (value) => LITTLE.u32(value).reverse(),
};

export const ORDERS = [LITTLE, BIG] as const;

/** `length` bytes that count up from `first`. */
export const frame = (length: number, first = 0): number[] => Array.from({ length }, (_, i) => (first + i) & 255);

export const file = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());

// pcap

export const pcapHeader = (
  order: Order,
  { magic = 0xa1b2c3d4, major = 2, minor = 4, snapLength = 65535, linkType = 1 } = {},
): number[] => [
  ...order.u32(magic),
  ...order.u16(major),
  ...order.u16(minor),
  ...order.u32(0),
  ...order.u32(0),
  ...order.u32(snapLength),
  ...order.u32(linkType),
];

export const pcapRecord = (
  order: Order,
  seconds: number,
  fraction: number,
  bytes: readonly number[],
  { captured = bytes.length, original = bytes.length } = {},
): number[] => [
  ...order.u32(seconds),
  ...order.u32(fraction),
  ...order.u32(captured),
  ...order.u32(original),
  ...bytes,
];

// pcapng

const filled = (bytes: readonly number[]): number[] => [
  ...bytes,
  ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0),
];

/** `lead` and `trail` are the lengths at both ends, where they are to be wrong. */
export const block = (
  order: Order,
  type: number,
  body: readonly number[],
  lengths: { readonly lead?: number; readonly trail?: number } = {},
): number[] => {
  const { lead = 12 + body.length, trail = lead } = lengths;
  return [...order.u32(type), ...order.u32(lead), ...body, ...order.u32(trail)];
};

export const option = (order: Order, code: number, value: readonly number[], length = value.length): number[] => [
  ...order.u16(code),
  ...order.u16(length),
  ...filled(value),
];

export const sectionHeader = (
  order: Order,
  { magic = 0x1a2b3c4d, major = 1, options = [] as number[] } = {},
): number[] =>
  block(order, 0x0a0d0d0a, [
    ...order.u32(magic),
    ...order.u16(major),
    ...order.u16(0),
    ...order.u32(0xffffffff),
    ...order.u32(0xffffffff),
    ...options,
  ]);

export const description = (
  order: Order,
  { linkType = 1, snapLength = 262144, options = [] as number[] } = {},
): number[] => block(order, 1, [...order.u16(linkType), ...order.u16(0), ...order.u32(snapLength), ...options]);

export const ifName = (order: Order, name: string): number[] => option(order, 2, [...Buffer.from(name)]);

interface EnhancedPacketFields {
  readonly port?: number;
  readonly ticks?: bigint;
  readonly captured?: number;
  readonly original?: number;
  readonly options?: readonly number[];
}

export const enhancedPacket = (order: Order, bytes: readonly number[], fields: EnhancedPacketFields = {}): number[] => {
  const { port = 0, ticks = 0n, captured = bytes.length, original = captured, options = [] } = fields;
  return block(order, 6, [
    ...order.u32(port),
    ...order.u32(Number(ticks >> 32n)),
    ...order.u32(Number(ticks & 0xffffffffn)),
    ...order.u32(captured),
    ...order.u32(original),
    ...filled(bytes),
    ...options,
  ]);
};

export const obsoletePacket = (order: Order, bytes: readonly number[], port: number, ticks: bigint): number[] =>
  block(order, 2, [
    ...order.u16(port),
    ...order.u16(7), // packets dropped before this one
    ...order.u32(Number(ticks >> 32n)),
    ...order.u32(Number(ticks & 0xffffffffn)),
    ...order.u32(bytes.length),
    ...order.u32(bytes.length),
    ...filled(bytes),
  ]);

export const simplePacket = (order: Order, bytes: readonly number[], original = bytes.length): number[] =>
  block(order, 3, [...order.u32(original), ...filled(bytes)]);
