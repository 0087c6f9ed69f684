/** What people reported, rebuilt. */
import { readFileSync } from "node:fs";
import { parseTranscript } from "../../../../../src/core/capture/transcript.ts";
import { explainTranscript } from "../../../../../src/core/replay/past.ts";
import { causesIn } from "./situation.ts";

const folder = "fixtures/reports";

/** The causes of one packet of a report, counted from 1 among those that arrive. */
export function reported(name: string, number: number): string {
  const parsed = parseTranscript(readFileSync(`${folder}/${name}.jsonl`, "utf8"));
  if (parsed.kind !== "transcript") throw new Error(`${name}: ${parsed.errors[0]?.message}`);
  let causes = "";
  explainTranscript(parsed.transcript, { only: number }, (told) => {
    if (told.kind === "walk") causes = causesIn(told.explanation.events);
  });
  return causes;
}

/** File, packet, and the words without which the explanation does not help. */
export const REPORTS: readonly (readonly [string, number, ...string[]])[] = [
  ["fin0", 3, "FIN_WAIT", "120 s", "HZ=100", "5.12 s late", "--set"],
  ["q6", 3, "eth1", "rp_filter", "net.ipv4.conf.eth1.rp_filter is 1", "172.16.2.3"],
  ["q8a", 1, "each has the other as a real server", "loop", "backup_only=1", "standby"],
  ["q8b", 1, "each has the other as a real server", "loop", "backup_only=1", "standby"],
  [
    "r01m0",
    7,
    "old connection",
    "reused",
    "conn_reuse_mode is 0",
    "172.16.1.3:80 is 0",
    "conn_reuse_mode=1",
    "scheduled anew",
  ],
  ["r02", 4, "expired at 901", "in ESTABLISHED", "after 900 s without a packet", "--set", "keepalives"],
  ["r02", 5, "real server of TCP 12.11.0.101:80 by NAT", "No connection translates", "client", "refuse"],
  ["r04q0", 7, "template", "decides, not the scheduler", "weight is 0", "expire_quiescent_template=1"],
  ["r05o", 5, "one-packet", "-o", "does not outlive its packet", "nobody translates the reply"],
  ["r07n", 11, "slot", "mh", "172.16.1.3:80", "weight is 0", "mh-fallback", "usable"],
  ["r09", 1, "no local address (-P)", "did pick 172.16.1.2:80"],
  ["r09b", 3, "pool is used up", "2 ports", "1 local address", "towards 172.16.1.2:80"],
  ["r10s0", 1, "no INIT was seen", "sloppy_sctp=1"],
  ["r14b", 6, "control connection (port 21)", "172.16.1.3:21 by NAT", "FTP helper (ip_vs_ftp)", "no entry"],
  ["r14b", 8, "FTP data connection", "FTP helper"],
  [
    "r18d0",
    4,
    "172.16.1.3:80 was deleted",
    "expire_nodest_conn is 0",
    "dropped in silence",
    "expire_nodest_conn=1",
    "reset",
  ],
  ["r31", 1, "TCP checksum", "sum of the pseudo-header", "offload"],
  ["r44", 1, "no interface of the director has the address 2001:db8::1"],
];
