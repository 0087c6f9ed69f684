/** What is seen as a pcapng file. */
import { pcapngFile } from "../../core/capture/pcapng-file.ts";
import type { WrittenPacket } from "../../core/capture/pcapng-writer.ts";
import { verdictSentence } from "../../core/explain/sentences/sentences.ts";
import type { CaptureTab } from "./capture/capture-tab.ts";
import type { Run } from "./model/run.ts";

/** Every frame that was on a wire, an interface for each segment; what the director made of a frame is its comment. */
export function runFile({ topology }: Run): Uint8Array<ArrayBuffer> {
  const { network, director } = topology;
  const ports = network.segments.map(({ name }) => name);
  return pcapngFile(
    ports.map((name) => ({ name })),
    network.hops.map(({ segment, time, bytes, receptions }) => {
      const told = receptions.find(({ host }) => host === director.name);
      const comment = told === undefined ? undefined : verdictSentence(told.events);
      return { port: ports.indexOf(segment), time, bytes, comment };
    }),
  );
}

/** What arrived at the director and what it sends, with what became of each packet. */
export function captureFile({ lines, director }: CaptureTab): Uint8Array<ArrayBuffer> {
  const ports = director?.interfaces.map(({ name }) => name) ?? [];
  const packets = lines.flatMap(({ record, outcome }): WrittenPacket[] => {
    if (record.kind !== "walk") return [];
    const { seconds, port, bytes, sent } = record.explanation;
    const time = seconds * 1e6;
    const arrived: WrittenPacket = { port: ports.indexOf(port), time, bytes, direction: "in", comment: outcome };
    return [
      arrived,
      ...sent.map(
        (frame): WrittenPacket => ({ port: ports.indexOf(frame.port), time, bytes: frame.bytes, direction: "out" }),
      ),
    ];
  });
  return pcapngFile(
    ports.map((name) => ({ name })),
    packets.filter(({ port }) => port >= 0),
  );
}
