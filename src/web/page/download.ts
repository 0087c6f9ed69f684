/** What is seen as a pcapng file. */
import { PcapngWriter, type WrittenPacket } from "../../core/capture/pcapng-writer.ts";
import { verdictSentence } from "../../core/explain/sentences/sentences.ts";
import type { CaptureTab } from "./capture/capture-tab.ts";
import type { Run } from "./model/run.ts";

/** The bytes of a file whose packets are in the order of their times. */
function pcapng(ports: readonly string[], packets: readonly WrittenPacket[]): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter(
    (block) => blocks.push(block.slice()),
    ports.map((name) => ({ name })),
  );
  for (const packet of packets) writer.packet(packet);
  writer.flush();
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** Every frame that was on a wire, an interface for each segment; what the director made of a frame is its comment. */
export function runFile({ topology }: Run): Uint8Array<ArrayBuffer> {
  const { network, director } = topology;
  const ports = network.segments.map(({ name }) => name);
  return pcapng(
    ports,
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
  return pcapng(
    ports,
    packets.filter(({ port }) => port >= 0),
  );
}
