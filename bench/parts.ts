/** What `make bench` measures, part by part. Every row is measured in a process of its own, so that V8 has seen nothing else. */
import { execFileSync } from "node:child_process";
import { argv, execPath } from "node:process";
import { METHODS, PATHS } from "./beds.ts";
import type { GrowingCost } from "./growing.ts";
import type { GrowthCost, PacketCost } from "./measure.ts";
import { inC, natLoop } from "./yardstick.ts";

const CONNECTIONS = [1_000, 64_000, 1_000_000];
const CURVE = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000, 4_000_000, 10_000_000];
const OPENINGS: readonly (readonly [string, number, number])[] = [
  ["rr", 16, 1_000_000],
  ["wlc", 16, 1_000_000],
  ["rr", 16, 10_000_000],
];
const PICKS: readonly (readonly [string, number])[] = [
  ["rr", 1000],
  ["wlc", 16],
  ["wlc", 1000],
  ["lc", 1000],
];
const SIZES = ["services", "real servers", "routes", "marks"];

const alone = <Result>(...words: readonly (string | number)[]): Result =>
  JSON.parse(execFileSync(execPath, [argv[1] ?? "", ...words.map(String)], { encoding: "utf8" }));

/** Shows a row while the next one is measured. */
function shown<Row extends object>(row: Row): Row {
  const text = (value: unknown): string =>
    typeof value === "number" ? String(Number(value.toFixed(2))) : String(value);
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${text(value)}`)
      .join(", "),
  );
  return row;
}

export const PARTS = {
  /** A packet of an established connection, by method. */
  packets: () =>
    CONNECTIONS.flatMap((connections) => {
      const yardstick = natLoop(connections);
      return Object.keys(METHODS).map((method) =>
        shown({ method, connections, ...alone<PacketCost>(method, connections), ...yardstick }),
      );
    }),
  /** The same by NAT, by number of connections. */
  connections: () =>
    CURVE.map((connections) =>
      shown({ connections, ...alone<PacketCost>("nat", connections), ...natLoop(connections) }),
    ),
  openings: () =>
    OPENINGS.map(([scheduler, servers, connections]) =>
      shown({
        scheduler,
        servers,
        connections,
        ...alone<GrowthCost>("growth", scheduler, servers, connections),
        ...inC("nat-loop", connections, "new"),
      }),
    ),
  picks: () =>
    PICKS.map(([scheduler, servers]) =>
      shown({ scheduler, servers, nanoseconds: alone<number>("pick", scheduler, servers), ...inC("scan", servers) }),
    ),
  /** A packet of a NAT connection on the fast path, by the walk, and while somebody listens. */
  listeners: () => PATHS.map((path) => shown({ path, ...alone<PacketCost>("nat", 1000, path) })),
  /** What else packets are looked up in. */
  sizes: () => SIZES.flatMap((what) => alone<GrowingCost[]>("sizes", what).map((cost) => shown({ what, ...cost }))),
};

export type PartName = keyof typeof PARTS;
export type Measured = { readonly [Name in PartName]?: ReturnType<(typeof PARTS)[Name]> };
