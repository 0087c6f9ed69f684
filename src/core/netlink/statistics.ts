/** Counters and rates as attributes (ip_vs_ctl.c: ip_vs_genl_fill_stats, ip_vs_genl_fill_stats64). */
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../ipvs/statistics.ts";
import type { Writer } from "./writer.ts";

/** In the order of IPVS_STATS_ATTR_CONNS 1 to OUTBYTES 5; the rates of the same follow, CPS 6 to OUTBPS 10. */
const COUNTERS: readonly number[] = [CONNECTIONS, IN_PACKETS, OUT_PACKETS, IN_BYTES, OUT_BYTES];
const FIRST_RATE = 6;

/** STATS: 32 bits, what is beyond is lost; counters of bytes have 64. STATS64: 64 bits all. */
export function writeStatistics(writer: Writer, statistics: Statistics, narrow: number, wide: number): void {
  writer.nested(narrow, () => {
    for (const [index, counter] of COUNTERS.entries()) {
      const isBytes = counter === IN_BYTES || counter === OUT_BYTES;
      if (isBytes) writer.u64(index + 1, statistics.shown(counter));
      else writer.u32(index + 1, statistics.shown(counter));
    }
    for (const [index, counter] of COUNTERS.entries()) writer.u32(FIRST_RATE + index, statistics.rate(counter));
  });
  writer.nested(wide, () => {
    for (const [index, counter] of COUNTERS.entries()) writer.u64(index + 1, statistics.shown(counter));
    for (const [index, counter] of COUNTERS.entries()) writer.u64(FIRST_RATE + index, statistics.rate(counter));
  });
}
