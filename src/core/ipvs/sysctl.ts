/** The switches under net.ipv4.vs, with the kernel's defaults (Documentation/networking/ipvs-sysctl.rst). */

const DEFAULTS = {
  am_droprate: 10,
  amemthresh: 1024,
  backup_only: 0,
  cache_bypass: 0,
  conn_reuse_mode: 1,
  conntrack: 0,
  drop_entry: 0,
  drop_packet: 0,
  expire_nodest_conn: 0,
  expire_quiescent_template: 0,
  ignore_tunneled: 0,
  lblc_expiration: 86400,
  lblcr_expiration: 86400,
  nat_icmp_send: 0,
  pmtu_disc: 1,
  run_estimation: 1,
  schedule_icmp: 0,
  secure_tcp: 0,
  sloppy_sctp: 0,
  sloppy_tcp: 0,
  snat_reroute: 1,
  sync_persist_mode: 0,
  sync_ports: 1,
  sync_qlen_max: 0,
  sync_refresh_period: 0,
  sync_retries: 0,
  sync_sock_size: 0,
  sync_version: 1,
  // FULLNAT, named as in alibaba/LVS.
  fullnat_lport_min: 5000,
  fullnat_lport_max: 65535,
  fullnat_lport_tries: 10000,
  fullnat_timestamp_remove_entry: 1,
  fullnat_mss_adjust_entry: 1,
};

export type VsSysctl = { -readonly [name in keyof typeof DEFAULTS]: number };
export type VsSysctlName = keyof VsSysctl;

export const vsSysctlDefaults = (): VsSysctl => ({ ...DEFAULTS });

export const isVsSysctlName = (name: string): name is VsSysctlName => Object.hasOwn(DEFAULTS, name);
