/**
 * What a lab consists of, as plain values: hosts in network namespaces, the segments between them, and what each host is
 * told. A topology makes such a plan; build.ts turns it into commands, check.ts holds the machine against it.
 */
import type { Mode } from "../core/simulator/layout.ts";

export const SESSION_KINDS = ["none", "sh", "persistent", "replicated", "store"] as const;
/** How clients stay with their sessions; see docs/session-binding.md. */
export type SessionKind = (typeof SESSION_KINDS)[number];

/** One Ethernet segment: a bridge in the director's namespace. */
export interface LabSegment {
  readonly name: string;
  /** `10.1.0.0/24`. */
  readonly network: string;
}

/** A host's port on a segment. Addresses carry the length of their prefix. */
export interface Nic {
  readonly name: string;
  readonly segment: string;
  readonly mac: string;
  readonly addresses: readonly string[];
}

/** A neighbor that a router forwards to. */
export interface NextHop {
  readonly address: string;
  readonly mac: string;
}

/**
 * Something a host must be told for its mode to work. One value gives the command that sets it and the check that it is so.
 * `why` is a sentence for people.
 */
export type Setting =
  | { readonly kind: "address"; readonly dev: string; readonly address: string; readonly why: string }
  | { readonly kind: "route"; readonly to: string; readonly via: string; readonly why: string }
  | {
      readonly kind: "next-hops";
      /** The address that they all have. */
      readonly to: string;
      readonly via: readonly NextHop[];
      readonly dev: string;
      readonly resilient: boolean;
      readonly why: string;
    }
  | { readonly kind: "sysctl"; readonly key: string; readonly value: string; readonly why: string }
  | { readonly kind: "ipip"; readonly dev: string; readonly by: LabOptions["ipip"]; readonly why: string };

/** A program that runs on a host for as long as the lab stands. */
export type Program =
  | {
      readonly kind: "web";
      readonly name: string;
      readonly port: number;
      readonly sessions: "memory" | "replicated" | "store";
      /** Listens to IPv6; absent for IPv4. */
      readonly ipv6?: true;
      /** Addresses of the other real servers, for sessions that are replicated. */
      readonly peers: readonly string[];
      /** `ADDRESS:PORT` of the session server. */
      readonly store?: string;
    }
  | {
      readonly kind: "decapsulator";
      readonly dev: string;
      /** Takes IPv6 packets apart; absent for IPv4. */
      readonly ipv6?: true;
    }
  | { readonly kind: "redis"; readonly address: string; readonly port: number }
  | {
      readonly kind: "bird";
      /** The text of bird.conf. */
      readonly configuration: string;
      /** Runs only while this director answers. */
      readonly announces?: number;
    }
  /** Keeps the directors that answer in the group of next hops. */
  | { readonly kind: "next-hops"; readonly directors: number; readonly resilient: boolean };

export type Role = "client" | "router" | "server" | "store" | "speaker";

export interface LabHost {
  readonly name: string;
  readonly role: Role;
  readonly nics: readonly Nic[];
  readonly settings: readonly Setting[];
  readonly programs: readonly Program[];
}

/** A port of the director: a TAP device on a segment. */
export interface DirectorPort {
  readonly name: string;
  readonly segment: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Segments that leave by it are merged by the kernel. */
  readonly gro?: boolean;
}

export interface DirectorPlan {
  readonly ports: readonly DirectorPort[];
  readonly routes: readonly { readonly to: string; readonly via: string }[];
  /** An address of the director's namespace itself, from which health checks reach the real servers. */
  readonly probe: { readonly segment: string; readonly address: string; readonly gateway?: string };
  readonly health: boolean;
  /** The configuration of a keepalived that keeps the director's table. */
  readonly keepalived?: string;
  readonly several?: SeveralDirectors;
}

export const ECMP_KINDS = ["bird", "multipath", "resilient"] as const;
/**
 * How a router knows its next hops, several directors with one address: each announces the address by BGP, with BIRD; or they stand in
 * a group of next hops, whose hash is divided anew when one goes, or which is resilient.
 */
export type EcmpKind = (typeof ECMP_KINDS)[number];

/** More than one director: of two one takes over from the other, or all share the work. */
export type SeveralDirectors =
  /** Advertised so often: `1s`. */
  | { readonly kind: "vrrp"; readonly count: 2; readonly advertised: string }
  | { readonly kind: "ecmp"; readonly count: number; readonly next: EcmpKind; readonly synchronised: boolean };

/** A real server as the service has it. */
export interface RealServer {
  readonly host: string;
  readonly address: string;
  readonly weight: number;
}

/** The virtual service of a lab: TCP, on one port. */
export interface VirtualService {
  readonly address: string;
  readonly port: number;
  readonly scheduler: string;
  readonly persistentSeconds?: number;
  /** FULLNAT's local addresses, and whether the client's own goes along in a TCP option. */
  readonly localAddresses: readonly string[];
  readonly toa?: boolean;
  readonly servers: readonly RealServer[];
}

export interface Lab {
  readonly name: string;
  readonly mode: Mode;
  /** What a packet's way is in this mode, in a sentence or two. */
  readonly about: string;
  readonly segments: readonly LabSegment[];
  readonly hosts: readonly LabHost[];
  readonly director: DirectorPlan;
  readonly service: VirtualService;
}

/** What the person at the keyboard chooses. Kept in the lab's state file, from which the plan is made again. */
export interface LabOptions {
  readonly name: string;
  readonly mode: Mode;
  readonly servers: number;
  readonly scheduler: string;
  /** One for each real server; missing ones are 1. */
  readonly weights: readonly number[];
  /** The addresses of the example that every beginner meets; for NAT and direct routing. */
  readonly example: boolean;
  readonly health: boolean;
  readonly sessions: SessionKind;
  /** Who takes IPIP packets apart on the real servers: the kernel, or a program of ours. */
  readonly ipip: "kernel" | "own";
  /** The path of a keepalived.conf, from the root: keepalived makes the services then, director.yaml has none. */
  readonly keepalived?: string;
  /** Instead of one director. */
  readonly several?: SeveralDirectors;
  /** IPv6 addresses instead of IPv4 ones. */
  readonly ipv6?: boolean;
  /** Of those, IPv4 ones for the real servers; for FULLNAT. */
  readonly nat64?: boolean;
}

/** The host of a name; the director is not among them. */
export const hostNamed = (lab: Lab, name: string): LabHost | undefined => lab.hosts.find((host) => host.name === name);

/** `10.1.0.100:80`, `[fd00:1::100]:80`: as ipvsadm takes and prints it. */
export const endpointText = (address: string, port: number | string): string =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;

/** The page of a service, as curl takes it; port 80 goes without saying. */
export const urlOf = (address: string, port = 80): string =>
  `http://${port === 80 ? endpointText(address, "").slice(0, -1) : endpointText(address, port)}/`;

/** `10.1.0.1` of `10.1.0.1/24`. */
export const withoutPrefix = (address: string): string => address.replace(/\/.*/, "");
