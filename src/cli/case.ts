/** `tapvs case`: a transcript as text for people, or a case as a transcript; and what happens in it, written down. */
import { Command } from "commander";
import { formatCase } from "../core/capture/case-writer.ts";
import type { Transcript } from "../core/capture/transcript.ts";
import { formatTranscript } from "../core/capture/transcript-writer.ts";
import { PACKET_GRAMMAR } from "../core/packet/packet-words.ts";
import { withExpectations } from "../core/replay/transcript-case.ts";
import { writeText } from "../io/text-file.ts";
import { FAILED, Failure } from "./failure.ts";
import { print } from "./output.ts";
import { refuseUnwritable } from "./output-file.ts";
import { transcriptOrFail } from "./transcript.ts";

interface CaseOptions {
  readonly transcript?: true;
  readonly fill?: true;
  readonly output?: string;
}

const GRAMMAR = `
A case, a line each (docs/cases.md):
  director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24
  route, neighbor, mark, sysctl, module, kernel            what else the director has
  -A -t 10.1.0.100:80 -s rr                                lines of ipvsadm as they are
  tcp 10.1.0.1:{40000..40003} > 10.1.0.100:80 S => picks 10.2.0.{3,2}
    expect sent eth1 to 10.2.0.3:80, new                   also dropped no-destination, known, prints "...", fails "..."
  wait 15 min                                              or at 905 s: PACKET, or 4 times every 100 ms: PACKET

${PACKET_GRAMMAR}`;

export function caseCommand(): Command {
  return new Command("case")
    .description(
      "Prints a transcript (*.jsonl) as text that people read and write, or with --transcript a case (*.case) as a transcript. " +
        "All commands that take a transcript take both.",
    )
    .argument("<file>", "a transcript or a case")
    .option("--transcript", "as a transcript")
    .option("--fill", "add what happens as expectations, where there are none")
    .option("-o, --output <file>", "write it to this file")
    .addHelpText("after", GRAMMAR)
    .action(show);
}

function show(file: string, { transcript, fill, output }: CaseOptions): void {
  refuseUnwritable(output);
  const read: Transcript = transcriptOrFail(file);
  const told = fill ? withExpectations(read) : read;
  const text = transcript ? formatTranscript(told) : formatCase(told);
  if (output === undefined) {
    print(text);
    return;
  }
  const error = writeText(output, text);
  if (error !== undefined) throw new Failure(FAILED, error.message);
}
