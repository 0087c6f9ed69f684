/** What other programs may use: a director to be fed with frames, the language of ipvsadm, captures and transcripts. */

export { PcapngWriter } from "./core/capture/pcapng-writer.ts";
export { parseTranscript, type Transcript, type TranscriptEvent } from "./core/capture/transcript.ts";
export { formatTranscript } from "./core/capture/transcript-writer.ts";
export { type ControlEnvironment, type Outcome, runIpvsadm } from "./core/control/interpreter.ts";
export { dropSentence } from "./core/explain/drops.ts";
export { sentence } from "./core/explain/sentences.ts";
export type { DirectorConfig, HostConfig } from "./core/host/config.ts";
export { Director, type DirectorOptions, type Link } from "./core/host/director.ts";
export { runTranscript } from "./core/replay/transcript-run.ts";
export type { Trace, WalkEvent } from "./core/trace/events.ts";
export { DROP_REASONS, dropReason, isDrop, verdictName } from "./core/trace/verdict.ts";
export { Frame } from "./core/wire/frame.ts";
