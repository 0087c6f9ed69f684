/** Files as they were dropped: which is the capture, which the configuration, which the rules. */
import { describeCaptureError, type Packet } from "../../../core/capture/packet.ts";
import { PacketStore } from "../../../core/capture/packet-store.ts";
import { CaptureReader } from "../../../core/capture/reader.ts";
import { decodeUtf8 } from "../../../core/capture/utf8.ts";

export interface DroppedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type FileKind = "capture" | "configuration" | "rules";

/** Told by name, and where the name tells nothing by the first bytes: texts have no zeros. */
export function kindOf({ name, bytes }: DroppedFile): FileKind {
  if (/\.ya?ml$/i.test(name)) return "configuration";
  if (/\.(pcap|pcapng|cap)$/i.test(name)) return "capture";
  const text = bytes.subarray(0, 512);
  if (text.includes(0)) return "capture";
  return /^interfaces:/m.test(decodeUtf8(text)) ? "configuration" : "rules";
}

/** More packets are too many to be shown. */
export const MOST_PACKETS = 20_000;

export interface ReadCapture {
  /** By time. */
  readonly packets: readonly Packet[];
  /** What is wrong with the file; what stood before it is there. */
  readonly problem: string | undefined;
  /** There are more packets than are shown. */
  readonly cut: boolean;
}

/** Reads a capture, pcap or pcapng. */
export function readCapture({ name, bytes }: DroppedFile): ReadCapture {
  const store = new PacketStore();
  let cut = false;
  const reader = new CaptureReader((packet) => {
    if (store.count < MOST_PACKETS) store.add(packet);
    else cut = true;
  });
  const error = reader.push(bytes) ?? reader.end();
  store.sortByTime();
  return { packets: [...store], problem: error && `${name}: ${describeCaptureError(error)}`, cut };
}
