/**
 * The packets of a connection that a helper reads or made: tracked, checked, shown to the helper, their sequence numbers
 * shifted. Mirrors tcp_dnat_handler and tcp_snat_handler (ip_vs_proto_tcp.c), net/netfilter/ipvs/ip_vs_app.c, and what
 * connection tracking does before IPVS and behind it.
 */
import { ACCEPT, DROP } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { fold, sum } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import type { ConnectionExtras } from "../connection-extras.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { fullChecksum } from "../protocols/internet-checksum.ts";
import type { ConnectionRows } from "../table-rows.ts";
import { KIND_ACK, KIND_SYN, readSegment } from "../tracking/segment.ts";
import { shiftSegment } from "../tracking/shift-segment.ts";
import { TcpTracking } from "../tracking/tcp-tracking.ts";

/** A client's packet, before it gets the real server's address; ACCEPT or a drop. */
export function readRequest(path: DataPath, frame: Frame, row: Row): number {
  const extras = path.server.connections.table.rows.addExtras(row);
  if (!extras.isJudged) track(path, frame, extras, true);
  extras.isJudged = false;
  if (extras.app !== undefined) {
    if (!isChecksumRightToIpvs(path, frame)) return DROP.helperChecksum;
    const verdict = extras.app.app.packetIn(path, frame, row);
    if (verdict !== ACCEPT) return verdict;
  }
  return extras.isTracked ? shift(path, frame, extras, true) : sendUntracked(path, frame, extras);
}

/** Holds a packet of a known connection against connection tracking, which sees it first. */
export function trackRequest(path: DataPath, frame: Frame, row: Row): void {
  const extras = path.server.connections.table.rows.addExtras(row);
  track(path, frame, extras, true);
  extras.isJudged = true;
}

/** Whether connection tracking has the connection from before this packet (ip_vs_core.c: ip_vs_conn_uses_old_conntrack). */
export function isStillTracked(rows: ConnectionRows, row: Row): boolean {
  const extras = rows.extras(row);
  return extras?.isTracked === true && !extras.beginsTracking;
}

/** A real server's packet, before it gets the virtual address. */
export function readAnswer(path: DataPath, frame: Frame, row: Row): number {
  const extras = path.server.connections.table.rows.addExtras(row);
  track(path, frame, extras, false);
  if (extras.app !== undefined) {
    if (!isChecksumRightToIpvs(path, frame)) return DROP.helperChecksum;
    const verdict = extras.app.app.packetOut(path, frame, row);
    if (verdict !== ACCEPT) return verdict;
  }
  return extras.isTracked ? shift(path, frame, extras, false) : ACCEPT;
}

/** Finds out whether the packet counts as part of the connection, where connection tracking is at work at all. */
function track(path: DataPath, frame: Frame, extras: ConnectionExtras, fromClient: boolean): void {
  extras.isTracked = false;
  extras.beginsTracking = false;
  const { services, now } = path.server;
  const segment = isChecksumRight(frame) ? readSegment(frame) : undefined;
  if (segment === undefined || !services.tracksConnections(familyOf(frame.source))) return;
  if (extras.tracking?.hasExpired(now) === true) extras.tracking = undefined;
  extras.tracking?.resume(services.trackingPeriod);
  const accepted = extras.tracking?.accepts(segment, fromClient, now) ?? "again";
  if (accepted === "again") extras.tracking = TcpTracking.begin(segment, fromClient, services.trackingPeriod, now);
  if (extras.shifts !== undefined) carryOn(extras);
  extras.beginsTracking = accepted === "again";
  extras.isTracked = accepted === "again" ? extras.tracking !== undefined : accepted;
  if (!extras.isTracked) path.trace?.add({ kind: "untracked" });
}

/** Sequence numbers stay shifted as they were before the director was started again. */
function carryOn(extras: ConnectionExtras): void {
  if (extras.tracking === undefined || extras.shifts === undefined) return;
  Object.assign(extras.tracking.inShift, extras.shifts.inShift);
  Object.assign(extras.tracking.outShift, extras.shifts.outShift);
  extras.shifts = undefined;
}

/**
 * On its way to the real server a client's packet that is not part of the tracked connection looks like the first one of
 * another connection between the same ends. A SYN or an ACK may begin one: they clash, and the packet is dropped
 * (nf_conntrack_core.c: __nf_conntrack_confirm). Others begin none, and pass as they are.
 */
function sendUntracked(path: DataPath, frame: Frame, { tracking }: ConnectionExtras): number {
  if (tracking === undefined || !path.server.services.tracksConnections(familyOf(frame.source))) return ACCEPT;
  const kind = readSegment(frame)?.kind;
  return kind === KIND_SYN || kind === KIND_ACK ? DROP.trackingClash : ACCEPT;
}

function shift(path: DataPath, frame: Frame, { tracking }: ConnectionExtras, fromClient: boolean): number {
  if (tracking === undefined || (tracking.inShift.isNone && tracking.outShift.isNone)) return ACCEPT;
  const { inShift, outShift } = tracking;
  const [own, other] = fromClient ? [inShift, outShift] : [outShift, inShift];
  return shiftSegment(path, frame, own, other) ? ACCEPT : DROP.sequenceOptions;
}

/** Of a packet whose checksum is not made yet, or was made here, nobody asks (CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY). */
const isChecksumRight = (frame: Frame): boolean =>
  frame.checksumStart !== 0 || frame.checksumTrusted || fullChecksum(frame) === 0;

/**
 * What IPVS makes of the checksum before a helper reads the packet. Connection tracking has summed it up before; of an IPv6
 * packet its sum has the IPv6 header in it, too, and IPVS adds the pseudo header to that (ip_vs_proto_tcp.c:
 * tcp_csum_check). So on IPv6 services on port 21 right packets count as wrong. An IPv4 header sums up to nothing.
 * @ipvs #Y helpers "IPv6: where connection tracking is at work, packets that a helper should read are dropped for their checksum"
 */
function isChecksumRightToIpvs(path: DataPath, frame: Frame): boolean {
  const family = familyOf(frame.source);
  if (family === AF_INET || !path.server.services.tracksConnections(family)) return isChecksumRight(frame);
  if (frame.checksumStart !== 0 || frame.checksumTrusted) return true;
  const { view, network, transport } = frame;
  const header = sum(view, network, transport - network);
  return fold((~fullChecksum(frame) & 0xffff) + header) === 0xffff;
}
