/** The topologies by their modes. */

import type { Mode } from "../core/simulator/layout.ts";
import { withEcmp } from "./ecmp.ts";
import { inIpv6 } from "./in-ipv6.ts";
import type { DirectorPlan, Lab, LabOptions } from "./plan.ts";
import { dr } from "./topologies/dr.ts";
import { fullnat } from "./topologies/fullnat.ts";
import { nat } from "./topologies/nat.ts";
import { tun } from "./topologies/tun.ts";

const TOPOLOGIES: Readonly<Record<Mode, (options: LabOptions) => Lab>> = { nat, dr, tun, fullnat };

/** The plan of a lab: the same options give the same plan. */
export function planLab(options: LabOptions): Lab {
  const { several, keepalived } = options;
  const lab = TOPOLOGIES[options.mode](options);
  const director: DirectorPlan = { ...lab.director, ...(keepalived && { keepalived }), ...(several && { several }) };
  const planned = withEcmp({ ...lab, director });
  return options.ipv6 === true ? inIpv6(planned, options.nat64 === true) : planned;
}

/** Modes with a worked example. */
export const EXAMPLES: readonly Mode[] = ["nat", "dr"];

/** A lab may have so many real servers. */
export const MOST_SERVERS = 32;
