/** What is peculiar to schedulers: hash tables and their slots, one address for all, weights that mean little or everything. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { describeDestination } from "../../ipvs/destination.ts";
import { describeService, SERVICE_SCHED2, type Service } from "../../ipvs/service.ts";
import type { Change } from "../../trace/causes/told.ts";
import { formatAddress, formatEndpoint } from "../../wire/address.ts";
import { type Finder, type Inquiry, unusable } from "./inquiry.ts";
import { withoutServer } from "./scheduling.ts";

const HASHES: Readonly<Record<string, string>> = { sh: "sh-fallback", mh: "mh-fallback", dh: "" };

/** The slot of this client belongs to one that may not be picked, while others may. */
export const hashSlot: Finder = (inquiry) => {
  const service = withoutServer(inquiry);
  const scheduled = inquiry.last("scheduled");
  const flag = HASHES[scheduled?.scheduler ?? ""];
  if (service === undefined || scheduled === undefined || flag === undefined || scheduled.picked !== "")
    return undefined;
  const owner = service.destinations.find((destination) => describeDestination(destination) === scheduled.slot);
  const refused = owner && unusable(owner);
  const others = service.destinations.filter((destination) => unusable(destination) === undefined).length;
  if (refused === undefined || others === 0) return undefined;
  return { kind: "hash-slot", scheduler: scheduled.scheduler, owner: refused, flag, others };
};

const BY_DESTINATION: readonly string[] = ["dh", "lblc", "lblcr"];

/** All clients call the one address of the service, and the scheduler looks at nothing else. */
export const oneDestination: Finder = (inquiry) => {
  const { scheduler = "", picked = "" } = inquiry.last("scheduled") ?? {};
  const { service } = inquiry;
  if (service === undefined || picked === "" || !BY_DESTINATION.includes(scheduler)) return undefined;
  if (service.fwmark !== 0 || service.destinations.length < 2) return undefined;
  return { kind: "one-destination", scheduler, address: service.address, server: picked };
};

const WITHOUT_WEIGHTS: readonly string[] = ["rr", "lc", "dh"];

/** Weights differ, and the scheduler only asks whether they are 0. */
export const weightsIgnored: Finder = (inquiry) => {
  const { scheduler = "", picked = "" } = inquiry.last("scheduled") ?? {};
  const { service } = inquiry;
  if (service === undefined || picked === "" || !WITHOUT_WEIGHTS.includes(scheduler)) return undefined;
  if (inquiry.verdict !== "sent" && inquiry.verdict !== "parked") return undefined;
  const weighted = service.destinations.filter(({ weight }) => weight > 0);
  if (new Set(weighted.map(({ weight }) => weight)).size < 2) return undefined;
  const servers = weighted.map((destination) => `${describeDestination(destination)} (weight ${destination.weight})`);
  return { kind: "weights-ignored", scheduler, servers };
};

/** The same client meets the same server again and again. */
export const hashAffinity: Finder = (inquiry) => {
  const { scheduler = "", picked } = inquiry.last("scheduled") ?? {};
  const { service } = inquiry;
  if (service === undefined || picked === "" || HASHES[scheduler] === undefined) return undefined;
  if (oneDestination(inquiry) !== undefined || hashMoved(inquiry) !== undefined) return undefined;
  const byPort = scheduler !== "dh" && (service.flags & SERVICE_SCHED2) !== 0;
  return { kind: "hash-affinity", scheduler, flag: scheduler === "dh" ? "" : `${scheduler}-port`, byPort };
};

/** Whether only the client's address says who is picked. */
export const picksBySource = ({ scheduler, flags }: Service): boolean =>
  (scheduler?.name === "sh" || scheduler?.name === "mh") && (flags & SERVICE_SCHED2) === 0;

/** The client's other connection is with another server: the table was dealt anew since. */
export const hashMoved: Finder = (inquiry) => {
  const { scheduler = "", picked } = inquiry.last("scheduled") ?? {};
  const { service, ends } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (service === undefined || ends === undefined || created === undefined || picked === "") return undefined;
  if (!picksBySource(service)) return undefined;
  const change = serversChanged(inquiry, service);
  const now = formatEndpoint(created.destinationAddress, created.destinationPort);
  const before = change && otherServerOf(inquiry, service, ends.source, now);
  if (change === undefined || before === undefined) return undefined;
  return { kind: "hash-moved", scheduler, client: formatAddress(created.clientAddress), before, now, change };
};

/** Servers that are added with their service are within a second; a change longer ago than this has its effect already. */
const WITH_SERVICE = 1;
const RECENT = 900;

/** The last time that the service's servers changed, if that was since it was set up. */
function serversChanged({ server, seconds }: Inquiry, service: Service): Change | undefined {
  const name = describeService(service);
  const of = (what: string) => (change: Change) => change.service === name && change.what.startsWith(what);
  const change = server.changes.last(of("server"));
  const added = server.changes.last(of("service added"));
  if (change === undefined || change.seconds < seconds - RECENT) return undefined;
  return added !== undefined && change.seconds < added.seconds + WITH_SERVICE ? undefined : change;
}

/** A server that the client has a connection to, other than this one. */
function otherServerOf({ server }: Inquiry, service: Service, client: number, now: string): string | undefined {
  const { connections } = server;
  const { rows } = connections.table;
  let found: string | undefined;
  connections.table.forEach((row) => {
    if (rows.clientAddress(row) !== client || rows.control(row) !== NONE) return;
    const destination = connections.destinationOf(row);
    if (destination?.service !== service) return;
    const name = describeDestination(destination);
    if (name !== now) found = name;
  });
  return found;
}

/** All to the heaviest server, by intent. */
export const heaviestFirst: Finder = (inquiry) => {
  const { scheduler = "", picked = "" } = inquiry.last("scheduled") ?? {};
  const { service } = inquiry;
  if ((scheduler !== "fo" && scheduler !== "ovf") || service === undefined || picked === "") return undefined;
  const weight = inquiry.destinationCalled(picked)?.weight ?? 0;
  return service.destinations.length < 2 ? undefined : { kind: "heaviest-first", scheduler, server: picked, weight };
};
