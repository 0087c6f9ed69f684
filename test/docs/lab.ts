/** The lab behind a page: client, director and real servers in the simulated network, so that listings have something to list. */
import { type Outcome, runIpvsadm } from "../../src/core/control/interpreter.ts";
import { runIpvsadmRestore, runIpvsadmSave } from "../../src/core/control/wrappers.ts";
import { FAULT_NAMES, faultOf } from "../../src/core/simulator/faults.ts";
import { MODES } from "../../src/core/simulator/layout.ts";
import { buildTopology, request, type Topology } from "../../src/core/simulator/topologies.ts";
import { formatAddress } from "../../src/core/wire/address.ts";
import { valueOfKey } from "./blocks.ts";

const SECOND = 1_000_000;

export class Lab {
  readonly #topology: Topology;

  /** `words` as in the page: a mode, then `rules=none`, `servers=3`, `scheduler=wlc`, `fault=gateway`, `requests=4`. */
  constructor(words: readonly string[]) {
    const mode = MODES.find((name) => name === words[0]);
    if (mode === undefined) throw new Error(`a lab is one of ${MODES.join(", ")}, not ${words[0]}`);
    const faults = FAULT_NAMES.filter((name) => name === valueOfKey(words, "fault"));
    const scheduler = valueOfKey(words, "scheduler") ?? "rr";
    this.#topology = buildTopology(mode, { servers: Number(valueOfKey(words, "servers") ?? 2), scheduler, faults });
    if (valueOfKey(words, "rules") === "none") this.run("ipvsadm", ["-C"]);
    const padding = Math.max(0, ...faults.map((fault) => faultOf(fault, mode)?.padding ?? 0));
    for (let left = Number(valueOfKey(words, "requests") ?? 0); left > 0; left--) {
      request(this.#topology, padding);
      this.sleep(1);
    }
  }

  /** ipvsadm or one of its two scripts, on the director. */
  run(program: string, words: readonly string[], stdin = ""): Outcome {
    const environment = { server: this.#topology.director.stack.server, stdin };
    if (program === "ipvsadm-save") return runIpvsadmSave(words, environment);
    if (program === "ipvsadm-restore") return runIpvsadmRestore(environment);
    return runIpvsadm(words, environment);
  }

  /** Lets seconds pass in the network. */
  sleep(seconds: number): void {
    const { network } = this.#topology;
    network.runUntil(network.now + seconds * SECOND);
  }

  /** The page that the client gets. Throws if it gets none: what curl says then is not ours to print. */
  curl(url: string): string {
    const { network, virtualAddress } = this.#topology;
    if (url !== `http://${formatAddress(virtualAddress)}/`) throw new Error(`the lab has no ${url}`);
    const client = request(this.#topology);
    network.run();
    if (client.end.kind !== "answered") throw new Error(`curl ${url}: ${client.end.kind}`);
    return `${client.end.body}\n`;
  }
}
