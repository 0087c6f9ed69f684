/** A lab's plan to the commands that build it. Pure: nothing is run here, and nothing asked of the machine. */
import { type LabCommand, type Paths, procOf, type Section } from "./command.ts";
import { directorYaml, serviceRules } from "./director-yaml.ts";
import { type DirectorNumber, directorHost, directorNumbers, socketOf } from "./directors.ts";
import { keepalivedPorts, keepalivedStart } from "./keepalived.ts";
import { bridgeOf, DIRECTOR, namespaceOf, portOf } from "./names.ts";
import { nextHopCommands } from "./next-hop-group.ts";
import type { Lab, LabHost, Nic, Program, Setting } from "./plan.ts";

/** Sections in the order in which they must run: the director's namespace, the hosts, the director. */
export function buildLab(lab: Lab, paths: Paths, rules: readonly string[] = serviceRules(lab)): Section[] {
  return [
    switches(lab),
    ...lab.hosts.map((host) => hostSection(lab, host, paths)),
    { title: "director: tapvs on the TAP devices that its configuration names", commands: director(lab, paths, rules) },
  ];
}

/** IPv6 would only add noise to captures. Before any device exists, so that none gets an address. */
const withoutIpv6 = (netns: string): LabCommand => ({
  kind: "sysctl",
  netns,
  values: ["all", "default"].map((scope) => [`net.ipv6.conf.${scope}.disable_ipv6`, "1"]),
  ignoreUnknown: true,
});

/** An address of IPv6 can be used at once, and not a second later, when nobody has said that he has it. */
const withoutDuplicates = (netns: string): LabCommand => ({
  kind: "sysctl",
  netns,
  values: [["net.ipv6.conf.default.accept_dad", "0"]],
  why: "Addresses can be used at once: the lab gives none twice, so nobody need look for duplicates.",
});

const addNamespace = (addresses: readonly string[], netns: string): LabCommand[] => [
  { kind: "ip", words: ["netns", "add", netns] },
  addresses.some((address) => address.includes(":")) ? withoutDuplicates(netns) : withoutIpv6(netns),
];

const ip = (netns: string, ...words: readonly string[]): LabCommand => ({ kind: "ip", netns, words });

function switches(lab: Lab): Section {
  const netns = namespaceOf(lab.name, DIRECTOR);
  const { probe } = lab.director;
  const probeBridge = bridgeOf(probe.segment);
  return {
    title: `${DIRECTOR}: its namespace, with a bridge for each segment`,
    commands: [
      ...addNamespace([probe.address], netns),
      {
        kind: "sysctl",
        netns,
        values: [
          ["net.ipv4.ip_forward", "0"],
          ["net.ipv4.conf.all.arp_ignore", "1"],
        ],
        why: "The kernel here is a switch, and where health checks start; routing is the business of tapvs.",
      },
      ip(netns, "link", "set", "lo", "up"),
      ...lab.segments.flatMap(({ name }) => [
        ip(netns, "link", "add", bridgeOf(name), "type", "bridge", "stp_state", "0", "mcast_snooping", "0"),
        ip(netns, "link", "set", bridgeOf(name), "up"),
      ]),
      {
        ...ip(netns, "addr", "add", probe.address, "dev", probeBridge),
        why: "From here health checks reach the real servers.",
      },
      ...(probe.gateway === undefined ? [] : [ip(netns, "route", "add", "default", "via", probe.gateway)]),
      ...keepalivedPorts(lab),
    ],
  };
}

const TITLES: Readonly<Record<LabHost["role"], string>> = {
  client: "where requests come from",
  router: "between the client's network and the others",
  server: "a real server",
  store: "the session server",
  speaker: "announces the virtual address by BGP, as long as its director lives",
};

function hostSection(lab: Lab, host: LabHost, paths: Paths): Section {
  const netns = namespaceOf(lab.name, host.name);
  const { settings } = host;
  return {
    title: `${host.name}: ${TITLES[host.role]}`,
    commands: [
      ...addNamespace(
        host.nics.flatMap(({ addresses }) => addresses),
        netns,
      ),
      // Before the devices, which take over what `default` says when they are made.
      ...sysctls(netns, settings),
      ip(netns, "link", "set", "lo", "up"),
      ...host.nics.flatMap((nic, index) => plug(lab, host, nic, index)),
      ...settings.flatMap((setting) => settingCommands(netns, setting)),
      ...host.programs.flatMap((program) => starting(lab, host, program, paths)),
    ],
  };
}

/** A veth pair: one end is the host's NIC, the other a port of the segment's bridge. Neither is ever in the machine's own namespace. */
function plug(lab: Lab, host: LabHost, nic: Nic, index: number): LabCommand[] {
  const netns = namespaceOf(lab.name, host.name);
  const switchNetns = namespaceOf(lab.name, DIRECTOR);
  const port = portOf(host.name, index);
  return [
    {
      kind: "ip",
      words: [
        ...["link", "add", nic.name, "address", nic.mac, "netns", netns],
        ...["type", "veth", "peer", "name", port, "netns", switchNetns],
      ],
    },
    ip(switchNetns, "link", "set", port, "master", bridgeOf(nic.segment), "up"),
    ip(netns, "link", "set", nic.name, "up"),
    ...inOrder(nic.addresses).map((address) => ip(netns, "addr", "add", address, "dev", nic.name)),
  ];
}

