/** `tapvs explain --packet 'tcp ...'`: a made-up packet on a director fresh from its configuration. */

import { type Explanation, explanationJson } from "../../core/explain/explanation.ts";
import { briefText, walkText } from "../../core/explain/walk-text.ts";
import { whatIf } from "../../core/explain/what-if.ts";
import { Director } from "../../core/host/director.ts";
import { PacketError } from "../../core/packet/made-up-packet.ts";
import { parsePacket } from "../../core/packet/read-packet.ts";
import { MODES } from "../../core/simulator/layout.ts";
import type { Topology } from "../../core/simulator/topologies.ts";
import { configOrFail, loadRulesOrFail } from "../director-config.ts";
import { Failure, WRONG_USAGE } from "../failure.ts";
import { printJson } from "../output.ts";
import type { ExplainOptions } from "./options.ts";
import { printLines, terminalWidth } from "./show.ts";

/** On the director of a configuration, or of a built-in network if that is given. */
export function explainWhatIf(words: string, options: ExplainOptions, network?: Topology): void {
  if (options.after !== undefined) throw new Failure(WRONG_USAGE, "--after: after which recording?");
  if (/^\d+$/.test(words))
    throw new Failure(WRONG_USAGE, `--packet ${words}: of which recording? Or the words of a made-up packet`);
  const explanation = explanationOrFail(words, network?.director.stack ?? directorOf(options.config));
  if (options.json === true) printJson({ v: 1, whatIf: explanationJson(explanation) });
  else printLines(options.brief === true ? [briefText(explanation)] : walkText(explanation, terminalWidth()));
}

function directorOf(file: string | undefined): Director {
  if (file === undefined)
    throw new Failure(
      WRONG_USAGE,
      `a made-up packet needs a director: give its director.yaml with --config, or one of ${MODES.join(", ")} before --packet`,
    );
  const config = configOrFail(file);
  const director = new Director(config, { link: { send: () => {} } });
  director.advance(0);
  loadRulesOrFail(director, config);
  return director;
}

/** Sends the packet into the director; wrong words are a Failure that names them. */
export function explanationOrFail(words: string, director: Director): Explanation {
  try {
    return whatIf(director, parsePacket(words));
  } catch (error) {
    if (!(error instanceof PacketError)) throw error;
    throw new Failure(WRONG_USAGE, `--packet: ${error.message}`);
  }
}
