/** Virtual routers in words: where they stand and why, and what they hear; advertisements field by field. */
import type { VrrpCause, VrrpFault, WalkEvent } from "../../trace/events.ts";
import { AF_INET, AF_INET6, formatAddress } from "../../wire/address.ts";
import { OWNER_PRIORITY, RESIGNING, readAdvertisement, VRRP_HEADER } from "../../wire/vrrp.ts";
import type { Layer } from "./layers.ts";

/** Why a virtual router is in its state. */
export const VRRP_CAUSES: Readonly<Record<VrrpCause, string>> = {
  start: "it has begun, and listens first",
  owner: "the addresses are its own: its priority is 255",
  silence: "no advertisement came for three intervals and its skew",
  resignation: "the master gave up, by priority 0",
  preemption: "the master has a lower priority, and was not respected any longer",
  "higher-priority": "another master has a higher priority, or the same and a higher address",
  group: "another virtual router of its group went there",
  "link-down": "its link is down",
  "link-up": "its link is up again, and it listens first",
  handover: "its predecessor was in this state",
  stop: "it was stopped",
};

export const VRRP_FAULTS: Readonly<Record<VrrpFault, string>> = {
  malformed: "it is truncated, no advertisement, or of another version",
  ttl: "its TTL is not 255: it was sent from elsewhere",
  peer: "its sender is none of the peers",
  checksum: "its checksum is wrong",
  interval: "its sender has another interval",
  authType: "its sender authenticates itself differently",
  password: "its password, or what was made with it, is another one",
  header: "its authentication header is not that of its sender",
  replay: "its sequence number is not above the last one: it may have been sent before",
};

export function vrrpSentence({ id, priority, state, own }: WalkEvent<"vrrp">): string {
  const says =
    priority === RESIGNING
      ? "the master gives up"
      : priority === OWNER_PRIORITY
        ? "the owner of the addresses is master"
        : `somebody of priority ${priority} is master`;
  return `An advertisement for the virtual router ${id}: ${says}. Here its priority is ${own}, and its state is ${state} now.`;
}

export const vrrpRefusedSentence = ({ id, why }: WalkEvent<"vrrp-refused">): string =>
  `An advertisement${id === 0 ? "" : ` for the virtual router ${id}`} is not believed: ${VRRP_FAULTS[why]}.`;

const SECRETS: readonly string[] = ["none", "password", "authentication header"];

/** The fields of an advertisement; `undefined` if it is none. Its addresses are of IPv6 if they fill what is there only so. */
export function decodeVrrp(view: DataView, at: number, end: number): Layer[] | undefined {
  const count = end - at < VRRP_HEADER ? 0 : view.getUint8(at + 3);
  const isIpv6 = count > 0 && end - at >= VRRP_HEADER + count * 16;
  const read = readAdvertisement(view, at, end, isIpv6 ? AF_INET6 : AF_INET);
  if (read === undefined) return undefined;
  const { version, id, priority, interval, addresses, authType } = read;
  const fields = [
    { name: "version", value: String(version) },
    { name: "virtual router", value: String(id) },
    { name: "priority", value: priority === RESIGNING ? "0 (gives up)" : String(priority) },
    { name: "interval", value: `${interval * 10} ms` },
    ...(version === 2 ? [{ name: "authentication", value: SECRETS[authType] ?? String(authType) }] : []),
    { name: "addresses", value: addresses.map(formatAddress).join(", ") },
  ];
  return [{ name: "VRRP", fields }];
}
