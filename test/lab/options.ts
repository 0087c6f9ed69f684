/** Labs for tests. */

import type { Mode } from "../../src/core/simulator/layout.ts";
import type { Paths } from "../../src/lab/command.ts";
import type { LabOptions } from "../../src/lab/plan.ts";

/** A lab named after its mode, with two real servers and round robin. */
export const labOptions = (mode: Mode, changes: Partial<LabOptions> = {}): LabOptions => ({
  name: mode,
  mode,
  servers: 2,
  scheduler: "rr",
  weights: [],
  example: false,
  health: false,
  sessions: "none",
  ipip: "own",
  ...changes,
});

/** Where things are on a machine on which `npm install --global tapvs` ran as root. */
export const installedPaths = (name: string): Paths => ({
  directory: `/run/tapvs/labs/${name}`,
  socket: `/run/tapvs/lab-${name}.sock`,
  node: ["node"],
  tapvs: ["tapvs"],
  programs: "/usr/lib/node_modules/tapvs/dist/program/lab/programs",
});
