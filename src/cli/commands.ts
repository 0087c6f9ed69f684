/** The commands of tapvs. To add one: a file that makes its Command, and an entry here. */
import type { Command } from "commander";
import { ipvsadmCommand } from "./ipvsadm.ts";

export interface CommandEntry {
  readonly name: string;
  /** What the list of commands says of it. */
  readonly summary: string;
  /** Makes the command. Its file is imported only when it is asked for, so that the others start fast. */
  readonly load: () => Promise<Command>;
}

/** In the order of `tapvs --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "replay",
    summary: "send the frames of a capture through a director, and write what it sends",
    load: async () => (await import("./replay.ts")).replayCommand(),
  },
  {
    name: "verify",
    summary: "replay recorded cases and compare with what was recorded",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  {
    name: "adopt",
    summary: "make a recorded case from the capture of any host",
    load: async () => (await import("./adopt.ts")).adoptCommand(),
  },
  {
    name: "case",
    summary: "print a transcript as text for people, or the other way round",
    load: async () => (await import("./case.ts")).caseCommand(),
  },
  {
    name: "shrink",
    summary: "make a case smaller that still shows the same difference or drop",
    load: async () => (await import("./shrink.ts")).shrinkCommand(),
  },
  {
    name: "diff",
    summary: "say which connections another configuration, or another kernel, sends elsewhere",
    load: async () => (await import("./diff.ts")).diffCommand(),
  },
  {
    name: "explain",
    summary: "say what becomes of a packet, step by step, and why",
    load: async () => (await import("./explain.ts")).explainCommand(),
  },
  {
    name: "play",
    summary: "try things at a prompt on a simulated network, without root",
    load: async () => (await import("./play.ts")).playCommand(),
  },
  {
    name: "run",
    summary: "run a director on TAP devices",
    load: async () => (await import("./run.ts")).runCommand(),
  },
  {
    name: "ipvsadm",
    summary: "speak ipvsadm(8) to a running director",
    // At hand: scripts run it many times.
    load: () => Promise.resolve(ipvsadmCommand()),
  },
  {
    name: "with",
    summary: "run keepalived, ipvsadm and other programs of the kernel's IPVS with tapvs in its place",
    load: async () => (await import("./with.ts")).withCommand(),
  },
  {
    name: "host",
    summary: "ifconfig, ip, netstat, route and sysctl of a running director",
    load: async () => (await import("./host.ts")).hostCommand(),
  },
  {
    name: "address",
    summary: "list, add and delete addresses of a running director",
    load: async () => (await import("./address.ts")).addressCommand(),
  },
  {
    name: "handover",
    summary: "let a running director give its place to a new process, without a lost packet",
    load: async () => (await import("./handover.ts")).handoverCommand(),
  },
  {
    name: "lab",
    summary: "build a live director between clients and real servers in network namespaces",
    load: async () => (await import("./lab.ts")).labCommand(),
  },
  {
    name: "lesson",
    summary: "learn LVS in thirteen lessons on simulated hosts",
    load: async () => (await import("./lesson.ts")).lessonCommand(),
  },
  {
    name: "status",
    summary: "show a running director: its ports, packets and checked servers",
    load: async () => (await import("./status.ts")).statusCommand(),
  },
  {
    name: "why",
    summary: "ask a running director what it would do with a packet, and why",
    load: async () => (await import("./why.ts")).whyCommand(),
  },
  {
    name: "top",
    summary: "watch services and rates of a running director",
    load: async () => (await import("./top.ts")).topCommand(),
  },
  {
    name: "doctor",
    summary: "look at this machine, and say what works and what to do where it does not",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
  {
    name: "releases",
    summary: "tell what changes from one release of the kernel to another",
    load: async () => (await import("./releases.ts")).releasesCommand(),
  },
  {
    name: "serve",
    summary: "serve the page: the director in a browser",
    load: async () => (await import("./serve.ts")).serveCommand(),
  },
];
