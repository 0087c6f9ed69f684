/** Everyone who looks for causes, in the order in which causes are told: what decided comes first. */
import type { Cause } from "../../trace/causes/causes.ts";
import * as addresses from "./addresses.ts";
import * as connections from "./connections.ts";
import { ftpActive, ftpAnnounced, ftpPassive } from "./ftp.ts";
import { type Found, type Gated, Gates } from "./gates.ts";
import { quicMoved, sipSplit } from "./helpers.ts";
import type { Finder, Inquiry } from "./inquiry.ts";
import { checksum, closingTimer, icmpStray, ping } from "./integrity.ts";
import * as methods from "./methods.ts";
import { lastServiceDeleted, pastConnection, serverChanged, serviceChanged } from "./past.ts";
import { replyElsewhere, tunnelRefused, unreachable } from "./replies.ts";
import * as schedulers from "./schedulers.ts";
import * as scheduling from "./scheduling.ts";
import * as unserved from "./unserved.ts";
import * as ways from "./ways.ts";

/** Nobody's packet, as far as connections tell. */
const STRAY: readonly Found[] = ["none", "no-answer", "nothing"];
const REQUEST: readonly Found[] = ["request"];
const REPLY: readonly Found[] = ["answer"];
const NO_REPLY: readonly Found[] = ["no-answer"];

const OF_BALANCING: readonly Gated[] = [
  { find: checksum },
  { find: pastConnection, found: STRAY },
  { find: connections.reused, found: REQUEST, about: ["opening"] },
  { find: connections.serverGone, found: ["request", "answer", "own"] },
  { find: scheduling.template, events: ["template"] },
  { find: scheduling.templateReleased, events: ["template"] },
  { find: scheduling.templateExpired, events: ["template"] },
  { find: scheduling.otherTemplate, events: ["template"] },
  { find: connections.quiesced, found: REQUEST },
  { find: serverChanged },
  { find: serviceChanged },
  { find: lastServiceDeleted, found: ["nothing"] },
  { find: scheduling.noServer, verdicts: ["no-destination", "icmp-no-destination"] },
  { find: scheduling.noneUsable, verdicts: ["no-destination", "icmp-no-destination"] },
  { find: scheduling.noScheduler, verdicts: ["no-destination", "icmp-no-destination"] },
  { find: scheduling.noEngineData, verdicts: ["no-engine-data"] },
  { find: schedulers.hashSlot, verdicts: ["no-destination", "icmp-no-destination"] },
  { find: scheduling.noLocalAddress, verdicts: ["no-local-port"] },
  { find: scheduling.localPortsUsed, verdicts: ["no-local-port"] },
  { find: scheduling.defence, verdicts: ["drop-packet"] },
  { find: scheduling.connectionsFull, verdicts: ["connections-full"] },
  { find: ftpPassive, events: ["no-service", "service"] },
  { find: ftpActive, found: NO_REPLY },
  { find: ftpAnnounced, found: REQUEST, about: ["opening"] },
  { find: replyElsewhere, found: NO_REPLY },
  { find: unreachable, found: REPLY, about: ["icmp"] },
  { find: tunnelRefused, verdicts: ["tunnel-error"] },
  { find: methods.untranslated, found: NO_REPLY },
  { find: methods.serverOpens, found: NO_REPLY },
  { find: methods.serverPings, about: ["icmp"] },
  { find: connections.noOpening, events: ["not-schedulable"] },
  { find: connections.tracked, verdicts: ["still-tracked"] },
  { find: connections.toldStray, verdicts: ["nat-icmp-send"] },
  { find: addresses.virtualMissing },
  { find: addresses.backupOnly, events: ["routed"] },
  { find: unserved.unmarked, events: ["no-service"] },
  { find: unserved.markUnserved, events: ["marked"] },
  { find: unserved.otherService, events: ["no-service", "service"] },
  { find: unserved.noService, verdicts: ["delivered"], events: ["routed"] },
  { find: unserved.notBalanced, events: ["routed"], about: ["unbalanced"] },
  { find: ways.reversePath, verdicts: ["reverse-path"] },
  { find: ways.forwardingOff, verdicts: ["forwarding-off"] },
  { find: ways.noRoute, verdicts: ["no-route", "no-route-to-destination"] },
  { find: addresses.ownSource, verdicts: ["martian-source"] },
  { find: addresses.addressClaimed, found: ["nothing"] },
  { find: addresses.arpIgnored, verdicts: ["arp-not-for-us"] },
  { find: addresses.redirected, events: ["icmp"] },
  { find: addresses.elsewhere, verdicts: ["not-for-us"] },
  { find: addresses.syncUnheard, verdicts: ["not-listening"] },
  { find: unserved.groupFrame, verdicts: ["host-silent", "delivered"] },
  { find: unserved.noKeyExchange, found: ["none"] },
  { find: methods.sharedReply, events: ["created"] },
  { find: methods.clientIsServer, events: ["created"] },
  { find: methods.sameNetwork, events: ["method"], verdicts: ["sent", "parked"] },
  { find: methods.byGateway, events: ["method"] },
  { find: methods.portKept, events: ["method"] },
  { find: methods.portIgnored, events: ["created"] },
  { find: methods.directorLoop, events: ["method"] },
  { find: methods.localNode, events: ["method"] },
  { find: methods.loopbackServer, verdicts: ["loopback-destination"] },
  { find: methods.methodKept, events: ["method"], found: REQUEST },
  { find: methods.lastHop, verdicts: ["ttl-exceeded"] },
  { find: methods.pathMtu, events: ["mtu"] },
  { find: icmpStray, about: ["icmp"] },
  { find: connections.refused, found: ["request", "answer"], about: ["reset", "opening"] },
  { find: connections.unanswered, found: REQUEST, about: ["opening"] },
  { find: addresses.neighborSilent, verdicts: ["parked"] },
  { find: scheduling.overloaded, events: ["created"] },
  { find: scheduling.newcomer, events: ["scheduled"] },
  { find: scheduling.markWins, events: ["service"] },
  { find: scheduling.clientHidden, events: ["created"] },
  { find: sipSplit, events: ["created"] },
  { find: quicMoved, events: ["created"], about: ["udp"] },
  { find: unserved.everyPort, events: ["created"] },
  { find: connections.onePacket, events: ["created"] },
  { find: connections.datagramsStick, found: REQUEST, about: ["udp"] },
  { find: schedulers.hashMoved, events: ["created"] },
  { find: schedulers.hashAffinity, events: ["scheduled"] },
  { find: schedulers.heaviestFirst, events: ["scheduled"] },
  { find: schedulers.oneDestination, events: ["scheduled"] },
  { find: schedulers.weightsIgnored, events: ["scheduled"] },
  { find: ping, verdicts: ["delivered"], about: ["icmp"] },
  { find: closingTimer, events: ["state"] },
];

