/** What a director is made from: the keys of director.yaml, as an object or as its text. */
import type { DirectorConfig } from "../core/host/config.ts";
import { HOST_KEYS, readHostConfig } from "../core/host/config-reader.ts";
import { describeProblem, PlainValue, type Problem } from "../core/host/plain-value.ts";
import { linesOf, readDocument } from "../io/config/document.ts";
import { DescriptionError, type DescriptionProblem } from "./errors.ts";

/** An interface: docs/configuration.md has the keys, their defaults and their errors. */
export interface InterfaceDescription {
  /** `02:00:00:00:01:64`; 02:00:00:00:00:01 for the first interface by default, and so on. */
  readonly mac?: string;
  /** Bytes of the longest IP packet; 1500 by default. */
  readonly mtu?: number;
  /** `10.1.0.1/24`, `2001:db8::1/64`. */
  readonly addresses?: string | readonly string[];
  /** A device of the machine, for `tapvs run` only. */
  readonly tap?: string;
  /** The same. */
  readonly bridge?: string;
}

/**
 * A director: what director.yaml says, in the same words. Everything that can be wrong in it is told at once, with its place, by a
 * DescriptionError.
 */
export interface Description {
  /** By name, its address or addresses with the length of the prefix; more in a mapping: `{ eth0: "10.1.0.1/24", eth1: { mtu: 1400 } }`. */
  readonly interfaces: Readonly<Record<string, string | readonly string[] | InterfaceDescription>> | readonly object[];
  /** By target, the gateway: `{ default: "10.1.0.9", "192.0.2.0/24": { dev: "eth1" } }`. */
  readonly routes?:
    | Readonly<Record<string, string | { readonly via?: string; readonly dev?: string }>>
    | readonly object[];
  /** By address, the MAC address of whoever needs no ARP and no neighbor discovery: `{ "10.2.0.2": "02:00:00:00:00:09" }`. */
  readonly neighbors?:
    | Readonly<Record<string, string | { readonly mac: string; readonly dev?: string }>>
    | readonly object[];
  /** Rules that mark packets, as `iptables -t mangle -A PREROUTING ... -j MARK`. */
  readonly marks?: readonly {
    readonly protocol: "tcp" | "udp";
    readonly destination: string;
    /** `443`, or `"8000:8010"`. */
    readonly ports: number | string;
    readonly mark: number;
  }[];
  /** By the names of sysctl(8): `{ "net.ipv4.vs.conn_reuse_mode": 0 }`. */
  readonly sysctl?: Readonly<Record<string, number | string>>;
  /** Kernel modules beside IPVS, as modprobe(8) takes them: `["ip_vs_ftp ports=21"]`. */
  readonly modules?: readonly string[];
  /** The Linux that it is like: HZ, and a release such as `6.12.117`. */
  readonly kernel?: { readonly hz?: 100 | 250 | 300 | 1000; readonly release?: string };
  /** More connections than `max` are not made. */
  readonly connections?: { readonly max: number };
  /** Virtual routers, for `tapvs run` only: docs/ha.md. */
  readonly ha?: object;
  /** Virtual services: lines as `ipvsadm -S` prints them. */
  readonly rules?: string | readonly string[];
}

/** Reads a file that a director.yaml names. */
export type ReadFile = (name: string) => string;

/** The checked description; a string is the text of a director.yaml. Throws DescriptionError, and what `readFile` throws. */
export const readDescription = (description: Description | string, readFile: ReadFile | undefined): DirectorConfig =>
  typeof description === "string" ? ofText(description, readFile) : ofObject(description);

const FILE = "director.yaml";
const NO_FILES = "expected the lines themselves, as ipvsadm -S prints them, or the option readFile for a file of them";

function ofText(text: string, readFile: ReadFile | undefined): DirectorConfig {
  const read = readDocument(text, FILE, (file) =>
    readFile === undefined ? { failure: NO_FILES } : { file, text: readFile(file) },
  );
  if (read.kind === "config") return read.config;
  throw new DescriptionError(
    read.errors.map(({ file, line, column, message }) => ({
      place: line === undefined ? file : `${file}:${line}:${column}`,
      message,
    })),
  );
}

function ofObject(description: Description): DirectorConfig {
  const problems: Problem[] = [];
  const top = new PlainValue(description, [], problems);
  if (top.hasFields([...HOST_KEYS, "rules"])) {
    const host = readHostConfig(top);
    const lines = rulesOf(top.field("rules"));
    if (problems.length === 0 && lines !== undefined) return { ...host, rules: { file: "rules", firstLine: 1, lines } };
  }
  throw new DescriptionError(problems.map(inPlace));
}

/** Lines in a list, or in one text. */
function rulesOf(field: PlainValue): string[] | undefined {
  if (!field.present) return [];
  if (!Array.isArray(field.value)) {
    const text = field.text("lines as ipvsadm -S prints them");
    return text === undefined ? undefined : linesOf(text);
  }
  return field.items().flatMap((line) => line.text("a line as ipvsadm -S prints it") ?? []);
}

function inPlace(problem: Problem): DescriptionProblem {
  const place = describeProblem({ ...problem, message: "" }).replace(/: $/, "");
  return { place, message: problem.message };
}
