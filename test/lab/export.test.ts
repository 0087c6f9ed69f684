/** Labs as topologies of containerlab and Kathara: what those programs read, and scripts that a shell can. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { parse } from "yaml";
import { MODES } from "../../src/core/simulator/layout.ts";
import { parseConfig } from "../../src/io/config.ts";
import { exportLab } from "../../src/lab/export.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { labOptions } from "./options.ts";

interface Topology {
  readonly name: string;
  readonly topology: {
    readonly defaults: object;
    readonly nodes: Readonly<Record<string, { readonly binds: readonly string[]; readonly exec: readonly string[] }>>;
    readonly links: readonly { readonly endpoints: readonly [string, string] }[];
  };
}

const isShell = (text: string): boolean => spawnSync("sh", ["-n"], { input: text }).status === 0;

/** The director.yaml in a script. */
const configIn = (script: string): string => /<<'END'\n([\s\S]*?)\nEND\n/.exec(script)?.[1] ?? "";

describe("a lab for other programs", () => {
  for (const mode of MODES) {
    for (const advertised of [undefined, "1s"]) {
      const several = advertised === undefined ? undefined : ({ kind: "vrrp", count: 2, advertised } as const);
      const lab = planLab(labOptions(mode, several === undefined ? {} : { several }));
      const nodes = ["director", ...lab.hosts.map(({ name }) => name)];

      it(`${mode}, ${advertised === undefined ? "one director" : "two"}: containerlab has nodes, links and a script for each`, () => {
        const files = exportLab(lab, "containerlab", "tapvs");
        const { name, topology } = parse(files.get(`${mode}.clab.yml`) ?? "") as Topology;
        expect(name).to.equal(mode);
        expect(topology.defaults).to.deep.equal({ kind: "linux", image: "tapvs", "network-mode": "none" });
        expect(Object.keys(topology.nodes)).to.deep.equal(nodes);
        const ends = topology.links.flatMap(({ endpoints }) => endpoints);
        expect(new Set(ends).size, "an interface has one link").to.equal(ends.length);
        for (const end of ends) expect(nodes).to.include(end.split(":")[0]);
        for (const node of nodes) {
          const script = files.get(`${node}.sh`) ?? "";
          expect(isShell(script), node).to.equal(true);
          expect(script, node).not.contains("netns");
        }
        const director = files.get("director.sh") ?? "";
        expect(parseConfig(configIn(director), "director.yaml").kind).to.equal("config");
        expect(director.match(/nohup tapvs run/g)).to.have.length(advertised === undefined ? 1 : 2);
        expect(director.indexOf("link add tvs-")).below(director.indexOf("master tvs-"));
        expect(director.indexOf("master tvs-")).below(director.indexOf("nohup"));
      });

      it(`${mode}, ${advertised === undefined ? "one director" : "two"}: Kathara has devices on collision domains`, () => {
        const files = exportLab(lab, "kathara", "tapvs");
        const lines = (files.get("lab.conf") ?? "").split("\n").filter((line) => /\[/.test(line));
        for (const line of lines) expect(line).to.match(/^[a-z][a-z0-9]*\[(image|\d)\]="[a-z0-9]+"$/);
        for (const { name } of lab.segments) expect(lines.some((line) => line.endsWith(`="${name}"`))).to.equal(true);
        for (const node of nodes) expect(isShell(files.get(`${node}.startup`) ?? "x("), node).to.equal(true);
      });
    }
  }
});
