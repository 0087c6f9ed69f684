/** Descriptions at random: whatever is given, there is a director, or an error that names the place of each mistake. Nothing crashes. */
import { expect } from "chai";
import fc from "fast-check";
import { createDirector, type Description, DescriptionError } from "tapvs";

const SOUND: Description = {
  interfaces: {
    eth0: ["10.1.0.254/24", "10.1.0.100/32", "2001:db8:1::1/64"],
    eth1: { mac: "02:00:00:00:02:64", mtu: 1400, addresses: "10.2.0.1/24" },
  },
  routes: { default: "10.1.0.1", "10.9.0.0/16": { dev: "eth1" } },
  neighbors: { "10.2.0.2": "02:00:00:00:00:09", "fe80::1": { mac: "02:00:00:00:00:0a", dev: "eth0" } },
  marks: [{ protocol: "tcp", destination: "10.1.0.100", ports: "80:90", mark: 7 }],
  sysctl: { "net.ipv4.vs.conn_reuse_mode": 0 },
  modules: ["ip_vs_ftp ports=21"],
  kernel: { hz: 250, release: "6.12.117" },
  connections: { max: 100 },
  rules: ["-A -t 10.1.0.100:80 -s rr", "-a -t 10.1.0.100:80 -r 10.2.0.2 -m"],
};

/** What stands nowhere in a description, or where it does not belong. */
const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    "eth0",
    "10.1.0.1",
    "10.1.0.1/99",
    "::1/128",
    "ff:ff:ff:ff:ff:ff",
    "-A",
    "__proto__",
    Number.NaN,
    -1,
    1e99,
  ),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.boolean(),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom("name", "mac", "addresses", "to", "via", "dev", "address", "__proto__", "constructor"),
    fc.string(),
    { maxKeys: 3 },
  ),
  fc.object({ maxDepth: 2 }),
);

type Path = readonly (string | number)[];

/** Every place in a value, the value itself first. */
const placesIn = (value: unknown, path: Path = []): Path[] =>
  typeof value !== "object" || value === null
    ? [path]
    : [
        path,
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ];

/** The value with another one at a place. */
function withAt(value: unknown, [step, ...rest]: Path, other: unknown): unknown {
  if (step === undefined) return other;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === step ? withAt(item, rest, other) : item));
  const entries = Object.entries(Object(value)).map(([key, inner]) => [
    key,
    key === step ? withAt(inner, rest, other) : inner,
  ]);
  return Object.fromEntries(entries);
}

/** Makes a director, or gives the mistakes; anything else that is thrown fails the test. */
function mistakesOf(description: unknown): readonly { readonly place: string; readonly message: string }[] {
  try {
    createDirector(description as Description);
    return [];
  } catch (error) {
    if (error instanceof DescriptionError) return error.problems;
    throw error;
  }
}

describe("any description", () => {
  it("that is sound makes a director", () => {
    expect(mistakesOf(SOUND)).deep.equals([]);
  });

  it("with something strange in it makes a director, or an error with its place", () => {
    const place = fc.constantFrom(...placesIn(SOUND));
    let refused = 0;
    fc.assert(
      fc.property(place, strange, (path, other) => {
        for (const { place: told, message } of mistakesOf(withAt(SOUND, path, other))) {
          refused++;
          expect(message).not.equals("");
          const [top] = path;
          // What names a thing that is gone is told where the name stands.
          const expected = top === undefined || top === "interfaces" ? /^/ : new RegExp(`^${top}`);
          expect(`${told}: ${message}`).matches(expected);
          if (top !== undefined) expect(told).not.equals("");
        }
      }),
      { numRuns: 400 },
    );
    expect(refused).greaterThan(100);
  });

  it("that is anything at all is no crash", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (anything) => {
          if (typeof anything === "string") return;
          expect(mistakesOf(anything).length).greaterThan(0);
        },
      ),
    );
  });

  it("in a text of any bytes names line and column", () => {
    const letters = fc.constantFrom(..."interfaces: {eth0,1}[]-\n \"'&*|>!%@`#10.:/~?");
    const text = fc.oneof(
      fc.array(letters, { maxLength: 60 }).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        for (const { place } of mistakesOf(yaml))
          expect(place).matches(/^(director\.yaml:\d+:\d+|rules:\d+|director\.yaml:\d+)/);
      }),
      { numRuns: 300 },
    );
  });
});
