/** Requests of HTTP through a box, by wrk: over connections that stay, or over a new one each. */
import type { Box } from "./boxes.ts";
import { VIP } from "./cables.ts";
import type { Contestant } from "./contest.ts";

export const PORT = 80;
const SECONDS = 2;
/** Connections that are open at a time. */
const OPEN = 16;

export const requestsThrough = ({ name, network }: Box, isNew: boolean): Contestant => ({
  name,
  measure: async () => {
    const header = isNew ? ["-H", "Connection: close"] : [];
    const words = ["-t", "1", "-c", String(OPEN), "-d", `${SECONDS}s`, ...header, `http://${VIP}:${PORT}/`];
    const { out, err } = await network.exec("c", "wrk", ...words);
    const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(out)?.[1]);
    if (!(rate > 0)) throw new Error(`wrk: ${err}${out}`);
    return { rate };
  },
});
