/**
 * A lab for other programs: containerlab (one *.clab.yml and a script for each node) and Kathara (lab.conf and a startup file for each
 * device). Each host is a container of one image, which has tapvs, iproute2 and curl. Pure: what it makes are files.
 *
 *   containerlab   hosts are linked with the director's container, where the bridges are, as in a lab of ours
 *   Kathara        a segment is a collision domain; the director's container has a bridge for each, too, with a TAP device in it
 */
import { buildLab } from "./build.ts";
import type { LabCommand, Paths } from "./command.ts";
import { bridgeOf, DIRECTOR, namespaceOf, portOf } from "./names.ts";
import type { Lab } from "./plan.ts";
import { shellWords } from "./script.ts";

export const EXPORT_FORMATS = ["containerlab", "kathara"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Files by their paths below the folder. */
export type ExportedFiles = ReadonlyMap<string, string>;

/** Inside the containers: as the package is installed there. */
const PATHS: Paths = {
  directory: "/lab",
  socket: "/run/tapvs/lab.sock",
  node: ["node"],
  tapvs: ["tapvs"],
  programs: "/usr/lib/node_modules/tapvs/dist/program/lab/programs",
};

export function exportLab(lab: Lab, format: ExportFormat, image: string): ExportedFiles {
  return format === "containerlab" ? containerlab(lab, image) : kathara(lab, image);
}

const nodesOf = (lab: Lab): string[] => [DIRECTOR, ...lab.hosts.map(({ name }) => name)];

function containerlab(lab: Lab, image: string): ExportedFiles {
  const nodes = nodesOf(lab);
  const links = lab.hosts.flatMap((host) =>
    host.nics.map(
      (nic, index) => `    - endpoints: ["${host.name}:${nic.name}", "${DIRECTOR}:${portOf(host.name, index)}"]`,
    ),
  );
  const topology = [
    `# ${lab.about}`,
    `# containerlab deploy -t ${lab.name}.clab.yml`,
    `name: ${lab.name}`,
    "topology:",
    "  defaults:",
    "    kind: linux",
    `    image: ${image}`,
    "    network-mode: none",
    "  nodes:",
    ...nodes.flatMap((node) => [
      `    ${node}:`,
      "      binds:",
      `        - ${node}.sh:/lab/start.sh:ro`,
      "      exec:",
      "        - sh /lab/start.sh",
    ]),
    "  links:",
    ...links,
    "",
  ];
  const plugged = lab.hosts.flatMap((host) =>
    host.nics.map((nic, index) => `ip link set ${portOf(host.name, index)} master ${bridgeOf(nic.segment)} up`),
  );
  return new Map([
    [`${lab.name}.clab.yml`, topology.join("\n")],
    ...nodes.map((node) => [`${node}.sh`, script(lab, node, plugged)] as const),
  ]);
}

function kathara(lab: Lab, image: string): ExportedFiles {
  const segments = lab.segments.map(({ name }) => name);
  const conf = [
    `LAB_NAME="${lab.name}"`,
    `LAB_DESCRIPTION="${lab.about.replaceAll('"', "'")}"`,
    "",
    ...nodesOf(lab).map((node) => `${node}[image]="${image}"`),
    "",
    ...segments.map((segment, index) => `${DIRECTOR}[${index}]="${segment}"`),
    ...lab.hosts.flatMap((host) => host.nics.map((nic, index) => `${host.name}[${index}]="${nic.segment}"`)),
    "",
  ];
  const plugged = segments.map((segment, index) => `ip link set eth${index} master ${bridgeOf(segment)} up`);
  return new Map([
    ["lab.conf", conf.join("\n")],
    ...nodesOf(lab).map((node) => [`${node}.startup`, script(lab, node, plugged)] as const),
  ]);
}

/** What a container is told when it has its interfaces: the commands of its namespace, without those that would make it. */
function script(lab: Lab, node: string, plugged: readonly string[]): string {
  const netns = namespaceOf(lab.name, node);
  const commands = buildLab(lab, PATHS).flatMap(({ commands: all }) => all);
  const host = lab.hosts.find(({ name }) => name === node);
  const macs = host?.nics.map(({ name, mac }) => `ip link set ${name} address ${mac}`) ?? [];
  const lines = commands.flatMap((command) => linesOf(command, netns));
  // The bridges are there before anything joins them, and the director joins last.
  const start = lines.findIndex((line) => line.startsWith("mkdir") || line.startsWith("nohup"));
  const at = start < 0 ? lines.length : start;
  const joins = node === DIRECTOR ? plugged : [];
  return ["#!/bin/sh", "set -e", ...macs, ...lines.slice(0, at), ...joins, ...lines.slice(at), ""].join("\n");
}

function linesOf(command: LabCommand, netns: string): string[] {
  const why = command.why === undefined ? [] : [`# ${command.why}`];
  switch (command.kind) {
    case "ip":
      return command.netns !== netns || joinsLater(command.words) ? [] : [...why, `ip ${shellWords(command.words)}`];
    case "sysctl": {
      const values = command.values.map(([key, value]) => `${key}=${value}`);
      return command.netns === netns
        ? [...why, `sysctl -q${command.ignoreUnknown === true ? "e" : ""}w ${values.join(" ")}`]
        : [];
    }
    case "write":
      return netns.endsWith(`-${DIRECTOR}`)
        ? [`mkdir -p ${PATHS.directory} /run/tapvs`, `cat > ${command.file} <<'END'`, command.text.trimEnd(), "END"]
        : [];
    case "start":
      return command.netns === netns
        ? [...why, `nohup ${shellWords(command.words)} >/var/log/${command.host}-${command.program}.log 2>&1 &`]
        : [];
  }
}

/** A host's end of a cable that the other program lays. */
const joinsLater = ([what, verb, , master]: readonly string[]): boolean =>
  what === "link" && verb === "set" && master === "master";
