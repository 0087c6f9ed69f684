/** `tapvs explain nat|dr|tun|fullnat` and `explain --compare`. */
import { type Comparison, compareModes } from "../../core/explain/comparison.ts";
import { comparisonText } from "../../core/explain/comparison-text.ts";
import { comparisonHtml, modeHtml } from "../../core/explain/drawings/html.ts";
import { ladderSvg } from "../../core/explain/drawings/ladder-svg.ts";
import type { LadderStyle } from "../../core/explain/drawings/ladder-text.ts";
import { ladderMermaid } from "../../core/explain/drawings/mermaid.ts";
import { topologySvg } from "../../core/explain/drawings/topology-svg.ts";
import { comparisonJson, modeJson } from "../../core/explain/json.ts";
import { explainMode, type ModeOptions } from "../../core/explain/mode.ts";
import { modeText } from "../../core/explain/mode-text.ts";
import { type FaultName, faultOf, faultsOf } from "../../core/simulator/faults.ts";
import type { Mode } from "../../core/simulator/layout.ts";
import { buildTopology } from "../../core/simulator/topologies.ts";
import { AF_INET, AF_INET6, type Family } from "../../core/wire/address.ts";
import { Failure, WRONG_USAGE } from "../failure.ts";
import { printJson } from "../output.ts";
import type { ExplainOptions } from "./options.ts";
import { printLines, terminalColumns, terminalWidth, writeDrawing } from "./show.ts";
import { explainWhatIf } from "./what-if.ts";

/** One request and its answer through a mode's network. */
export function explainOneMode(mode: Mode, options: ExplainOptions): void {
  if (options.packet !== undefined) {
    explainPacketOfMode(mode, options.packet, options);
    return;
  }
  refuseRecording(options);
  const family = options.ipv6 === true ? AF_INET6 : AF_INET;
  const fault = options.fault === undefined ? undefined : faultOrFail(options.fault, mode, family);
  const nat64 = options.nat64 === true;
  if (nat64) refuseNat64(mode, options);
  const pair = pairOrFail(options);
  const explanation = explainMode(mode, {
    ...(nat64 ? { nat64 } : { family }),
    ...(fault !== undefined && { fault }),
    ...(options.servers !== undefined && { servers: options.servers }),
    ...(options.arp !== undefined && { arp: options.arp }),
    ...(pair !== undefined && { pair }),
  });
  const drawings: readonly (readonly [string | undefined, () => string])[] = [
    [options.svg, () => ladderSvg(explanation.ladder, { culprit: explanation.culprit })],
    [options.slide, () => ladderSvg(explanation.ladder, { culprit: explanation.culprit, slide: true })],
    [options.topology, () => topologySvg(explanation.topology)],
    [options.mermaid, () => ladderMermaid(explanation.ladder)],
    [options.html, () => modeHtml(explanation)],
  ];
  if (draw(drawings)) return;
  if (options.json === true) printJson({ v: 1, ...modeJson(explanation) });
  else printLines(modeText(explanation, { ascii: options.ascii === true, ...places() }));
}

function places(): Pick<LadderStyle, "width" | "columns"> {
  const columns = terminalColumns();
  return { width: terminalWidth(), ...(columns !== undefined && { columns }) };
}

/** What `--directors 2` makes of a mode's network. */
function pairOrFail({ directors, lose = 0, sync = "prompt", fault, nat64 }: ExplainOptions): ModeOptions["pair"] {
  if (directors === undefined) return undefined;
  if (directors !== 2)
    throw new Failure(
      WRONG_USAGE,
      `--directors ${directors}: a mode's network has one director, or 2 of which one takes over`,
    );
  if (lose > 1) throw new Failure(WRONG_USAGE, `--lose ${lose}: of two directors one must stay`);
  if (fault !== undefined) throw new Failure(WRONG_USAGE, "--fault: only with one director");
  if (nat64 === true) throw new Failure(WRONG_USAGE, "--nat64: only with one director");
  return { sync, masterDies: lose === 1 };
}

/** A made-up packet on the director of a mode's network, which changes nothing. */
function explainPacketOfMode(mode: Mode, words: string, options: ExplainOptions): void {
  const drawn = (["config", "after", "svg", "topology", "mermaid", "html", "arp", "nat64", "directors"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (drawn !== undefined) throw new Failure(WRONG_USAGE, `--${drawn}: not with --packet on ${mode}`);
  const family = options.ipv6 === true ? AF_INET6 : AF_INET;
  const faults = options.fault === undefined ? [] : [faultOrFail(options.fault, mode, family)];
  const { servers = 2 } = options;
  explainWhatIf(words, options, buildTopology(mode, { family, faults, servers }));
}

function refuseNat64(mode: Mode, { fault }: ExplainOptions): void {
  if (mode !== "fullnat") throw new Failure(WRONG_USAGE, `--nat64: only for fullnat, not for ${mode}`);
  if (fault !== undefined) throw new Failure(WRONG_USAGE, "--nat64: its network has no faults to show");
}

/** Whether there was anything to be drawn. */
function draw(drawings: readonly (readonly [string | undefined, () => string])[]): boolean {
  let drawn = false;
  for (const [file, drawing] of drawings) {
    if (file === undefined) continue;
    writeDrawing(file, drawing());
    drawn = true;
  }
  return drawn;
}

function faultOrFail(name: string, mode: Mode, family: Family): FaultName {
  const fault = faultOf(name, mode, family);
  if (fault !== undefined) return fault.name;
  const known = faultsOf(mode, family).map((other) => other.name);
  throw new Failure(WRONG_USAGE, `--fault ${name}: expected one that ${mode} can have: ${known.join(", ")}`);
}

function refuseRecording(options: ExplainOptions): void {
  const given = (["config", "packet", "after", "brief"] as const).find((name) => options[name] !== undefined);
  if (given !== undefined) throw new Failure(WRONG_USAGE, `--${given}: only for a recording or a made-up packet`);
}

/** The four methods side by side. */
export function explainComparison(what: string | undefined, options: ExplainOptions): void {
  if (what !== undefined)
    throw new Failure(
      WRONG_USAGE,
      `--compare compares all methods: nothing else can be explained with it, not ${what}`,
    );
  refuseRecording(options);
  const comparison: Comparison = compareModes(options.ipv6 === true ? AF_INET6 : AF_INET);
  if (draw([[options.html, () => comparisonHtml(comparison)]])) return;
  if (options.json === true) printJson({ v: 1, ...comparisonJson(comparison) });
  else printLines(comparisonText(comparison, terminalColumns()));
}
