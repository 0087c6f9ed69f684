/** What befalls hosts without a frame, in words: who dies, starts, and becomes master. */
import type { Happening } from "../simulator/network.ts";
import { VRRP_CAUSES } from "./decode/vrrp.ts";

/** Those that are told: of routers that move together the one that moved the others. */
export const isTold = (happening: Happening): boolean =>
  happening.what !== "moved" || (happening.cause !== "group" && happening.state !== "initialize");

/** `director2 becomes master: no advertisement came ...`, without a full stop. */
export function happeningWords(happening: Happening): string {
  const { host } = happening;
  switch (happening.what) {
    case "died":
      return `${host} dies`;
    case "started":
      return `${host} starts again, and knows nothing`;
    case "moved":
      return `${host} becomes ${happening.state}: ${VRRP_CAUSES[happening.cause]}`;
  }
}
