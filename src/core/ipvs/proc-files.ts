/** The files that IPVS has in /proc/net (ip_vs_ctl.c, ip_vs_conn.c, ip_vs_app.c: proc_create_net). */
export const PROC_FILES = [
  "ip_vs",
  "ip_vs_app",
  "ip_vs_conn",
  "ip_vs_conn_sync",
  "ip_vs_stats",
  "ip_vs_stats_percpu",
] as const;

export type ProcFile = (typeof PROC_FILES)[number];

export const isProcFile = (name: string): name is ProcFile => (PROC_FILES as readonly string[]).includes(name);
