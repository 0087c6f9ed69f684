/** Exported labs, deployed as containerlab and Kathara would: each node a namespace with the links of the file, and its script run there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { expect } from "chai";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { EXPORT_FORMATS, type ExportFormat, exportLab } from "../../../src/lab/export.ts";
import type { Lab } from "../../../src/lab/plan.ts";
import { planLab } from "../../../src/lab/topologies.ts";
import { MAIN, until } from "../../live/director.ts";
import { Network, run } from "../../live/network.ts";
import { containerlabOf, type ForeignLab, katharaOf } from "../exported.ts";
import { labOptions } from "../options.ts";
import { describeLab } from "./machine.ts";

const PROGRAMS = "/usr/lib/node_modules/tapvs/dist/program/lab/programs";
const REQUESTS = 4;

class Deployed {
  readonly network: Network;
  readonly #folder = mkdtempSync(`${tmpdir()}/tapvs-exported-`);
  readonly #lab: ForeignLab;

  constructor(lab: Lab, format: ExportFormat) {
    const files = exportLab(lab, format, "tapvs");
    this.#lab = format === "containerlab" ? containerlabOf(files) : katharaOf(files);
    // Segments are bridges of a namespace of their own.
    this.network = new Network(...new Set(this.#lab.links.flatMap(([, to]) => (to.includes(":") ? [] : [to]))));
    const tapvs = `${this.#folder}/bin/tapvs`;
    mkdirSync(dirname(tapvs));
    writeFileSync(tapvs, `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, { mode: 0o755 });
  }

  async start(shell: "sh" | "bash"): Promise<void> {
    const { nodes, links, scriptOf } = this.#lab;
    for (const node of nodes) this.network.bare(node);
    for (const [index, [from, to]] of links.entries()) this.#link(index, from, to);
    for (const node of nodes) {
      const script = `${this.#folder}/${node}.sh`;
      writeFileSync(script, this.#asIn(node, scriptOf(node)));
      const words = ["env", `PATH=${this.#folder}/bin:${process.env.PATH}`, shell, script];
      const { code, err } = await this.network.exec(node, ...words);
      expect(code, `${node}: ${err}`).to.equal(0);
    }
  }

  #link(index: number, from: string, to: string): void {
    const [node = "", device = ""] = from.split(":");
    const [otherNode = "", otherDevice = ""] = to.includes(":") ? to.split(":") : ["d", `port${index}`];
    const near = ["link", "add", device, "netns", this.network.netns(node)];
    run(["ip", ...near, "type", "veth", "peer", "name", otherDevice, "netns", this.network.netns(otherNode)]);
    // Both programs bring up what they have laid.
    this.network.ip(node, `link set ${device} up`);
    this.network.ip(otherNode, `link set ${otherDevice} up${to.includes(":") ? "" : ` master ${to}`}`);
  }

  /** The script with the files of a container of its own. */
  #asIn(node: string, script: string): string {
    const own = `${this.#folder}/${node}`;
    mkdirSync(`${own}/var/log`, { recursive: true });
    return script
      .replaceAll(PROGRAMS, new URL("../../../src/lab/programs", import.meta.url).pathname)
      .replace(/(?<=[\s>])\/(lab|run\/tapvs|var\/log)(?=[\s/])/g, `${own}/$1`);
  }

  /** What the programs of a node have said. */
  log(node: string, program: string): string {
    return readFileSync(`${this.#folder}/${node}/var/log/${node}-${program}.log`, "utf8");
  }

  async close(): Promise<void> {
    await this.network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describeLab("exported labs", () => {
  for (const format of EXPORT_FORMATS) {
    for (const mode of MODES) {
      it(`${format}, ${mode}: the scripts of the nodes build it, and its servers take turns`, async () => {
        const lab = planLab(labOptions(mode));
        const deployed = new Deployed(lab, format);
        try {
          await deployed.start(format === "kathara" ? "bash" : "sh");
          const get = async (): Promise<string> => {
            const url = `http://${lab.service.address}/`;
            const { out } = await deployed.network.exec("client", "curl", "--silent", "--max-time", "5", url);
            return /"server":"(\w+)"/.exec(out)?.[1] ?? "";
          };
          await until(
            async () => (await get()) !== "",
            () => `the first page: ${deployed.log("director", "run")}`,
          );
          const servers: string[] = [];
          for (let count = 0; count < REQUESTS; count++) servers.push(await get());
          expect(servers.sort()).to.deep.equal(["rs1", "rs1", "rs2", "rs2"]);
        } finally {
          await deployed.close();
        }
      });
    }
  }
});
