/** `tapvs lab export`. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command } from "commander";
import type { Mode } from "../../core/simulator/layout.ts";
import { EXPORT_FORMATS, type ExportFormat, exportLab } from "../../lab/export.ts";
import { LabError } from "../../lab/lab-error.ts";
import { planLab } from "../../lab/topologies.ts";
import { makeFolderOrFail } from "../folder.ts";
import { say } from "../output.ts";
import { refuseUnwritableFolder } from "../output-file.ts";
import { acting } from "./acting.ts";
import { modeArgument, optionsOf, type ShapeFlags, shaped } from "./shape.ts";

interface ExportFlags extends ShapeFlags {
  readonly image: string;
}

/** How each program is told to run what was written. */
const RUN: Readonly<Record<ExportFormat, (name: string, folder: string) => string>> = {
  containerlab: (name, folder) => `cd ${folder} && containerlab deploy -t ${name}.clab.yml`,
  kathara: (_, folder) => `kathara lstart --privileged -d ${folder}`,
};

export function exportCommand(): Command {
  return shaped(new Command("export"))
    .description(
      "write a lab as a topology of containerlab or Kathara: director, hosts, links, addresses and what each is told",
    )
    .addArgument(new Argument("<format>", "the program that will run it").choices(EXPORT_FORMATS))
    .argument("<folder>", "where it goes; it must be empty, or not there")
    .addArgument(modeArgument())
    .option("--image <name>", "the containers' image: with tapvs, iproute2, procps and curl", "tapvs")
    .action(acting(exportTo));
}

async function exportTo(format: ExportFormat, folder: string, mode: Mode, flags: ExportFlags): Promise<void> {
  const options = optionsOf(mode, { ...flags, ipip: flags.ipip ?? "own" });
  if (options.several?.kind === "ecmp")
    throw new LabError(2, "--ecmp: what watches the directors needs their sockets, which containers do not share");
  refuseUnwritableFolder(folder);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new LabError(2, `${folder}: is not empty`);
  makeFolderOrFail(folder);
  for (const [name, text] of exportLab(planLab(options), format, flags.image)) writeFileSync(join(folder, name), text);
  say(RUN[format](options.name, folder));
}
