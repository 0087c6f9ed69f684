/** Cuts an IPv6 packet into fragments (RFC 8200, section 4.5). Mirrors net/ipv6/ip6_output.c: ip6_fragment, ip6_find_1stfragopt. */
import { Frame } from "../../wire/frame.ts";
import {
  DESTINATION_OPTIONS,
  extensionLength,
  FRAGMENT,
  FRAGMENT_HEADER,
  HOP_BY_HOP,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  LEAST_IPV6_MTU,
  ROUTING,
  writeFragmentHeader,
} from "../../wire/ipv6.ts";

/**
 * The MTU that fragments of the packet may have: no more than the largest it came in, if it came in fragments.
 * `undefined` if it may not be cut, or not so small.
 */
export function fragmentMtu(frame: Frame, routeMtu: number): number | undefined {
  const { largestFragment, ignoreDontFragment } = frame;
  if (!ignoreDontFragment && frame.end - frame.network > routeMtu) return undefined;
  if (largestFragment > routeMtu) return undefined;
  return largestFragment === 0 ? routeMtu : Math.max(largestFragment, LEAST_IPV6_MTU);
}

/**
 * Hands each fragment of the packet to `send`, in order; the payload lengths. A reassembled datagram goes out in the pieces it
 * came in, where they fit.
 * @ipvs #Y fragments "IPv6: reassembled datagrams leave in the pieces they came in where those fit, else cut at the largest, but not below 1280"
 */
export function fragmentIpv6(
  frame: Frame,
  mtu: number,
  identification: number,
  send: (piece: Frame) => void,
): readonly number[] {
  const place = firstFragmentable(frame);
  const headers = place.at - frame.network;
  const room = mtu - headers - FRAGMENT_HEADER;
  const payload = frame.end - place.at;
  const pieces = piecesOf(frame, headers);
  const lengths = pieces !== undefined && fitsEach(pieces, room) ? pieces : cut(payload, room);
  let offset = 0;
  for (const length of lengths) {
    const more = offset + length < payload;
    send(pieceOf(frame, place, { offset, length, more, identification }));
    offset += length;
  }
  return lengths;
}

interface Place {
  /** The byte that names the first header that every fragment need not have, and where that begins. */
  readonly pointer: number;
  readonly at: number;
}

/** Hop-by-hop options, a routing header, and destination options that do not stand behind one go with every fragment. */
function firstFragmentable({ view, network, end }: Frame): Place {
  let pointer = network + IPV6_NEXT_HEADER;
  let at = network + IPV6_HEADER;
  let routed = false;
  while (end - at >= 8) {
    const next = view.getUint8(pointer);
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION_OPTIONS) break;
    if (next === DESTINATION_OPTIONS && routed) break;
    const length = extensionLength(view, at, next);
    if (at + length > end) break;
    routed ||= next === ROUTING;
    pointer = at;
    at += length;
  }
  return { pointer, at };
}

/**
 * The pieces it came in, the first with what need not go with every fragment; undefined where options that were in the first
 * piece are to go with every one now: before the others is no room for them.
 */
function piecesOf(frame: Frame, headers: number): readonly number[] | undefined {
  const kept = frame.fragmentLengths;
  if (kept === undefined || kept.length < 2) return undefined;
  const [first = 0, ...others] = kept;
  const before = frame.end - frame.network - first - others.reduce((sum, length) => sum + length, 0);
  return headers > before ? undefined : [before - headers + first, ...others];
}

/** Every piece within the limit, all but the last a multiple of 8. */
const fitsEach = (lengths: readonly number[], room: number): boolean =>
  lengths.every((length, index) => length <= room && (length % 8 === 0 || index === lengths.length - 1));

function cut(payload: number, room: number): number[] {
  const lengths: number[] = [];
  for (let left = payload; left > 0; left -= lengths.at(-1) ?? left) lengths.push(left <= room ? left : room & ~7);
  return lengths;
}

interface Part {
  readonly offset: number;
  readonly length: number;
  readonly more: boolean;
  readonly identification: number;
}

function pieceOf(frame: Frame, { pointer, at }: Place, { offset, length, more, identification }: Part): Frame {
  const { bytes, start, network } = frame;
  const headers = at - network;
  const piece = Frame.allocate(at - start + FRAGMENT_HEADER + length);
  piece.bytes.set(bytes.subarray(start, at), piece.start);
  const header = piece.network + headers;
  piece.bytes.set(bytes.subarray(at + offset, at + offset + length), header + FRAGMENT_HEADER);
  const { view } = piece;
  writeFragmentHeader(view, header, frame.view.getUint8(pointer), offset, more, identification);
  view.setUint8(piece.network + pointer - network, FRAGMENT);
  view.setUint16(piece.network + IPV6_PAYLOAD_LENGTH, headers - IPV6_HEADER + FRAGMENT_HEADER + length);
  piece.family = frame.family;
  return piece;
}
