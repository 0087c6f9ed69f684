/** Switches of the kernel, before a case begins and while it lasts: all whose effect does not hang on a clock or on chance. */
import type { Network } from "../../network.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";

type Values = readonly (number | string)[];

/** Switches of IPVS with the values that they get, the kernel's own among them. */
const OF_IPVS: readonly (readonly [string, Values])[] = [
  ["backup_only", [0, 1]],
  ["cache_bypass", [0, 1]],
  ["conn_reuse_mode", [0, 1, 2, 3]],
  ["conntrack", [0, 1]],
  ["drop_packet", [0, 3]],
  ["expire_nodest_conn", [0, 1, 1]],
  ["expire_quiescent_template", [0, 1]],
  ["ignore_tunneled", [0, 1]],
  ["nat_icmp_send", [0, 1]],
  ["pmtu_disc", [0, 1]],
  ["run_estimation", [1, 1, 0]],
  ["schedule_icmp", [0, 1, 1]],
  ["secure_tcp", [0, 3]],
  ["sloppy_sctp", [0, 1]],
  ["sloppy_tcp", [0, 1]],
  ["snat_reroute", [0, 1]],
];

/** Switches of the host. */
const OF_HOST: readonly (readonly [number, string, Values])[] = [
  [0.04, "ip_forward", [0]],
  [0.06, "ip_default_ttl", [1, 2, 3, 255]],
  [0.05, "icmp_echo_ignore_all", [1]],
];
const OF_INTERFACE: readonly (readonly [number, string, Values])[] = [
  [0.06, "rp_filter", [1, 2]],
  [0.04, "forwarding", [0]],
  [0.04, "send_redirects", [1]],
  [0.12, "accept_local", [1]],
  [0.05, "arp_ignore", [1, 2, 3, 8]],
  [0.05, "arp_announce", [1, 2]],
];

export function addSwitches(network: Network, random: Random): void {
  const set = (key: string, values: Values): void => {
    network.sysctl[`net.ipv4.${key}`] = random.pick(values);
  };
  // Its rate is looked at when the defence is switched on, so it comes first.
  set("vs.am_droprate", [2, 3, 5]);
  for (const [name, values] of OF_IPVS) {
    if (random.chance(name === "drop_packet" || name === "run_estimation" ? 0.06 : 0.15)) set(`vs.${name}`, values);
  }
  for (const [probability, name, values] of OF_HOST) if (random.chance(probability)) set(name, values);
  for (const dev of ["all", ...network.interfaces.map(({ name }) => name)]) {
    for (const [probability, name, values] of OF_INTERFACE) {
      // That of all interfaces sets the others, too.
      if (dev === "all" && name === "forwarding") continue;
      if (random.chance(probability)) set(`conf.${dev}.${name}`, values);
    }
  }
}

/** One of them changes while traffic flows. */
export function turnSwitch({ random, stage, network }: World): void {
  if (random.chance(0.8)) {
    const [name, values] = random.pick(OF_IPVS);
    stage.sysctl(`net.ipv4.vs.${name}`, random.pick(values));
    return;
  }
  const [, name, values] = random.pick(OF_INTERFACE);
  const { name: dev } = random.pick(network.interfaces);
  const standard = name === "forwarding" ? 1 : 0;
  stage.sysctl(`net.ipv4.conf.${dev}.${name}`, random.pick([standard, ...values]));
}
