/**
 * What becomes of a connection's packets where no real server decides: entries that a master of synchronisation told of, and
 * whose server is not here, have the master's method. Mirrors ip_vs_bind_xmit (ip_vs_conn.c), ip_vs_null_xmit and ip_vs_bypass_xmit
 * (ip_vs_xmit.c).
 */
import { ACCEPT, type Verdict } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeaderChecksum } from "../../wire/network.ts";
import { ANSWERS_AS_VIRTUAL } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { answersStay, type ForwardingMethod, opensAlways, takesOwnFamily } from "./method.ts";
import { mtuToServer, routeToServer } from "./route.ts";

/** No option names them: no real server has them. */
const NO_OPTION = { long: "", short: "" };

/** The packet is the host's own. */
export const localNode: ForwardingMethod = {
  number: 1,
  name: "Local",
  word: "local",
  option: NO_OPTION,
  standard: false,
  tunnels: false,
  takesServer: takesOwnFamily,
  keepsPort: true,
  translates: false,
  answers: ANSWERS_AS_VIRTUAL,
  open: opensAlways,
  forward: () => ACCEPT,
  forwardError: () => ACCEPT,
  translateAnswer: answersStay,
  translateError: () => undefined,
};

/** The packet goes where its own destination address leads, if that is not the host itself (cache_bypass). */
export const bypass: ForwardingMethod = {
  ...localNode,
  number: 4,
  name: "Bypass",
  word: "bypass",
  forward: passBy,
  forwardError: passBy,
};

const ELSEWHERE = { tunnels: false, anySize: false, icmpError: false, mayBeLocal: false, namesNextHop: false };

function passBy(path: DataPath, frame: Frame): Verdict {
  const { destination } = frame;
  const route = routeToServer(path, frame, destination, undefined, ELSEWHERE);
  if (typeof route === "number") return route;
  finishHeaderChecksum(frame);
  frame.ignoreDontFragment = true;
  return path.host.output(frame, route, destination, mtuToServer(path, route, destination, undefined));
}
