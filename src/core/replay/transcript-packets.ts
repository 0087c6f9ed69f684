/** The frames of a transcript as the packets of a capture; and its events fed to a run, commands among them. */
import { type CaptureInterface, ETHERNET, type Packet } from "../capture/packet.ts";
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import type { CaptureRun } from "./capture-run.ts";

const MICROSECONDS = 1e6;

type FrameEvent = Extract<TranscriptEvent, { readonly do: "rx" | "tx" }>;

/** Every frame in order, numbered from 1; its offset is the line that it stands in. */
export function* transcriptPackets({ head, events, lines }: Transcript): Generator<Packet> {
  const interfaces = head.interfaces.map(
    ({ name }, index): CaptureInterface => ({ index, name, linkType: ETHERNET, snapLength: 0 }),
  );
  let record = 0;
  for (const [index, event] of events.entries()) {
    const port = "dev" in event ? interfaces.find(({ name }) => name === event.dev) : undefined;
    if (port !== undefined && "frame" in event) yield packetOf(event, port, ++record, lines[index] ?? 0);
  }
}

const packetOf = (event: FrameEvent, port: CaptureInterface, record: number, offset: number): Packet => ({
  interface: port,
  time: Math.round(event.t * MICROSECONDS),
  nanoseconds: 0,
  timestamped: true,
  bytes: event.frame,
  originalLength: event.frame.length,
  direction: event.do === "rx" ? "in" : "out",
  offset,
  record,
});

/**
 * Feeds all that a transcript has happen to a run: packets, and between them commands, switches and time. `arrives` is
 * called before each packet. Answers with what commands were refused, a line each.
 */
export function feedTranscript(run: CaptureRun, transcript: Transcript, arrives: (packet: Packet) => void): string[] {
  const refused: string[] = [];
  const packets = transcriptPackets(transcript);
  const first = transcript.events.find((event) => event.do === "rx" || event.do === "tx")?.t ?? 0;
  for (const [index, event] of transcript.events.entries()) {
    if (event.do === "rx" || event.do === "tx") {
      const { value: packet } = packets.next();
      if (packet === undefined) continue;
      arrives(packet);
      run.packet(packet);
      continue;
    }
    const end = event.do === "sleep" ? event.t + event.seconds : event.t;
    run.advance(Math.max(0, Math.round((end - first) * MICROSECONDS)));
    if (event.do === "sysctl") run.director.setSysctl(event.key, event.value);
    if (event.do !== "ipvsadm") continue;
    const { code, out, err } = runIpvsadm(wordsOf(event.args), { server: run.director.server });
    if (code !== 0 && event.code === 0)
      refused.push(`line ${transcript.lines[index]}: ipvsadm ${event.args}: ${(err || out).trim().split("\n")[0]}`);
  }
  return refused;
}
