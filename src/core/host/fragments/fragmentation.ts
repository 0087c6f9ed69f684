/** Cuts a packet into fragments (RFC 791, section 3.2). Mirrors net/ipv4/ip_output.c: ip_do_fragment. */
import { Frame } from "../../wire/frame.ts";
import {
  DONT_FRAGMENT,
  FRAGMENT_OFFSET,
  finishHeader,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_LENGTH,
  MORE_FRAGMENTS,
} from "../../wire/ipv4.ts";
import { blankUncopiedOptions } from "../ip-options.ts";

/**
 * Hands each fragment of the frame's packet to `send`, in order. A reassembled datagram goes out in the pieces it came
 * in, if they fit; else it is cut anew, no piece larger than the largest was.
 * @ipvs #Y fragments "Reassembled datagrams leave in the pieces they came in where those fit, else cut at the largest"
 * @ipvs #Y fragments "DF is put on again only where a datagram whose largest fragment had DF is fragmented again"
 */
export function fragment(frame: Frame, routeMtu: number, send: (piece: Frame) => void): number[] {
  const mtu = frame.largestFragment > 0 ? Math.min(routeMtu, frame.largestFragment) : routeMtu;
  const header = frame.transport - frame.network;
  const room = mtu - header;
  const payload = frame.end - frame.transport;
  const kept = frame.fragmentLengths;
  const asTheyCame = kept !== undefined && kept.length > 1 && fitsEach(kept, room);
  const lengths = asTheyCame ? kept : cut(payload, Math.max(8, room & ~7), room);
  // Even where the header has none any more: a tunnel's, with pmtu_disc 0.
  const dontFragment = asTheyCame || !frame.copiesDontFragment ? 0 : DONT_FRAGMENT;
  // A fragment that is cut again: its pieces lie behind its own offset, and its last one is the datagram's last only if it was.
  const own = frame.view.getUint16(frame.network + IPV4_FRAGMENT);
  let offset = 0;
  for (const length of lengths) {
    const more = offset + length === payload ? own & MORE_FRAGMENTS : MORE_FRAGMENTS;
    const position = ((own & FRAGMENT_OFFSET) + (offset >> 3)) & FRAGMENT_OFFSET;
    send(pieceOf(frame, header, offset, length, dontFragment | more | position));
    offset += length;
  }
  return [...lengths];
}

/** Every piece within the limit, all but the last a multiple of 8. */
const fitsEach = (lengths: readonly number[], room: number): boolean =>
  lengths.every((length, index) => length <= room && (length % 8 === 0 || index === lengths.length - 1));

function cut(payload: number, step: number, room: number): number[] {
  const lengths: number[] = [];
  for (let left = payload; left > 0; left -= lengths.at(-1) ?? left)
    lengths.push(left <= room ? left : Math.min(step, left));
  return lengths;
}

/** `field` is what the header says of fragments. */
function pieceOf(frame: Frame, header: number, offset: number, length: number, field: number): Frame {
  const link = frame.network - frame.start;
  const piece = Frame.allocate(link + header + length);
  piece.bytes.set(frame.bytes.subarray(frame.start, frame.network + header), piece.start);
  const from = frame.network + header + offset;
  piece.bytes.set(frame.bytes.subarray(from, from + length), piece.network + header);
  const { view, network } = piece;
  if (offset > 0) blankUncopiedOptions(view, network + IPV4_HEADER, network + header);
  view.setUint16(network + IPV4_LENGTH, header + length);
  view.setUint16(network + IPV4_FRAGMENT, field);
  finishHeader(view, network);
  return piece;
}