/** As they are to be added for the first one to be the host's own: of IPv6 Linux prefers what came last. */
const inOrder = (addresses: readonly string[]): readonly string[] =>
  addresses.some((address) => address.includes(":")) ? addresses.toReversed() : addresses;

/** Settings with the same reason stand in one command. */
function sysctls(netns: string, settings: readonly Setting[]): LabCommand[] {
  const byReason = new Map<string, (readonly [string, string])[]>();
  for (const setting of settings) {
    if (setting.kind !== "sysctl") continue;
    byReason.set(setting.why, [...(byReason.get(setting.why) ?? []), [setting.key, setting.value]]);
  }
  return [...byReason].map(([why, values]) => ({ kind: "sysctl", netns, values, why }));
}

function settingCommands(netns: string, setting: Setting): LabCommand[] {
  const { why } = setting;
  switch (setting.kind) {
    case "sysctl":
      return [];
    case "address":
      return [{ ...ip(netns, "addr", "add", setting.address, "dev", setting.dev), why }];
    case "route":
      return [{ ...ip(netns, "route", "add", setting.to, "via", setting.via), why }];
    case "next-hops": {
      const [first, ...rest] = nextHopCommands(setting.to, setting.via, setting).map((words) => ip(netns, ...words));
      return first === undefined ? [] : [{ ...first, why }, ...rest];
    }
    case "ipip": {
      const up = ip(netns, "link", "set", setting.dev, "up");
      return setting.by === "kernel"
        ? [{ ...up, why }]
        : [{ ...ip(netns, "tuntap", "add", "dev", setting.dev, "mode", "tun"), why }, up];
    }
  }
}

function starting(lab: Lab, { name }: LabHost, program: Program, paths: Paths): LabCommand[] {
  const words = programWords(name, program, paths);
  return [
    ...(program.kind === "bird" ? [configurationOf(name, program.configuration, paths)] : []),
    { kind: "start", host: name, netns: namespaceOf(lab.name, name), program: program.kind, words },
  ];
}

const configurationOf = (host: string, text: string, { directory }: Paths): LabCommand => ({
  kind: "write",
  file: `${directory}/${host}.conf`,
  text,
});

function programWords(host: string, program: Program, paths: Paths): string[] {
  const { node, programs, directory, socket } = paths;
  switch (program.kind) {
    case "bird": {
      const bird = ["bird", "-f", "-c", `${directory}/${host}.conf`, "-s", `${directory}/${host}.ctl`];
      const { announces } = program;
      if (announces === undefined) return bird;
      return [...node, `${programs}/announcer.js`, socketOf(socket, announces), ...bird];
    }
    case "next-hops": {
      const sockets = Array.from({ length: program.directors }, (_, index) => socketOf(socket, index + 1));
      return [...node, `${programs}/next-hops.js`, ...(program.resilient ? ["--resilient"] : []), ...sockets];
    }
    case "decapsulator":
      return [...node, `${programs}/decapsulator.js`, program.dev, ...(program.ipv6 === true ? ["--ipv6"] : [])];
    case "redis":
      return [
        ...["redis-server", "--bind", program.address, "--port", `${program.port}`],
        ...["--protected-mode", "no", "--save", "", "--appendonly", "no"],
      ];
    case "web": {
      const { name, port, sessions, peers, store } = program;
      return [
        ...[...node, `${programs}/web-server.js`, "--name", name, "--port", `${port}`, "--sessions", sessions],
        ...(program.ipv6 === true ? ["--ipv6"] : []),
        ...(sessions === "replicated" ? peers.flatMap((peer) => ["--peer", peer]) : []),
        ...(store === undefined ? [] : ["--store", store]),
      ];
    }
  }
}

function director(lab: Lab, paths: Paths, rules: readonly string[]): LabCommand[] {
  const starts = directorNumbers(lab).flatMap((number) => startDirector(lab, paths, rules, number));
  return [...starts, ...keepalivedStart(lab, paths)];
}

function startDirector(lab: Lab, paths: Paths, rules: readonly string[], number: DirectorNumber): LabCommand[] {
  const { directory, socket, tapvs } = paths;
  const host = directorHost(number);
  const file = `${directory}/${host}.yaml`;
  const own = socketOf(socket, number);
  return [
    { kind: "write", file, text: directorYaml(lab, rules, number) },
    {
      kind: "start",
      host,
      netns: namespaceOf(lab.name, DIRECTOR),
      program: "run",
      words: [...tapvs, "run", "-c", file, "--socket", own, "--proc", procOf({ directory }, number)],
    },
  ];
}
