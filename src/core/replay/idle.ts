/** Why a run with services has balanced nothing, and what to do about it. */
import type { ReplaySummary, VerdictSummary } from "./summary.ts";

const START = "nothing was balanced";

/** One line, the likeliest reason; `undefined` if something was balanced, or nothing was to be. */
export function idleReason(summary: ReplaySummary): string | undefined {
  const { services, verdicts, packets, sentByDirector } = summary;
  if (services.length === 0 || services.some(({ connections, inPackets }) => connections + inPackets > 0))
    return undefined;
  if (packets === 0) return `${START}: the capture has no packets`;
  if (sentByDirector === packets)
    return `${START}: every frame comes from a mac: of the director; those of its clients are missing`;
  const [most] = verdicts.filter(({ dropped }) => dropped).sort((a, b) => b.packets - a.packets);
  return `${START}: ${forOthers(summary) ?? otherFamily(summary) ?? (most && whyDropped(most)) ?? NO_SERVICE}`;
}

const NO_SERVICE = "no packet is for one of the services; --allow-idle if that is meant";

/** The director is not who the frames go to. */
function forOthers({ ports, strangers, ofNoPort }: ReplaySummary): string | undefined {
  const stranger = ports.find(({ unicast, forOthers: others }) => unicast > 0 && others >= unicast);
  const arrived = ports.some(({ unicast, forOthers: others }) => unicast > others);
  const [most] = strangers;
  if (most === undefined || (stranger === undefined && (arrived || ofNoPort === 0))) return undefined;
  const which = stranger === undefined ? "a mac: of the director" : `its mac: ${stranger.mac}`;
  const where = stranger === undefined ? "" : ` on ${stranger.name}`;
  return `no frame${where} is addressed to ${which}; ${most.frames} go to ${most.mac}: take that one, or make a case by tapvs adopt`;
}

function otherFamily({ ports, ipv6, hasIpv6 }: ReplaySummary): string | undefined {
  const arrived = ports.reduce((sum, port) => sum + port.arrived.frames, 0);
  return hasIpv6 || ipv6 * 2 <= arrived ? undefined : "most packets are IPv6, and the director has no IPv6 address";
}

/** What helps against some reasons. */
const CURES: Readonly<Record<string, string>> = {
  "vlan-tagged": "capture on the interface of the VLAN, or let tapvs adopt take the tags off",
  "too-big": "were segments merged by the host that recorded them? --offloads auto takes them apart",
  "ipv4-bad-checksum": "were addresses changed afterwards? --offloads on puts checksums right",
  "ipv4-truncated": "record whole packets (tcpdump -s 0)",
  "ipv6-truncated": "record whole packets (tcpdump -s 0)",
};

function whyDropped({ verdict, sentence }: VerdictSummary): string {
  const cure = CURES[verdict];
  return `most were dropped, ${verdict}: ${sentence}${cure === undefined ? "" : ` ${cure}`}`;
}
