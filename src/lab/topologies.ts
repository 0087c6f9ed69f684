/** The topologies by their modes. */

import type { Mode } from "../core/simulator/layout.ts";
import type { Lab, LabOptions } from "./plan.ts";
import { dr } from "./topologies/dr.ts";
import { fullnat } from "./topologies/fullnat.ts";
import { nat } from "./topologies/nat.ts";
import { tun } from "./topologies/tun.ts";

const TOPOLOGIES: Readonly<Record<Mode, (options: LabOptions) => Lab>> = { nat, dr, tun, fullnat };

/** The plan of a lab: the same options give the same plan. */
export const planLab = (options: LabOptions): Lab => TOPOLOGIES[options.mode](options);

/** Modes with a worked example. */
export const EXAMPLES: readonly Mode[] = ["nat", "dr"];

/** A lab may have so many real servers. */
export const MOST_SERVERS = 32;
