/** The topologies by their modes. */

import type { Mode } from "../core/simulator/layout.ts";
import { inIpv6 } from "./in-ipv6.ts";
import type { Lab, LabOptions } from "./plan.ts";
import { dr } from "./topologies/dr.ts";
import { fullnat } from "./topologies/fullnat.ts";
import { nat } from "./topologies/nat.ts";
import { tun } from "./topologies/tun.ts";

const TOPOLOGIES: Readonly<Record<Mode, (options: LabOptions) => Lab>> = { nat, dr, tun, fullnat };

/** The plan of a lab: the same options give the same plan. */
export function planLab(options: LabOptions): Lab {
  const lab = withDirectors(withKeepalived(TOPOLOGIES[options.mode](options), options.keepalived), options.advertised);
  return options.ipv6 === true ? inIpv6(lab, options.nat64 === true) : lab;
}

const withKeepalived = (lab: Lab, keepalived: string | undefined): Lab =>
  keepalived === undefined ? lab : { ...lab, director: { ...lab.director, keepalived } };

const withDirectors = (lab: Lab, advertised: string | undefined): Lab =>
  advertised === undefined ? lab : { ...lab, director: { ...lab.director, advertised } };

/** Modes with a worked example. */
export const EXAMPLES: readonly Mode[] = ["nat", "dr"];

/** A lab may have so many real servers. */
export const MOST_SERVERS = 32;
