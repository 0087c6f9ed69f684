/** Connections as `ipvsadm -Lnc` lists them, and counters as `ipvsadm -Ln --stats` does. */
import type { VerdictName } from "../core/trace/verdict.ts";

/** An entry of the connection table. Ends are `10.1.0.1:40000`, `[2001:db8::1]:40000`. */
export interface Connection {
  /** `TCP`, `UDP`, `SCTP`, ...; `IP` for the template of a firewall mark. */
  readonly protocol: string;
  /** Who asked. */
  readonly client: string;
  /** The virtual service; a firewall mark's template has the mark in place of the address. */
  readonly virtual: string;
  /** The real server. */
  readonly destination: string;
  /** FULLNAT: where the connection leaves the director from. */
  readonly local?: string;
  /** `ESTABLISHED`, `SYN_RECV`, ...: ip_vs_proto_tcp.c and its neighbors. */
  readonly state: string;
  /** Until the entry expires. */
  readonly secondsLeft: number;
  /** An entry that binds a client to its real server: persistence. */
  readonly template: boolean;
}

/** What was counted up to now for a service, a real server, or all of them; `ipvsadm -L --stats` shows the counters of up to 2 s ago. */
export interface Counters {
  /** Connections that were made. */
  readonly connections: number;
  /** Packets towards real servers. */
  readonly inPackets: number;
  /** Packets towards clients; only of methods whose answers pass the director. */
  readonly outPackets: number;
  /** Bytes of IP packets towards real servers. */
  readonly inBytes: number;
  /** Bytes of IP packets towards clients. */
  readonly outBytes: number;
}

/** A real server of a service. */
export interface DestinationStats extends Counters {
  /** `10.2.0.2:8080`. */
  readonly destination: string;
  /** `Masq`, `Route`, `Tunnel`, `FullNat`, `Local`: as the column Forward has it. */
  readonly forwarding: string;
  /** 0 for one that is quiesced. */
  readonly weight: number;
  /** Those in an active state: ESTABLISHED, SYN_RECV, ... (ip_vs_proto_tcp.c: tcp_state_active_table). */
  readonly activeConnections: number;
  /** All others. */
  readonly inactiveConnections: number;
  /** Templates that bind clients to it. */
  readonly persistentConnections: number;
}

/** A virtual service. */
export interface ServiceStats extends Counters {
  /** The options that name it: `-t 10.1.0.100:80`, `-f 7`. */
  readonly service: string;
  /** As `-s` spells it; `none` for none. */
  readonly scheduler: string;
  /** In the order of the kernel's list, the newest first. */
  readonly destinations: readonly DestinationStats[];
}

/** All services, and what became of every frame so far. */
export interface Stats extends Counters {
  /** In the order of the kernel's tables. */
  readonly services: readonly ServiceStats[];
  /** How many packets ended how; verdicts that no packet met are left out. */
  readonly verdicts: Readonly<Partial<Record<VerdictName, number>>>;
}
