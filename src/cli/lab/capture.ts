/** `tapvs lab capture`. */
import { Command } from "commander";
import { captureWords, chooseTool } from "../../lab/capture.ts";
import { numberOf, tapOfDirector } from "../../lab/directors.ts";
import { executeHere } from "../../lab/execute.ts";
import { requireRoot } from "../../lab/machine.ts";
import { hostNamed } from "../../lab/plan.ts";
import { planLab } from "../../lab/topologies.ts";
import { wholeNumber } from "../option-values.ts";
import { acting, hostOrFail, type NameFlag, stateOf } from "./acting.ts";

export function captureCommand(): Command {
  return new Command("capture")
    .description("capture frames on a host of a lab, with dumpcap or tcpdump")
    .argument("<host>", "client, router, director, rs1, ...")
    .argument("[filter...]", "a capture filter, such as port 80")
    .option("--name <lab>", "which lab, if there are several")
    .option("-w, --write <file>", "write the frames to a file, - for standard output")
    .option("-i, --interface <device>", "only this device")
    .option("-c, --count <number>", "end after so many frames", wholeNumber(1, 1_000_000_000))
    .action(acting(capture));
}

interface CaptureFlags extends NameFlag {
  readonly write?: string;
  readonly interface?: string;
  readonly count?: number;
}

async function capture(host: string, filter: readonly string[], flags: CaptureFlags): Promise<void> {
  requireRoot();
  const { options } = await stateOf(flags.name);
  const lab = planLab(options);
  const netns = hostOrFail(lab, host);
  const own =
    hostNamed(lab, host)?.nics.map(({ name }) => name) ??
    lab.director.ports.map(({ name }) => tapOfDirector(name, numberOf(host) ?? 1));
  const words = captureWords(chooseTool(flags.write !== undefined), {
    netns,
    filter,
    devices: flags.interface === undefined ? own : [flags.interface],
    ...(flags.write !== undefined && { file: flags.write }),
    ...(flags.count !== undefined && { count: flags.count }),
  });
  process.exitCode = await executeHere(words);
}
