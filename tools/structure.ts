/**
 * Holds the imports of src against the plan of the house: which part may know which, and that no circle of files is tied by
 * value. `node dist/tools/structure.js` says what breaks it, and then exits with 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exit } from "node:process";

const SOURCES = "src";
const GROUND = ["core/amount", "core/flavoured", "core/wire", "core/time", "core/trace", "core/sysctl", "core/kernel"];
const DIRECTOR = [...GROUND, "core/ipvs", "core/host", "core/control"];
const CORE = [
  ...DIRECTOR,
  "core/netlink",
  "core/host-programs",
  "core/metrics",
  "core/packet",
  "core/capture",
  "core/simulator",
  "core/explain",
  "core/replay",
  "core/play",
  "core/lessons",
];

/** What each part may import beside itself, from the ground up. A part that is not here may import nothing. */
const PLAN: Readonly<Record<string, readonly string[]>> = {
  "core/wire": ["core/flavoured"],
  "core/time": ["core/flavoured"],
  "core/trace": ["core/flavoured", "core/wire"],
  "core/sysctl": ["core/time"],
  "core/kernel": ["core/time"],
  "core/ipvs": GROUND,
  "core/host": [...GROUND, "core/ipvs"],
  "core/control": [...GROUND, "core/ipvs"],
  "core/netlink": [...GROUND, "core/ipvs", "core/control"],
  "core/host-programs": DIRECTOR,
  "core/metrics": [...GROUND, "core/ipvs"],
  "core/packet": ["core/flavoured", "core/wire"],
  "core/capture": [...DIRECTOR, "core/packet"],
  "core/simulator": DIRECTOR,
  "core/explain": [...DIRECTOR, "core/packet", "core/capture", "core/simulator"],
  "core/replay": [...DIRECTOR, "core/packet", "core/capture", "core/explain"],
  "core/play": [
    ...DIRECTOR,
    "core/host-programs",
    "core/packet",
    "core/capture",
    "core/simulator",
    "core/explain",
    "core/replay",
  ],
  "core/lessons": [...DIRECTOR, "core/capture", "core/simulator", "core/explain"],
  library: [...CORE, "io/config"],
  index: ["library"],
  packet: ["library"],
  capture: ["library"],
  network: ["library"],
  "library/testing": [...CORE, "library", "io"],
  testing: ["library"],
  arbitraries: ["library"],
  io: CORE,
  lab: [...CORE, "io"],
  "web/page": [...CORE, "io/config"],
  web: [...CORE, "io"],
  cli: [...CORE, "io", "lab", "web"],
};

export interface Import {
  readonly to: string;
  /** Types alone are gone when the program runs. */
  readonly byValue: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?([^"';]*?)(?:\s*from\s+)?"(\.[^"]+)"/gm;

/** The relative imports of a file's text; paths as `file` is given. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map(([, type, names = "", to = ""]) => {
    const list = /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const types = type !== undefined || list?.every((name) => name === "" || name.startsWith("type ")) === true;
    return { to: join(dirname(file), to), byValue: !types };
  });
}

/** `core/wire/frame` of `src/core/wire/frame.ts`. */
const placeOf = (file: string): string => file.slice(SOURCES.length + 1).replace(/\.ts$/, "");

const isIn = (place: string, name: string): boolean => `${place}/`.startsWith(`${name}/`);

/** The part of the house that a place is in: the longest name in the plan that it begins with. */
const partOf = (place: string): string =>
  [...Object.keys(PLAN), ...GROUND].filter((name) => isIn(place, name)).sort((a, b) => b.length - a.length)[0] ?? place;

/** Every import that the plan does not have, as a sentence. */
export const arrowsUp = (graph: ReadonlyMap<string, readonly Import[]>): string[] =>
  [...graph].flatMap(([from, imports]) => {
    const part = partOf(placeOf(from));
    return imports.flatMap(({ to }) => {
      const place = placeOf(to);
      const other = partOf(place);
      const allowed = part === other || isIn(other, part) || (PLAN[part] ?? []).some((name) => isIn(place, name));
      return allowed
        ? []
        : [`${from} imports ${to}, but ${part} may not know ${other} (the plan is in tools/structure.ts)`];
    });
  });

/** One circle of files that import each other by value, first file last again; `undefined` if there is none. */
export function circleByValue(graph: ReadonlyMap<string, readonly Import[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    done.add(file);
    path.push(file);
    for (const { to, byValue } of graph.get(file) ?? []) {
      const circle = byValue ? visit(to) : undefined;
      if (circle !== undefined) return circle;
    }
    path.pop();
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** The imports of every file under `folder`. */
export function readGraph(folder: string): ReadonlyMap<string, readonly Import[]> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const paths = files.map((file) => join(folder, file));
  return new Map(paths.map((file) => [file, importsOf(file, readFileSync(file, "utf8"))]));
}

function main(): void {
  const graph = readGraph(SOURCES);
  const faults = arrowsUp(graph);
  const circle = circleByValue(graph);
  if (circle !== undefined) faults.push(`a circle by value: ${circle.join(" -> ")}`);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) exit(1);
  console.log(`${graph.size} files: every import points downwards, no circle by value`);
}

if (process.argv[1]?.endsWith("structure.js") === true) main();