/** For a host that balances nothing, as simulated clients and real servers. */
const OF_ANY_HOST: readonly Gated[] = [
  { find: checksum },
  { find: ways.reversePath, verdicts: ["reverse-path"] },
  { find: ways.forwardingOff, verdicts: ["forwarding-off"] },
  { find: ways.noRoute, verdicts: ["no-route"] },
  { find: addresses.ownSource, verdicts: ["martian-source"] },
  { find: methods.pathMtu, events: ["mtu"] },
];

const BALANCING = new Gates(OF_BALANCING);
const ANY_HOST = new Gates(OF_ANY_HOST);

/** Of a director that balances, or once did. */
const gatesOf = ({ server }: Inquiry): Gates =>
  server.services.list().length > 0 || server.changes.last(() => true) !== undefined ? BALANCING : ANY_HOST;

const NONE: readonly Cause[] = [];

/** What made a walk end as it did; the director is as the walk left it. */
export function causesOf(inquiry: Inquiry): readonly Cause[] {
  let causes: Cause[] | undefined;
  for (const find of gatesOf(inquiry).asked(inquiry.kinds, inquiry.found, inquiry.ending, inquiry.about)) {
    const cause = find(inquiry);
    if (cause === undefined) continue;
    causes ??= [];
    causes.push(cause);
  }
  return causes ?? NONE;
}

/** All who would be asked if there were no gates: what they find is all that there is to be found. */
export const findersOf = (inquiry: Inquiry): readonly Finder[] => gatesOf(inquiry).finders;
