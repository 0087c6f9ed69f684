/** Labs as topologies of containerlab and Kathara: what those programs read, and scripts that a shell can. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { MODES } from "../../src/core/simulator/layout.ts";
import { parseConfig } from "../../src/io/config.ts";
import { type ExportFormat, exportLab } from "../../src/lab/export.ts";
import { type Lab, SESSION_KINDS } from "../../src/lab/plan.ts";
import { MOST_SERVERS, planLab } from "../../src/lab/topologies.ts";
import { containerlabFaults, containerlabOf, type ForeignLab, katharaOf, readTopology } from "./exported.ts";
import { labOptions } from "./options.ts";

const TWO = { kind: "vrrp", count: 2, advertised: "1s" } as const;

const LABS: readonly (readonly [title: string, lab: Lab])[] = [
  ...MODES.flatMap((mode) => [
    [mode, planLab(labOptions(mode))] as const,
    [`${mode} with two directors`, planLab(labOptions(mode, { several: TWO }))] as const,
    [`${mode} in IPv6`, planLab(labOptions(mode, { ipv6: true }))] as const,
  ]),
  [`nat with ${MOST_SERVERS} servers`, planLab(labOptions("nat", { servers: MOST_SERVERS }))],
  ...SESSION_KINDS.map(
    (sessions) => [`nat with sessions ${sessions}`, planLab(labOptions("nat", { sessions }))] as const,
  ),
];

const isShell = (text: string): boolean => spawnSync("sh", ["-n"], { input: text }).status === 0;

/** The director.yaml in a script. */
const configIn = (script: string): string => /<<'END'\n([\s\S]*?)\nEND\n/.exec(script)?.[1] ?? "";

const READERS: Readonly<Record<ExportFormat, typeof containerlabOf>> = {
  containerlab: containerlabOf,
  kathara: katharaOf,
};

function itHasNodesAndScripts(lab: Lab, { nodes, links, scriptOf }: ForeignLab): void {
  expect(nodes).to.deep.equal(["director", ...lab.hosts.map(({ name }) => name)]);
  const ends = links.flat().filter((end) => end.includes(":"));
  expect(new Set(ends).size, "an interface has one link").to.equal(ends.length);
  for (const end of ends) expect(nodes, end).to.include(/^(\w+):[\w-]+$/.exec(end)?.[1]);
  for (const node of nodes) {
    expect(isShell(scriptOf(node)), node).to.equal(true);
    expect(scriptOf(node), node).not.contains("netns");
  }
  const director = scriptOf("director");
  expect(parseConfig(configIn(director), "director.yaml").kind).to.equal("config");
  expect(director.match(/nohup tapvs run/g)).to.have.length(lab.director.several?.count ?? 1);
  expect(director.indexOf("link add tvs-")).below(director.indexOf("master tvs-"));
  expect(director.indexOf("master tvs-")).below(director.indexOf("nohup"));
}

describe("a lab for other programs", () => {
  for (const [title, lab] of LABS) {
    for (const format of ["containerlab", "kathara"] as const) {
      it(`${title}: ${format} has nodes, links and a script for each`, () =>
        itHasNodesAndScripts(lab, READERS[format](exportLab(lab, format, "tapvs"))));
    }

    it(`${title}: containerlab's schema finds nothing wrong`, () => {
      const files = exportLab(lab, "containerlab", "registry.example/tapvs:1");
      const topology = readTopology(files.get(`${lab.name}.clab.yml`) ?? "");
      expect(containerlabFaults(topology)).to.deep.equal([]);
      expect(topology.topology.defaults).to.deep.equal({
        kind: "linux",
        image: "registry.example/tapvs:1",
        "network-mode": "none",
      });
    });
  }

  it("is held against a schema that finds faults", () => {
    const files = exportLab(planLab(labOptions("nat")), "containerlab", "tapvs");
    const text = files.get("nat.clab.yml") ?? "";
    const faults = (from: string, to: string): string =>
      containerlabFaults(readTopology(text.replace(from, to))).join("\n");
    expect(faults("kind: linux", "kind: windows")).includes(
      "/topology/defaults/kind must be equal to one of the allowed values",
    );
    expect(faults("exec:", "exek:")).includes("/topology/nodes/director must NOT have additional properties");
    expect(faults("- endpoints:", "- ends:")).includes("must have required property 'endpoints'");
  });

  for (const [why, from, to] of [
    ["a name with a capital letter", "rs1[image]", "Rs1[image]"],
    ["a reserved name", "rs1[image]", "shared[image]"],
    ["a segment with a hyphen", 'rs1[0]="back"', 'rs1[0]="back-side"'],
    ["an interface that does not follow", "rs1[0]", "rs1[1]"],
    ["a second interface on a segment", 'router[1]="front"', 'router[1]="outside"'],
    ["a quote that does not end", 'client[image]="tapvs"', 'client[image]="tapvs'],
    ["an equals sign in a description", 'LAB_NAME="nat"', 'LAB_NAME="nat=1"'],
  ] as const) {
    it(`is read as Kathara does, which refuses ${why}`, () => {
      const files = exportLab(planLab(labOptions("nat")), "kathara", "tapvs");
      const text = files.get("lab.conf") ?? "";
      expect(text).includes(from);
      expect(() => katharaOf(new Map([...files, ["lab.conf", text.replace(from, to)]]))).to.throw("lab.conf:");
    });
  }
});
