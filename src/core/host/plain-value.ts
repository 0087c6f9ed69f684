/** Plain values, as YAML and JSON give them, looked at with a path in hand: each problem says where it is, what was expected and what came. */

/** Keys and positions from the top of a document: ["interfaces", 0, "mac"]. */
export type KeyPath = readonly (string | number)[];

/** A mistake in a document. `on` says whether the key or the value at `path` is wrong. */
export interface Problem {
  readonly path: KeyPath;
  readonly on: "key" | "value";
  readonly message: string;
}

/** A path as people write it: `interfaces[0].mac`, `sysctl["net.ipv4.ip_forward"]`; empty for the document itself. */
function formatPath(path: KeyPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^\w+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A problem as one line, without its file: `interfaces[0].mac: expected ..., got ...`. */
export const describeProblem = ({ path, message }: Problem): string =>
  path.length === 0 ? message : `${formatPath(path)}: ${message}`;

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value, its path, and the list that its problems go to. Where a method returns `undefined` for a value that is there, it has added one. */
export class PlainValue {
  readonly value: unknown;
  readonly path: KeyPath;
  readonly #problems: Problem[];

  constructor(value: unknown, path: KeyPath, problems: Problem[]) {
    this.value = value;
    this.path = path;
    this.#problems = problems;
  }

  /** Whether there is anything: a key without a value counts as absent. */
  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** Adds a problem in free words. */
  refuse(message: string): undefined {
    this.#problems.push({ path: this.path, on: "value", message });
    return undefined;
  }

  /** Adds the problem that this is not what was expected. */
  expected(what: string): undefined {
    return this.refuse(this.present ? `expected ${what}, got ${describe(this.value)}` : `missing: expected ${what}`);
  }

  /** Whether this is a mapping. */
  isMapping(): boolean {
    if (!isMapping(this.value)) this.expected("a mapping");
    return isMapping(this.value);
  }

  /** Whether this is a mapping; every key of it that is not in `known` is a problem. */
  hasFields(known: readonly string[]): boolean {
    for (const key of this.isMapping() ? Object.keys(Object(this.value)) : []) {
      if (known.includes(key)) continue;
      const message = `unknown key; known here: ${known.join(", ")}`;
      this.#problems.push({ path: [...this.path, key], on: "key", message });
    }
    return isMapping(this.value);
  }

  /** The value of a key; an absent one if there is no such key, or this is no mapping. */
  field(key: string): PlainValue {
    const value = isMapping(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new PlainValue(value, [...this.path, key], this.#problems);
  }

  /** The values of a mapping of any keys; none if it is absent. */
  entries(): (readonly [string, PlainValue])[] {
    if (!this.present) return [];
    if (isMapping(this.value)) return Object.keys(this.value).map((key) => [key, this.field(key)] as const);
    this.expected("a mapping");
    return [];
  }

  /** The items of a list; none if it is absent. */
  items(): PlainValue[] {
    if (!this.present) return [];
    if (Array.isArray(this.value)) {
      return this.value.map((item: unknown, index) => new PlainValue(item, [...this.path, index], this.#problems));
    }
    this.expected("a list");
    return [];
  }

  /** What `parse` makes of a text; `what` describes the texts that it takes. */
  parsed<T>(what: string, parse: (text: string) => T | undefined): T | undefined {
    const result = typeof this.value === "string" ? parse(this.value) : undefined;
    return result ?? this.expected(what);
  }

  text(what: string): string | undefined {
    return typeof this.value === "string" ? this.value : this.expected(what);
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number | undefined {
    const { value } = this;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    return this.expected(`a whole number from ${least} to ${most}`);
  }
}

const LONGEST_QUOTE = 60;

/** A value in a few words. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isMapping(value)) return "a mapping";
  if (typeof value !== "string") return String(value);
  const text = value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}...` : value;
  return JSON.stringify(text);
}
