/**
 * The switches under net.ipv4.vs: one row each, with the kernel's default and what the kernel takes for it.
 * Mirrors net/netfilter/ipvs/ip_vs_ctl.c: vs_vars; see Documentation/networking/ipvs-sysctl.rst.
 */
import {
  anything,
  counter,
  int,
  powerOfTwo,
  processors,
  range,
  type SysctlType,
  seconds,
  size,
  threshold,
} from "../sysctl/types.ts";

interface VsSysctlRow {
  /** The kernel's default; of sync_threshold the first number. */
  readonly standard: number;
  readonly type: SysctlType;
  /** Taken for the rules' sake; nothing here asks for it. */
  readonly withoutEffect?: true;
}

const row = (standard: number, type: SysctlType): VsSysctlRow => ({ standard, type });
const idle = (standard: number, type: SysctlType): VsSysctlRow => ({ standard, type, withoutEffect: true });
const mode = range(0, 3);
const port = range(1, 65535);

const ROWS = {
  am_droprate: row(10, int),
  amemthresh: idle(1024, int),
  backup_only: row(0, int),
  cache_bypass: idle(0, int),
  conn_reuse_mode: row(1, int),
  conntrack: idle(0, int),
  debug_level: idle(0, anything),
  drop_entry: row(0, mode),
  drop_packet: row(0, mode),
  expire_nodest_conn: row(0, int),
  expire_quiescent_template: row(0, int),
  ignore_tunneled: idle(0, int),
  lblc_expiration: row(86400, seconds),
  lblcr_expiration: row(86400, seconds),
  nat_icmp_send: row(0, int),
  pmtu_disc: row(1, int),
  run_estimation: row(1, int),
  schedule_icmp: row(0, int),
  secure_tcp: row(0, mode),
  sloppy_sctp: row(0, int),
  sloppy_tcp: row(0, int),
  snat_reroute: row(1, int),
  sync_persist_mode: row(0, int),
  sync_ports: row(1, powerOfTwo),
  sync_qlen_max: idle(0, size),
  sync_refresh_period: row(0, seconds),
  sync_retries: row(0, range(0, 3)),
  sync_sock_size: idle(0, int),
  sync_threshold: row(3, threshold),
  sync_version: row(1, range(0, 1)),
  // Of later kernels: the estimator since 6.2, the sizes of the tables since 7.0 (ranges from the documentation, not recorded).
  est_cpulist: idle(0, processors),
  est_nice: idle(0, range(-20, 19)),
  conn_lfactor: idle(-4, range(-8, 8)),
  svc_lfactor: idle(-3, range(-8, 8)),
  // FULLNAT, named as in alibaba/LVS.
  fullnat_lport_min: row(5000, port),
  fullnat_lport_max: row(65535, port),
  fullnat_lport_tries: row(10000, counter),
  fullnat_timestamp_remove_entry: row(1, int),
  fullnat_mss_adjust_entry: row(1, int),
} as const satisfies Record<string, VsSysctlRow>;

export type VsSysctlName = keyof typeof ROWS;
/** What is in force. `sync_period` is the second number of sync_threshold. */
export type VsSysctl = Record<VsSysctlName | "sync_period", number>;

export function vsSysctlDefaults(): VsSysctl {
  const standards = Object.entries(ROWS).map(([name, { standard }]) => [name, standard] as const);
  return { ...(Object.fromEntries(standards) as Record<VsSysctlName, number>), sync_period: 50 };
}

export const vsSysctlNames = (): VsSysctlName[] => Object.keys(ROWS).filter(isVsSysctlName);

export const isVsSysctlName = (name: string): name is VsSysctlName => Object.hasOwn(ROWS, name);

export const vsSysctlRow = (name: VsSysctlName): VsSysctlRow => ROWS[name];
