/** Plain values, as YAML and JSON give them, looked at with a path in hand: each problem says where it is, what was expected and what came. */

/** Keys and positions from the top of a document: ["interfaces", 0, "mac"]. */
export type KeyPath = readonly (string | number)[];

/** A mistake in a document. `on` says whether the key or the value at `path` is wrong. */
export interface Problem {
  readonly path: KeyPath;
  readonly on: "key" | "value";
  readonly message: string;
}

/** Where a value stands, and whether as a key or as a value. */
type Place = Pick<Problem, "path" | "on">;

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
  /** What is wrong with it is wrong with the key at its path. */
  readonly #on: Problem["on"];
  /** Fields that stand elsewhere than under their name. */
  readonly #elsewhere: ReadonlyMap<string, Place>;

  constructor(
    value: unknown,
    path: KeyPath,
    problems: Problem[],
    on: Problem["on"] = "value",
    elsewhere: ReadonlyMap<string, Place> = new Map(),
  ) {
    this.value = value;
    this.path = path;
    this.#problems = problems;
    this.#on = on;
    this.#elsewhere = elsewhere;
  }

  /** Whether there is anything: a key without a value counts as absent. */
  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** Whether nothing in the document was found wrong so far. */
  get isFirstProblem(): boolean {
    return this.#problems.length === 0;
  }

  /** Adds a problem in free words. */
  refuse(message: string): undefined {
    this.#problems.push({ path: this.path, on: this.#on, message });
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
    const { path, on } = this.#elsewhere.get(key) ?? { path: [...this.path, key], on: "value" };
    return new PlainValue(value, path, this.#problems, on);
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

  /** The items of a list, or the one value that stands in its place; none if it is absent. */
  oneOrMore(): PlainValue[] {
    return this.present && !Array.isArray(this.value) ? [this] : this.items();
  }

  /**
   * The items of a list of mappings, or of the mapping that says the same by name: there an entry's key is the field `key`, and a value
   * that is no mapping is the field `alone`. `{eth0: 10.1.0.1/24}` is `[{name: eth0, addresses: 10.1.0.1/24}]`.
   */
  itemsBy(key: string, alone: string): PlainValue[] {
    if (!isMapping(this.value)) return this.present && !Array.isArray(this.value) ? this.#neither(key) : this.items();
    return Object.entries(this.value).map(([name, value]) => this.#entry([key, alone], name, value));
  }

  #entry([key, alone]: readonly [string, string], name: string, value: unknown): PlainValue {
    const path = [...this.path, name];
    const places = new Map<string, Place>([[key, { path, on: "key" }]]);
    if (!isMapping(value)) {
      places.set(alone, { path, on: "value" });
      return new PlainValue({ [key]: name, [alone]: value }, path, this.#problems, "value", places);
    }
    if (Object.hasOwn(value, key)) {
      const message = `unknown key: the ${key} is ${JSON.stringify(name)} already`;
      this.#problems.push({ path: [...path, key], on: "key", message });
    }
    return new PlainValue({ ...value, [key]: name }, path, this.#problems, "value", places);
  }

  #neither(key: string): PlainValue[] {
    this.expected(`a list, or a mapping by ${key}`);
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
