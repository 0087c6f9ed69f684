/** `tapvs lab exec`. */
import { Command } from "commander";
import { HOST_PROGRAMS } from "../../core/host-programs/programs.ts";
import { DirectorBehind } from "../../io/with/family-server.ts";
import { runWith, tryFilter } from "../../io/with/run-with.ts";
import { binOf, procOf } from "../../lab/command.ts";
import { socketOfLab } from "../../lab/director-control.ts";
import { numberOf, socketOf } from "../../lab/directors.ts";
import { executeHere } from "../../lab/execute.ts";
import { requireRoot } from "../../lab/machine.ts";
import { directoryOf } from "../../lab/state.ts";
import { planLab } from "../../lab/topologies.ts";
import { say } from "../output.ts";
import { acting, hostOrFail, type NameFlag, stateOf } from "./acting.ts";

export function execCommand(): Command {
  return new Command("exec")
    .description(
      "run a command on a host of a lab; on the director, ipvsadm, ifconfig, ip, route and sysctl speak to it",
    )
    .argument("<host>", "client, router, director, rs1, ...")
    .argument("<command...>", "the command")
    .option("--name <lab>", "which lab, if there are several")
    .passThroughOptions()
    .action(acting(exec));
}

/**
 * The commands that speak to the director come first, and its switches lie over those of its namespace, where writing to one
 * would make a router of the kernel. What `ip netns exec` runs has mounts of its own. `ip` itself must not be ours yet.
 */
const onDirector = (directory: string, number: number): string[] => [
  "sh",
  "-c",
  'for of in ipv4 ipv6 netfilter; do [ ! -d "$1/$of" ] || [ ! -d /proc/sys/net/$of ] || mount --bind "$1/$of" /proc/sys/net/$of || exit; done; PATH="$0:$PATH"; shift; exec "$@"',
  binOf({ directory }, number),
  `${procOf({ directory }, number)}/sys/net`,
];

async function exec(host: string, words: readonly string[], flags: NameFlag): Promise<void> {
  requireRoot();
  const { options } = await stateOf(flags.name);
  const netns = hostOrFail(planLab(options), host);
  const enter = ["ip", "netns", "exec", netns];
  const director = numberOf(host);
  if (director === undefined) {
    process.exitCode = await executeHere([...enter, ...words]);
    return;
  }
  const whole = [...enter, ...onDirector(directoryOf(options.name), director), ...words];
  const socket = socketOf(socketOfLab(options.name), director);
  process.exitCode = speaksByItself(words) ? await executeHere(whole) : await executeBeside(socket, whole);
}

/** Commands of ours know their director. */
const speaksByItself = ([program = ""]: readonly string[]): boolean =>
  program === "tapvs" || program === "ipvsadm" || HOST_PROGRAMS.includes(program);

/** Other programs find the director in the kernel's place, /proc/net/ip_vs and netlink, where this kernel lets them be watched. */
async function executeBeside(socket: string, words: readonly string[]): Promise<number> {
  if ((await tryFilter()) !== undefined) return executeHere(words);
  const family = new DirectorBehind(socket, say);
  const code = await runWith({ words, files: true, family, heard: () => {}, warn: say });
  await family.settle();
  // Signals that were forwarded are still listened to.
  process.exit(code);
}
