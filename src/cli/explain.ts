/** `tapvs explain`: the walk of a packet, of a capture, of each forwarding method, in words and as drawings. */

import { Command, Option } from "commander";
import { SCHEDULER_NAMES } from "../core/ipvs/schedulers/schedulers.ts";
import { PACKET_GRAMMAR } from "../core/packet/packet-words.ts";
import { MODES, type Mode } from "../core/simulator/layout.ts";
import { SYNC_CHOICES } from "../core/simulator/two-directors.ts";
import { explainEachOther } from "./explain/each-other.ts";
import { explainDirectors } from "./explain/fleet.ts";
import { explainComparison, explainOneMode } from "./explain/modes.ts";
import type { ExplainOptions } from "./explain/options.ts";
import { explainRecording } from "./explain/recording.ts";
import { explainWhatIf } from "./explain/what-if.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { refuseUnwritable } from "./output-file.ts";

const EXAMPLES = `
Examples:
  tapvs explain nat                          one request and its reply through NAT, hop by hop
  tapvs explain dr --fault arp               the same with a mistake in it: the symptom, and the cure
  tapvs explain dr --ipv6                    direct routing in IPv6
  tapvs explain nat --directors 2 --lose 1   two directors, and the master dies under a connection
  tapvs explain --compare                    the four forwarding methods side by side
  tapvs explain nat --packet 'tcp 12.11.0.10:40000 > 12.11.0.101:80 S'
  tapvs explain --directors 8 --lose 1       how many connections break when one of them goes, by scheduler
  tapvs explain wire.pcapng -c director.yaml --packet 12
  tapvs explain recording.jsonl --packet 7 --cure
  tapvs explain recording.jsonl --brief      a line for each packet
  tapvs explain -c director.yaml --packet 'tcp 10.1.0.1:40000 > 10.1.0.100:80 S'
  tapvs explain -c director.yaml --packet 'tcp [2001:db8::1]:40000 > [2001:db8::100]:80 S'
  tapvs explain wire.pcapng -c director.yaml --after 20 --packet 'tcp 10.1.0.9:1 > 10.1.0.100:80 S df ttl 1'

${PACKET_GRAMMAR}`;

export function explainCommand(): Command {
  return new Command("explain")
    .description("Says what becomes of packets, step by step, and why.")
    .argument("[what]", `${MODES.join(", ")}; a capture (pcap, pcapng), a transcript (*.jsonl) or a case (*.case)`)
    .option("-c, --config <director.yaml>", "interfaces, addresses, routes and rules of the director")
    .option("--packet <number|words>", "only this frame of the recording; or a made-up packet, which changes nothing")
    .addOption(
      new Option("--after <number>", "send the made-up packet after this frame of the recording").argParser(
        wholeNumber(1),
      ),
    )
    .option("--brief", "one line for each packet")
    .option("--cure", "what would change the packet's end: tried by a replay for each switch, command and setting")
    .option("--compare", "the forwarding methods side by side")
    .option("--ipv6", "the mode's network in IPv6")
    .option("--nat64", "full NAT between clients of IPv6 and real servers of IPv4")
    .option("--fault <name>", "put a mistake into the mode's network; a wrong name lists them")
    .addOption(
      new Option("--servers <count>", "how many real servers the mode's network has").argParser(wholeNumber(1, 9)),
    )
    .addOption(
      new Option(
        "--directors <count>",
        "how many directors stand behind a router: what breaks when some go; with a mode 2, one of which takes over",
      ).argParser(wholeNumber(2, 64)),
    )
    .addOption(new Option("--lose <count>", "with --directors: how many of them go").argParser(wholeNumber(1, 63)))
    .addOption(
      new Option("--sync <how>", "how two directors of a mode tell each other of connections").choices(SYNC_CHOICES),
    )
    .option("--each-other", "two directors that have each other as real server")
    .addOption(new Option("--scheduler <name>", "with --directors: their scheduler").choices(SCHEDULER_NAMES))
    .addOption(
      new Option("--connections <count>", "with --directors: how many connections").argParser(wholeNumber(1, 100_000)),
    )
    .addOption(new Option("--arp <which>", "ARP messages in the ladder").choices(["none", "virtual", "all"]))
    .option("--svg <file>", "the ladder as SVG; - for standard output")
    .option("--slide <file>", "the ladder as SVG in 16:9, for a slide")
    .option("--topology <file>", "the mode's network as SVG")
    .option("--mermaid <file>", "the ladder as a Mermaid sequence diagram")
    .option("--html <file>", "the explanation as a page")
    .option("--ascii", "draw with ASCII only")
    .option("--json", "one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(explain);
}

const isMode = (text: string | undefined): text is Mode => MODES.some((mode) => mode === text);

async function explain(what: string | undefined, options: ExplainOptions): Promise<void> {
  refuseUnwritable(options.svg, options.slide, options.topology, options.mermaid, options.html);
  if (options.directors !== undefined && isMode(what)) {
    refuse(options, ["eachOther", "scheduler", "connections", "compare", "cure"], "not for two directors of a mode");
    return explainOneMode(what, options);
  }
  if (options.directors !== undefined) {
    if (what !== undefined) throw new Failure(WRONG_USAGE, `--directors: ${what} has one director`);
    refuse(options, ["sync"], `only for ${MODES.join(", ")}`);
    if (options.eachOther !== true) return explainDirectors(options.directors, options);
    if (options.directors !== 2) throw new Failure(WRONG_USAGE, "--each-other: only for --directors 2");
    return explainEachOther(options.json === true);
  }
  refuse(options, ["lose", "sync", "scheduler", "connections"], "only with --directors");
  if (options.eachOther === true) throw new Failure(WRONG_USAGE, "--each-other: only with --directors 2");
  if (options.compare === true) return explainComparison(what, options);
  if (options.cure === true && (what === undefined || isMode(what) || !/^\d+$/.test(options.packet ?? "")))
    throw new Failure(
      WRONG_USAGE,
      "--cure: of which packet? Give a recording, and with --packet the number of one of its frames, not words",
    );
  if (isMode(what)) return explainOneMode(what, options);
  refuse(
    options,
    ["ipv6", "nat64", "fault", "servers", "arp", "svg", "slide", "topology", "mermaid", "html", "ascii"],
    `only for ${MODES.join(", ")} or --compare`,
  );
  if (what !== undefined) return explainRecording(what, options);
  if (options.packet !== undefined) return explainWhatIf(options.packet, options);
  throw new Failure(
    WRONG_USAGE,
    `explain what? One of ${MODES.join(", ")}, a capture, a transcript, or --packet and its words (tapvs explain --help)`,
  );
}

function refuse(options: ExplainOptions, names: readonly (keyof ExplainOptions)[], why: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new Failure(WRONG_USAGE, `--${given}: ${why}`);
}
