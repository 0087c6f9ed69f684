/** `tapvs lab graph`. */
import { Command, Option } from "commander";
import { MODES } from "../../core/simulator/layout.ts";
import { mermaid } from "../../lab/graph/mermaid.ts";
import { svg } from "../../lab/graph/svg.ts";
import { LabError } from "../../lab/lab-error.ts";
import { readState } from "../../lab/state.ts";
import { planLab } from "../../lab/topologies.ts";
import { print } from "../output.ts";
import { acting } from "./acting.ts";
import { optionsOf, type ShapeFlags, shaped } from "./shape.ts";

export function graphCommand(): Command {
  return shaped(new Command("graph"))
    .description("draw a lab that stands, or the lab of a mode")
    .argument("<lab>", "a lab's name, or a mode")
    .option("--example", "the worked example of the mode")
    .addOption(new Option("--format <format>", "what to write").choices(["mermaid", "svg"]).default("mermaid"))
    .action(acting(graph));
}

interface GraphFlags extends ShapeFlags {
  readonly example?: boolean;
  readonly format: "mermaid" | "svg";
}

async function graph(name: string, flags: GraphFlags): Promise<void> {
  const mode = MODES.find((candidate) => candidate === name);
  const standing = readState(name)?.options;
  const options = standing ?? (mode === undefined ? undefined : optionsOf(mode, flags));
  if (options === undefined) throw new LabError(2, `${name}: neither a lab nor a mode (${MODES.join(", ")})`);
  const lab = planLab(options);
  print(flags.format === "svg" ? svg(lab) : mermaid(lab));
}
