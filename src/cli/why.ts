/** `tapvs why`: what would become of a packet at the running director, and why. */
import { Command } from "commander";
import type { StyledLine } from "../core/explain/styled.ts";
import { PacketError } from "../core/packet/made-up-packet.ts";
import { PACKET_GRAMMAR } from "../core/packet/packet-words.ts";
import { parsePacket } from "../core/packet/read-packet.ts";
import { printLines, terminalWidth } from "./explain/show.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";
import { printJson } from "./output.ts";
import { postOrFail, socketOrFail } from "./running-director.ts";

interface WhyFlags {
  readonly socket?: string;
  readonly json?: true;
}

interface Answer {
  readonly whatIf: object;
  readonly lines: readonly StyledLine[];
}

export function whyCommand(): Command {
  return new Command("why")
    .description(
      "Asks the running director what it would do with a packet, and why: what was there before, and what decides. The packet goes into a copy; the director is not disturbed.",
    )
    .argument("<packet>", "the packet in words")
    .option("--socket <path>", "control socket (default: TAPVS_SOCKET, or the only one there is)")
    .option("--json", "one JSON document")
    .addHelpText("after", `\nExample:\n  tapvs why 'tcp 10.1.0.1:40000 > 10.1.0.100:80 S'\n\n${PACKET_GRAMMAR}`)
    .action(why);
}

function refuseWrong(packet: string): void {
  try {
    parsePacket(packet);
  } catch (error) {
    if (error instanceof PacketError) throw new Failure(WRONG_USAGE, error.message);
    throw error;
  }
}

async function why(packet: string, { socket, json }: WhyFlags): Promise<void> {
  refuseWrong(packet);
  const path = await socketOrFail(socket);
  const { whatIf, lines } = await postOrFail<Answer>(path, "/v1/why", { packet, width: terminalWidth() });
  if (json === true) printJson({ v: 1, whatIf });
  else printLines(lines);
}
