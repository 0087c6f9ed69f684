/**
 * The options of a packet in what the host itself answers: a reset, an ICMP error or reply carries them back.
 * Mirrors net/ipv4/ip_options.c: __ip_options_echo, ip_options_build.
 */
import type { Frame } from "../../wire/frame.ts";
import { finishHeader, IPV4_HEADER, IPV4_SOURCE, type Ipv4Fields, writeIpv4 } from "../../wire/ipv4.ts";
import { type Ipv4Options, LENGTH, noOptions, POINTER, PRESCRIBED, TIMESTAMP_FLAGS } from "../../wire/ipv4-options.ts";
import type { Director } from "../director.ts";
import { writeLast } from "../ip-options.ts";
import { isForeign } from "./own-options.ts";

/** What an answer's header carries behind its 20 bytes. */
export interface EchoedOptions {
  readonly bytes: Uint8Array;
  readonly options: Ipv4Options;
  /** Whom the answer is sent to in the first place, if a source route says so. */
  readonly firstStop: number | undefined;
}

const SLOT = 4;

const NOTHING: EchoedOptions = { bytes: new Uint8Array(0), options: noOptions(), firstStop: undefined };

/**
 * What goes back of a packet's options: record route, timestamp, source route and CIPSO, in this order. `undefined` if that cannot
 * be done, and then nothing is answered.
 * @ipvs #Y director "What the host answers itself (reset, ICMP) carries the packet's record route, timestamp and CIPSO option, filled in again"
 */
export function echoOptions(director: Director, frame: Frame): EchoedOptions | undefined {
  const asked = frame.options;
  if (asked === undefined) return NOTHING;
  const kept = [asked.recordRoute, asked.timestamp, asked.cipso].map((offset) =>
    offset === 0 ? new Uint8Array(0) : optionAt(frame, frame.network + offset),
  );
  const [route = NOTHING.bytes, stamps = NOTHING.bytes, cipso = NOTHING.bytes] = kept;
  const { way, firstStop } = returnWay(frame, asked);
  const options = noOptions();
  if (!extendRoute(route, asked, options)) return undefined;
  if (!extendTimestamp(director, stamps, asked, options)) return undefined;
  options.recordRoute = IPV4_HEADER;
  options.timestamp = IPV4_HEADER + route.length;
  const length = route.length + stamps.length + way.length + cipso.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  bytes.set(route);
  bytes.set(stamps, route.length);
  bytes.set(way, route.length + stamps.length);
  bytes.set(cipso, route.length + stamps.length + way.length);
  return { bytes, options, firstStop };
}

/**
 * The way back along the stops of a source route that were passed, from the last to the first, with the packet's source at its end: what
 * tells of a fault in another option goes by it.
 * @ipvs #Y director "A parameter problem about a source-routed packet returns by the route's stops, reversed"
 */
function returnWay(frame: Frame, { sourceRoute }: Ipv4Options): { way: Uint8Array; firstStop: number | undefined } {
  const stops = sourceRoute === 0 ? [] : passedStops(frame, frame.network + sourceRoute);
  // Its source may be among them already.
  if (stops.at(-1) === frame.source >>> 0) stops.pop();
  const [firstStop, ...others] = stops;
  if (firstStop === undefined) return { way: NOTHING.bytes, firstStop };
  const way = new Uint8Array(FIRST_POINTER - 1 + stops.length * SLOT);
  const view = new DataView(way.buffer);
  view.setUint8(0, frame.view.getUint8(frame.network + sourceRoute));
  view.setUint8(LENGTH, way.length);
  view.setUint8(POINTER, FIRST_POINTER);
  for (const [index, stop] of [...others, frame.source].entries())
    view.setUint32(FIRST_POINTER - 1 + index * SLOT, stop);
  return { way, firstStop };
}

/** Where a source route's pointer points at first. */
const FIRST_POINTER = 4;

/** The addresses before where a source route's pointer points, the last first. */
function passedStops({ view }: Frame, at: number): number[] {
  const pointer = Math.min(view.getUint8(at + POINTER), view.getUint8(at + LENGTH) + 1);
  const stops: number[] = [];
  for (let slot = pointer - SLOT; slot >= FIRST_POINTER; slot -= SLOT) stops.push(view.getUint32(at + slot - 1));
  return stops;
}

const optionAt = (frame: Frame, at: number): Uint8Array => frame.bytes.slice(at, at + frame.view.getUint8(at + LENGTH));

/** Takes the next slot of a record route, if the packet took one; false if only part of one is left. */
function extendRoute(route: Uint8Array, { wantsRoute }: Ipv4Options, options: Ipv4Options): boolean {
  const [length, pointer = 0] = [route.length, route[POINTER]];
  if (!wantsRoute || pointer > length) return true;
  if (pointer + SLOT - 1 > length) return false;
  route[POINTER] = pointer + SLOT;
  options.wantsRoute = true;
  return true;
}

/** The same of a timestamp; of prescribed addresses the next must be ours. */
function extendTimestamp(director: Director, stamps: Uint8Array, asked: Ipv4Options, options: Ipv4Options): boolean {
  const length = stamps.length;
  let pointer = stamps[POINTER] ?? 0;
  if (length === 0 || pointer > length) return true;
  if (asked.wantsAddress) {
    if (pointer + SLOT - 1 > length) return false;
    options.wantsAddress = true;
    pointer += SLOT;
  }
  if (asked.wantsTime) {
    if (pointer + SLOT - 1 > length) return false;
    if (((stamps[TIMESTAMP_FLAGS] ?? 0) & 0x0f) !== PRESCRIBED) {
      options.wantsTime = true;
      pointer += SLOT;
    } else if (pointer + 2 * SLOT - 1 <= length) {
      const view = new DataView(stamps.buffer, stamps.byteOffset, length);
      options.wantsTime = !isForeign(director, view.getUint32(pointer - 1));
      if (options.wantsTime) pointer += 2 * SLOT;
    }
  }
  stamps[POINTER] = pointer;
  return true;
}

/** Writes the header of an answer, with room for the options behind it, and the checksum. */
export function writeAnswerHeader(
  director: Director,
  answer: Frame,
  { bytes, options }: EchoedOptions,
  fields: Ipv4Fields,
): void {
  const { view, network } = answer;
  writeIpv4(view, network, fields);
  if (bytes.length === 0) return;
  view.setUint8(network, 0x40 | ((IPV4_HEADER + bytes.length) / 4));
  answer.bytes.set(bytes, network + IPV4_HEADER);
  const source = view.getUint32(network + IPV4_SOURCE);
  if (options.wantsRoute) writeLast(view, network + options.recordRoute, SLOT, source);
  if (options.wantsAddress) writeLast(view, network + options.timestamp, 2 * SLOT, source);
  if (options.wantsTime) writeLast(view, network + options.timestamp, SLOT, director.timeOfDay());
  finishHeader(view, network);
}
