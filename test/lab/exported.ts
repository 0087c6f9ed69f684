/** What containerlab and Kathara read of an exported lab: the first by its published schema, the second by the rules of its parser. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import type { ExportedFiles } from "../../src/lab/export.ts";

/** A link is laid from one interface to another, `HOST:DEVICE`; or to a segment, by its name alone. */
export interface ForeignLab {
  readonly nodes: readonly string[];
  readonly links: readonly (readonly [string, string])[];
  /** The script that each node runs once its interfaces are there. */
  readonly scriptOf: (node: string) => string;
}

interface Topology {
  readonly name: string;
  readonly topology: {
    readonly defaults: object;
    readonly nodes: Readonly<Record<string, { readonly binds: readonly string[]; readonly exec: readonly string[] }>>;
    readonly links: readonly { readonly endpoints: readonly [string, string] }[];
  };
}

const SCHEMA = "fixtures/containerlab/clab.schema.json";

/** What the schema finds wrong with a topology, in words. */
export function containerlabFaults(topology: unknown): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, "utf8")) as object);
  return validate(topology)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

export const readTopology = (text: string): Topology => parse(text) as Topology;

/** The script of a node is the file that is bound to what its `exec` runs. */
export function containerlabOf(files: ExportedFiles): ForeignLab {
  const [, text = ""] = [...files].find(([name]) => name.endsWith(".clab.yml")) ?? [];
  const { nodes, links } = readTopology(text).topology;
  return {
    nodes: Object.keys(nodes),
    links: links.map(({ endpoints }) => endpoints),
    scriptOf(node) {
      const { binds = [], exec = [] } = nodes[node] ?? {};
      const [file = "", inside = ""] = binds[0]?.split(":") ?? [];
      if (exec.join() !== `sh ${inside}`) throw new Error(`${node} runs ${exec}, and ${file} is at ${inside}`);
      return files.get(file) ?? "";
    },
  };
}

/** Kathara's src/Kathara/parser/netkit/LabParser.py and utils.py: a line that it takes, and names that it keeps for itself. */
const ASSIGNMENT = /^(?<device>[a-z0-9_]{1,30})\[(?<arg>\w+)\]=(?<quote>["']?)(?<value>[^"']+)\k<quote>(\s+#.*)?$/;
const RESERVED = ["shared", "_test"];
const DESCRIPTIONS = ["NAME", "DESCRIPTION", "VERSION", "AUTHOR", "EMAIL", "WEB"];
const OPTIONS = ["image", "privileged", "bridged", "sysctl", "exec", "mem", "cpus", "port", "ipv6", "env", "shell"];

/** Throws an Error at a line that Kathara refuses, or a device whose interfaces are not numbered from 0. */
export function katharaOf(files: ExportedFiles): ForeignLab {
  const interfaces = new Map<string, Map<number, string>>();
  for (const line of (files.get("lab.conf") ?? "").split("\n").map((one) => one.trim())) {
    const { device, arg = "", value = "" } = ASSIGNMENT.exec(line)?.groups ?? {};
    if (device === undefined) {
      const isDescription =
        DESCRIPTIONS.some((name) => line.startsWith(`LAB_${name}=`)) && line.split("=").length === 2;
      if (line !== "" && !line.startsWith("#") && !isDescription) throw new Error(`lab.conf: ${line}`);
      continue;
    }
    if (RESERVED.includes(device)) throw new Error(`lab.conf: ${device} is a reserved name`);
    const own = interfaces.get(device) ?? new Map<number, string>();
    interfaces.set(device, own);
    if (!/^\d+$/.test(arg)) {
      if (!OPTIONS.includes(arg)) throw new Error(`lab.conf: ${arg} is no option of a device`);
    } else if (!/^\w+(\/([0-9a-f]{2}:){5}[0-9a-f]{2})?$/.test(value) || [...own.values()].includes(value))
      throw new Error(`lab.conf: ${line}`);
    else own.set(Number(arg), value);
  }
  return {
    nodes: [...interfaces.keys()],
    links: [...interfaces].flatMap(([device, own]) =>
      [...own].map(([number, segment], index): [string, string] => {
        if (number !== index) throw new Error(`lab.conf: ${device} has no interface ${index}`);
        return [`${device}:eth${number}`, segment];
      }),
    ),
    // Kathara puts `set -x` above its first line.
    scriptOf: (node) => `set -x\n\n${files.get(`${node}.startup`) ?? ""}`,
  };
}
