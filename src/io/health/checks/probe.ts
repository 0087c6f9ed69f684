/** Makes a check, of whichever kind. */
import type { Finding, Probe } from "./check.ts";
import { checkHttp } from "./http.ts";
import { checkIcmp } from "./icmp.ts";
import { checkTcp } from "./tcp.ts";

/** Resolves to what was found; rejects if checks of this kind cannot be made at all. */
export function probe(what: Probe): Promise<Finding> {
  switch (what.kind) {
    case "icmp":
      return checkIcmp(what);
    case "tcp":
      return checkTcp(what);
    case "http":
      return checkHttp(what);
  }
}
