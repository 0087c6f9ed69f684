/** `tapvs/capture`: pcap and pcapng files as streams of packets, transcripts as streams of lines, and back. Runs in a browser, too. */
export {
  type ByteSource,
  type CapturedPacket,
  CaptureError,
  type PacketOnPort,
  type PacketToWrite,
  readCapture,
  writePcap,
  writePcapng,
} from "./library/capture.ts";
export { UsageError } from "./library/errors.ts";
export { readTranscript, TranscriptError, type TranscriptLine, writeTranscript } from "./library/transcript.ts";
