/** The lines of a case that describe its director, as the value that a transcript begins with. */
import type { KeyPath, Problem } from "../host/config/plain-value.ts";
import { type Address, formatAddress, parseAddress } from "../wire/address.ts";
import { linkOf } from "./packet-place.ts";
import { type Statement, StatementError } from "./statement.ts";
import type { ValueLine } from "./transcript.ts";

type Value = Record<string, unknown>;

export class CaseHead {
  readonly #head: Value & { readonly interfaces: Value[] } = { transcript: 1, interfaces: [] };
  /** Lines by the first two steps of a path: `interfaces/0`. */
  readonly #lines = new Map<string, number>();
  /** Neighbors that answer nobody, as text. */
  readonly silent = new Set<string>();
  /** Whether there is any line of it. */
  get begun(): boolean {
    return this.#lines.size > 0 || this.silent.size > 0;
  }

  /** Whether one of its lines could not be read: then there is no head. */
  faulty = false;
  #first = 1;

  /** Takes the line if it describes the director; throws StatementError if it is wrong, or comes too late. */
  takes({ line, text }: Statement, tooLate: boolean): boolean {
    const [word = "", ...words] = text.split(/\s+/);
    const read = Object.hasOwn(LINES, word) ? LINES[word as keyof typeof LINES] : undefined;
    if (read === undefined || (word === "sysctl" && words[0] === "-w")) return false;
    if (tooLate) throw new StatementError(`expected "${word}" before the first event: it describes the director`);
    if (this.#lines.size === 0) this.#first = line;
    const wasFaulty = this.faulty;
    this.faulty = true;
    read.call(this, words, line, text.slice(word.length).trim());
    this.faulty = wasFaulty;
    return true;
  }

  /** The value, and the line of each problem with it. */
  end(): { readonly first: ValueLine; readonly lineOf: (problem: Problem) => number } {
    const lineOf = ({ path }: { readonly path: KeyPath }): number =>
      this.#lines.get(path.slice(0, 2).join("/")) ?? this.#lines.get(String(path[0])) ?? this.#first;
    for (const neighbor of (this.#head.neighbors ?? []) as Value[]) neighbor.dev ??= this.#deviceOf(neighbor.address);
    return { first: { line: this.#first, value: this.#head }, lineOf };
  }

  /** The interface whose network an address is in. */
  #deviceOf(text: unknown): unknown {
    const address = parseAddress(String(text));
    const interfaces = this.#head.interfaces.map(({ name, addresses }) => ({
      name,
      addresses: (addresses as string[]).flatMap((written) => prefixedOf(written) ?? []),
    }));
    return address && linkOf({ interfaces }, address)?.name;
  }

  /** Adds an item to the list of a key. */
  add(key: string, value: unknown, line: number): void {
    const list = (this.#head[key] ?? []) as unknown[];
    list.push(value);
    this.#head[key] = list;
    this.#lines.set(`${key}/${list.length - 1}`, line);
  }

  set(key: string, value: unknown, line: number): void {
    this.#head[key] = value;
    this.#lines.set(key, line);
  }

  setSwitch(key: string, value: number | string, line: number): void {
    this.#head.sysctl = { ...((this.#head.sysctl ?? {}) as Value), [key]: value };
    this.#lines.set(`sysctl/${key}`, line);
  }
}

type ReadLine = (this: CaseHead, words: readonly string[], line: number, rest: string) => void;

/** Each line by its first word. */
const LINES = {
  name(_, line, rest) {
    this.set("name", rest, line);
  },
  director(_, line, rest) {
    for (const part of rest.split(",")) this.add("interfaces", readInterface(part.trim().split(/\s+/)), line);
  },
  route(words, line) {
    const [to = "", ...options] = words;
    if (to === "") throw new StatementError("expected a network behind route, such as 10.9.0.0/16 via 10.1.0.20");
    this.add("routes", { to, ...optionsOf(options, ["via", "dev"]) }, line);
  },
  neighbor(_, line, rest) {
    for (const part of rest.split(",")) {
      const [address = "", mac = "", ...options] = part.trim().split(/\s+/);
      const parsed = parseAddress(address);
      if (parsed === undefined)
        throw new StatementError(`expected the address of a neighbor, such as 10.2.0.2, got "${address}"`);
      if (mac === "silent") this.silent.add(formatAddress(parsed));
      else this.add("neighbors", { address, mac, ...optionsOf(options, ["dev"]) }, line);
    }
  },
  mark([protocol, destination, ports, mark, ...more], line) {
    if (mark === undefined || more.length > 0)
      throw new StatementError("expected protocol, destination, ports and mark, such as mark tcp 10.1.0.100 80 7");
    this.add("marks", { protocol, destination, ports, mark: numberOf(mark) }, line);
  },
  sysctl(_, line, rest) {
    const [key, value] = splitSwitch(rest);
    this.setSwitch(key, value, line);
  },
  module(_, line, rest) {
    if (rest === "none") this.set("modules", [], line);
    else this.add("modules", rest, line);
  },
  kernel([release, ...options], line) {
    const { hz } = optionsOf(options, ["hz"]);
    this.set(
      "kernel",
      { ...(release !== "default" && { release }), ...(hz !== undefined && { hz: numberOf(hz) }) },
      line,
    );
  },
  recorded(_, line, rest) {
    this.set("kernel", rest.replace(/^on /, ""), line);
  },
  clock(words, line) {
    const { hz, ticks } = optionsOf(words, ["hz", "ticks"]);
    this.set("clock", { hz: numberOf(hz), ticks: numberOf(ticks) }, line);
  },
  connections([word, max], line) {
    if (word !== "max") throw new StatementError("expected max and a number behind connections");
    this.set("connections", { max: numberOf(max) }, line);
  },
} satisfies Readonly<Record<string, ReadLine>>;

/** The first words of lines that describe a director. */
export const HEAD_WORDS: readonly string[] = Object.keys(LINES);

/** `eth0 10.1.0.254/24 10.1.0.100/32 mac 02:00:00:00:01:64 mtu 1400`. */
function readInterface([name = "", ...words]: readonly string[]): Value {
  const options = words.findIndex((word) => word === "mac" || word === "mtu");
  const addresses = options < 0 ? words : words.slice(0, options);
  const { mac, mtu } = options < 0 ? {} : optionsOf(words.slice(options), ["mac", "mtu"]);
  if (name === "") throw new StatementError("expected an interface and its addresses, such as eth0 10.1.0.254/24");
  return { name, addresses, ...(mac !== undefined && { mac }), ...(mtu !== undefined && { mtu: numberOf(mtu) }) };
}

function prefixedOf(text: string): { readonly address: Address; readonly prefix: number } | undefined {
  const [host = "", prefix = ""] = text.split("/");
  const address = parseAddress(host);
  return address && { address, prefix: Number(prefix) };
}

/** Pairs of a word and its value. */
function optionsOf<Key extends string>(words: readonly string[], keys: readonly Key[]): Partial<Record<Key, string>> {
  const options: Partial<Record<Key, string>> = {};
  for (let at = 0; at < words.length; at += 2) {
    const key = keys.find((known) => known === words[at]);
    const value = words[at + 1];
    if (key === undefined || value === undefined)
      throw new StatementError(`expected ${keys.join(" or ")} and a value, got "${words.slice(at).join(" ")}"`);
    options[key] = value;
  }
  return options;
}

/** `key=value`, with or without blanks about the sign. */
export function splitSwitch(text: string): [string, number | string] {
  const [, key, value] = /^(\S+?)\s*=\s*(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new StatementError(`expected a switch and its value, such as net.ipv4.vs.conn_reuse_mode=0, got "${text}"`);
  return [key, /^-?\d{1,15}$/.test(value) ? Number(value) : value];
}

/** A number, or the text as it is, which is then told to be none. */
const numberOf = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;
