/** A packet as a capture of one interface has it. */
import type { Packet } from "../../../src/core/capture/packet.ts";

const eth0 = { index: 0, name: "eth0", linkType: 1, snapLength: 0 };

/** Packet `record` of the file, from 1; `time` in microseconds. */
export const storedPacket = (record: number, time: number, nanoseconds: number, bytes: Uint8Array): Packet => ({
  interface: eth0,
  time,
  nanoseconds,
  timestamped: true,
  bytes,
  originalLength: bytes.length,
  direction: undefined,
  offset: record * 100,
  record,
});
