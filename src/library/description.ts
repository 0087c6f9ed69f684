/** What a director is made from: the keys of director.yaml, as an object. */

/** An interface: docs/configuration.md has the keys, their defaults and their errors. */
export interface InterfaceDescription {
  /** `02:00:00:00:01:64`; 02:00:00:00:00:01 for the first interface by default, and so on. */
  readonly mac?: string;
  /** Bytes of the longest IP packet; 1500 by default. */
  readonly mtu?: number;
  /** `10.1.0.1/24`, `2001:db8::1/64`. */
  readonly addresses?: string | readonly string[];
  /** A device of the machine, for `tapvs run` only. */
  readonly tap?: string;
  /** The same. */
  readonly bridge?: string;
}

/**
 * A director: what director.yaml says, in the same words. Everything that can be wrong in it is told at once, with its place, by a
 * DescriptionError.
 */
export interface Description {
  /** By name, its address or addresses with the length of the prefix; more in a mapping: `{ eth0: "10.1.0.1/24", eth1: { mtu: 1400 } }`. */
  readonly interfaces: Readonly<Record<string, string | readonly string[] | InterfaceDescription>> | readonly object[];
  /** By target, the gateway: `{ default: "10.1.0.9", "192.0.2.0/24": { dev: "eth1" } }`. */
  readonly routes?:
    | Readonly<Record<string, string | { readonly via?: string; readonly dev?: string }>>
    | readonly object[];
  /** By address, the MAC address of whoever needs no ARP and no neighbor discovery: `{ "10.2.0.2": "02:00:00:00:00:09" }`. */
  readonly neighbors?:
    | Readonly<Record<string, string | { readonly mac: string; readonly dev?: string }>>
    | readonly object[];
  /** Rules that mark packets, as `iptables -t mangle -A PREROUTING ... -j MARK`. */
  readonly marks?: readonly {
    readonly protocol: "tcp" | "udp";
    readonly destination: string;
    /** `443`, or `"8000:8010"`. */
    readonly ports: number | string;
    readonly mark: number;
  }[];
  /** By the names of sysctl(8): `{ "net.ipv4.vs.conn_reuse_mode": 0 }`. */
  readonly sysctl?: Readonly<Record<string, number | string>>;
  /** Kernel modules beside IPVS, as modprobe(8) takes them: `["ip_vs_ftp ports=21"]`. */
  readonly modules?: readonly string[];
  /** The Linux that it is like: HZ, and a release such as `6.12.117`. */
  readonly kernel?: { readonly hz?: 100 | 250 | 300 | 1000; readonly release?: string };
  /** More connections than `max` are not made. */
  readonly connections?: { readonly max: number };
  /** Virtual routers, for `tapvs run` only: docs/ha.md. */
  readonly ha?: object;
  /** Virtual services: lines as `ipvsadm -S` prints them. */
  readonly rules?: string | readonly string[];
}
