/** Everyone who looks for causes, in the order in which causes are told: what decided comes first. */
import type { Cause } from "../../trace/causes.ts";
import type { WalkEvent } from "../../trace/events.ts";
import type { VerdictName } from "../../trace/verdict.ts";
import type { Director } from "../director.ts";
import * as addresses from "./addresses.ts";
import * as connections from "./connections.ts";
import { ftpHelper, sipSplit } from "./helpers.ts";
import { type Finder, Inquiry } from "./inquiry.ts";
import { checksum, closingTimer, icmpStray, ping } from "./integrity.ts";
import * as methods from "./methods.ts";
import { pastConnection, serverChanged, serviceChanged } from "./past.ts";
import { replyElsewhere, unreachable } from "./replies.ts";
import * as scheduling from "./scheduling.ts";

const FINDERS: readonly Finder[] = [
  checksum,
  pastConnection,
  connections.reused,
  connections.serverGone,
  scheduling.template,
  scheduling.templateExpired,
  scheduling.otherTemplate,
  connections.quiesced,
  serverChanged,
  serviceChanged,
  scheduling.noServer,
  scheduling.noneUsable,
  scheduling.hashSlot,
  scheduling.noLocalAddress,
  scheduling.localPortsUsed,
  scheduling.defence,
  scheduling.connectionsFull,
  ftpHelper,
  replyElsewhere,
  unreachable,
  methods.untranslated,
  methods.serverOpens,
  connections.noOpening,
  connections.tracked,
  connections.toldStray,
  addresses.virtualMissing,
  addresses.backupOnly,
  addresses.unmarked,
  addresses.markUnserved,
  addresses.otherService,
  addresses.notBalanced,
  addresses.reversePath,
  addresses.forwardingOff,
  addresses.ownSource,
  addresses.addressClaimed,
  addresses.arpIgnored,
  addresses.redirected,
  addresses.elsewhere,
  methods.clientIsServer,
  methods.sameNetwork,
  methods.byGateway,
  methods.portKept,
  methods.directorLoop,
  methods.localNode,
  methods.loopbackServer,
  methods.methodKept,
  methods.lastHop,
  methods.pathMtu,
  icmpStray,
  connections.refused,
  connections.unanswered,
  addresses.neighborSilent,
  scheduling.overloaded,
  scheduling.newcomer,
  scheduling.markWins,
  scheduling.clientHidden,
  sipSplit,
  connections.onePacket,
  connections.datagramsStick,
  scheduling.hashAffinity,
  scheduling.oneDestination,
  scheduling.weightsIgnored,
  ping,
  closingTimer,
];

/** For a host that balances nothing, as simulated clients and real servers. */
const OF_ANY_HOST: readonly Finder[] = [
  checksum,
  addresses.reversePath,
  addresses.forwardingOff,
  addresses.ownSource,
  methods.pathMtu,
];

/** What made a walk end as it did; the director is as the walk left it. */
export function causesOf(director: Director, events: readonly WalkEvent[], verdict: VerdictName): Cause[] {
  const inquiry = new Inquiry(director, events, verdict);
  const balances = director.server.services.list().length > 0 || director.server.changes.last(() => true) !== undefined;
  const causes: Cause[] = [];
  for (const find of balances ? FINDERS : OF_ANY_HOST) {
    const cause = find(inquiry);
    if (cause !== undefined) causes.push(cause);
  }
  return causes;
}
