/** Recorded exchanges of ipvsadm and keepalived with the kernel's family, and what of them a comparison leaves out. */
import { readFileSync } from "node:fs";
import { isUnicastOrLocal } from "../../../src/core/host/address-type.ts";
import { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { ipv4 } from "../../../src/core/wire/address.ts";

/** One run of a program. Its exchanges are without those that ask for the family's number, but for the first. */
export interface Run {
  readonly id: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string | null;
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Datagrams in hexadecimal. */
  readonly exchanges: readonly { readonly request: string; readonly replies: readonly string[] }[];
}

export const runs = (): Run[] =>
  readFileSync("fixtures/netlink/exchanges.jsonl", "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Run);

/** The family's number on the kernel that was recorded. */
export const RECORDED_FAMILY = 28;

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The table of a host with the interfaces that were there. */
export const newServer = (): VirtualServer =>
  new VirtualServer({
    host: {
      isUnicastOrLocal: (address) => isUnicastOrLocal(address, [{ address: ipv4(0x7f000001), prefix: 8 }]),
      hasInterface: (name) => ["lo", "dummy0", "vk0"].includes(name),
    },
  });

const HEADERS = 20;
const STATS = 10;
const STATS64 = 12;
const PAD = 11;
const FIRST_NESTED = 3;

/**
 * The messages of datagrams in hexadecimal, without the empty attributes that 32-bit kernels, and User-Mode Linux, put
 * before numbers of 64 bits.
 */
export const messagesOf = (datagrams: readonly Uint8Array[]): string[] =>
  datagrams.flatMap((datagram) => pieces(datagram, 0, 4).map((message) => hexOf(unpadded(message))));

/** What stands one behind another, each filled up to 4 bytes; its length is of `size` bytes. */
function pieces(bytes: Uint8Array, from: number, size: 2 | 4): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Uint8Array[] = [];
  for (let at = from; at < bytes.length; ) {
    const length = size === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    found.push(bytes.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

function unpadded(message: Uint8Array): Uint8Array {
  const isFamily = new DataView(message.buffer, message.byteOffset).getUint16(4, true) === RECORDED_FAMILY;
  if (!isFamily) return message;
  const body = attributes(message, HEADERS, (type) => (type <= FIRST_NESTED ? "object" : undefined));
  const whole = Buffer.concat([message.subarray(0, HEADERS), body]);
  whole.writeUInt32LE(whole.length, 0);
  return whole;
}

type Inside = "object" | "statistics" | undefined;

function attributes(bytes: Uint8Array, from: number, inside: (type: number) => Inside): Uint8Array {
  return Buffer.concat(
    pieces(bytes, from, 2).map((piece) => {
      const type = new DataView(piece.buffer, piece.byteOffset).getUint16(2, true);
      const kind = inside(type);
      if (kind === undefined) return Buffer.concat([piece], (piece.length + 3) & ~3);
      const value =
        kind === "object"
          ? attributes(piece, 4, (of) => (of === STATS || of === STATS64 ? "statistics" : undefined))
          : Buffer.concat(
              pieces(piece, 4, 2)
                .filter((one) => one[2] !== PAD)
                .map((one) => Buffer.concat([one], (one.length + 3) & ~3)),
            );
      const whole = Buffer.concat([piece.subarray(0, 4), value]);
      whole.writeUInt16LE(whole.length, 0);
      return whole;
    }),
  );
}
