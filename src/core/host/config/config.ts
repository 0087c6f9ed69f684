/** What a director is told before it starts: director.yaml, and the first line of a transcript. Addresses of either family. */
import type { ModuleLine } from "../../ipvs/modules.ts";
import type { KernelConfig } from "../../kernel/releases.ts";
import { type Address, ipv4 } from "../../wire/address.ts";
import type { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import type { HaConfig } from "../vrrp/config.ts";

/** An address with the length of its network's prefix, at most 32 or 128. */
export interface Prefixed {
  readonly address: Address;
  readonly prefix: number;
}

/** The IPv4 address of a 32-bit number in host order, in a network of this prefix. */
export const prefixed = (ip: number, prefix: number): Prefixed => ({ address: ipv4(ip), prefix });

/** An address of an interface. What ifconfig(8) gives it besides is for its listings. */
export interface AddressConfig extends Prefixed {
  /** IPv4: the name of an alias, `eth0:0`; the interface's own if absent. */
  readonly label?: string;
  /** IPv4: the broadcast address that is shown; the network's last address is one in any case. */
  readonly broadcast?: number;
}

/** A port of the director. `tap`, `bridge` and `gro` are about devices of the machine that it runs on; only a live director uses them. */
export interface InterfaceConfig {
  readonly name: string;
  /** Six bytes; absent if the file gives none. */
  readonly mac?: Uint8Array;
  readonly mtu: number;
  readonly addresses: readonly AddressConfig[];
  readonly tap?: string;
  readonly bridge?: string;
  /** The kernel merges TCP segments that leave one by one, in a thread of its own. */
  readonly gro?: boolean;
}

/** A route as `ip route add`: by a gateway, out of an interface, or both. `to` has no bits beyond its prefix; a prefix of 0 is the family's default route. Both of one family. */
export interface RouteConfig {
  readonly to: Prefixed;
  readonly via?: Address;
  readonly dev?: string;
}

/** A neighbor that nobody has to be asked for, as `ip neighbor add ... nud permanent`. */
export interface NeighborConfig {
  readonly address: Address;
  readonly mac: Uint8Array;
  readonly dev: string;
}

/** A rule that marks packets when they arrive, as `iptables -t mangle -A PREROUTING -p ... -d ... --dport ... -j MARK --set-mark ...`. */
export interface MarkConfig {
  readonly protocol: typeof PROTOCOL_TCP | typeof PROTOCOL_UDP;
  readonly destination: Prefixed;
  readonly portFirst: number;
  readonly portLast: number;
  readonly mark: number;
}

/** Values by the names of sysctl(8), `net.ipv4.vs.sloppy_tcp`. Only what the file sets. */
export type SysctlConfig = Readonly<Record<string, number | string>>;

/** The host around the virtual server: what director.yaml and a transcript have in common. */
export interface HostConfig {
  readonly interfaces: readonly InterfaceConfig[];
  readonly routes: readonly RouteConfig[];
  readonly neighbors: readonly NeighborConfig[];
  readonly marks: readonly MarkConfig[];
  readonly sysctl: SysctlConfig;
  /**
   * The kernel modules beside IPVS that are there (ipvs/modules.ts). Left out: no helper, and every persistence engine as soon
   * as a service names it, as on a kernel that has all modules and was told to load none.
   */
  readonly modules?: readonly ModuleLine[];
  /** DEFAULT_KERNEL of kernel/releases.ts if absent. */
  readonly kernel?: KernelConfig;
  /** `max`: more connections than that are not made; absent if the file does not say. */
  readonly connections?: { readonly max: number };
  /** Virtual routers; absent if the file does not say. */
  readonly ha?: HaConfig;
}

/** Lines as `ipvsadm -S` prints them, blank lines and comments still among them, and where they stand: `lines[0]` is line `firstLine` of `file`. */
export interface RulesConfig {
  readonly file: string;
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** All of director.yaml. `user`, `socket` and `health` belong to a live director and are kept as they stand. */
export interface DirectorConfig extends HostConfig {
  readonly rules: RulesConfig;
  readonly user?: unknown;
  readonly socket?: unknown;
  readonly health?: readonly Readonly<Record<string, unknown>>[];
}

/** The MTU of an interface that gives none, and the limits (Linux: ETH_MIN_MTU, the largest IPv4 packet). */
export const DEFAULT_MTU = 1500;
export const SMALLEST_MTU = 68;
export const LARGEST_MTU = 65535;

/** The rows of more connections would not fit a block of 2 GiB. */
export const MOST_CONNECTIONS = 2 ** 25;
