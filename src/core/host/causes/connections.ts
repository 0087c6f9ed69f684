/** Known connections: reused, quiesced, without a server; and packets that may not open one. */
import { type Destination, TUNNEL_GRE, TUNNEL_GUE } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { protocolOf } from "../../ipvs/protocols/protocols.ts";
import { describeService } from "../../ipvs/service.ts";
import { OUT_PACKETS } from "../../ipvs/statistics.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import type { Tunnel } from "../../trace/causes/told.ts";
import type { ConnectionView } from "../../trace/events.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { ACK, RST, SYN } from "../../wire/tcp.ts";
import type { Finder, Inquiry } from "./inquiry.ts";
import { pastConnection } from "./past.ts";

/** The connection that the packet was found to be a request of, as it was before the packet. */
const requested = (inquiry: Inquiry): ConnectionView | undefined => {
  const found = inquiry.connection;
  return found?.found === "request" ? found.connection : undefined;
};

const OVER: readonly string[] = ["TIME_WAIT", "CLOSE", "CLOSED"];

const begins = ({ frame }: Inquiry): boolean =>
  frame !== undefined && protocolOf(frame.protocol)?.beginsAnew(frame) === true;

/** A SYN on an old entry that is used once more. */
export const reused: Finder = (inquiry) => {
  const connection = requested(inquiry);
  if (connection === undefined || !begins(inquiry) || inquiry.last("reuse") !== undefined) return undefined;
  const server = inquiry.serverOf(connection);
  const { state } = connection;
  const reuse = inquiry.switch("conn_reuse_mode");
  const destination = inquiry.destinationCalled(server);
  const old = { server, weight: destination?.weight ?? 0, state, gone: destination === undefined, switch: reuse };
  if (OVER.includes(state) && reuse.value === 0) return { kind: "reused", ...old, with: 1 };
  if (state === "FIN_WAIT" && (reuse.value & 2) === 0 && isOneSided(connection, inquiry))
    return { kind: "reused", ...old, with: 2 };
  const isNew =
    state === "SYN_RECV" || state === "SYN_SENT" || state === "NONE" || state === "LISTEN" || state.startsWith("INIT");
  return OVER.includes(state) || isNew ? undefined : { kind: "port-in-use", server, state };
};

/** The director sees only what the client sends. */
const isOneSided = (connection: ConnectionView, inquiry: Inquiry): boolean => {
  const method = inquiry.method?.method;
  return connection.localAddress === undefined && (method === "Route" || method === "Tunnel");
};

/** A known connection goes on although its server takes no new ones. */
export const quiesced: Finder = (inquiry) => {
  const connection = requested(inquiry);
  const server = connection && inquiry.serverOf(connection);
  const destination = server === undefined ? undefined : inquiry.destinationCalled(server);
  if (server === undefined || destination?.weight !== 0 || inquiry.last("reuse") !== undefined) return undefined;
  return { kind: "quiesced", server, switch: inquiry.switch("expire_nodest_conn"), opens: begins(inquiry) };
};

/** Its real server was deleted. */
export const serverGone: Finder = (inquiry) => {
  const connection = inquiry.connection?.connection;
  const isGone = inquiry.verdict === "destination-unavailable" || inquiry.last("reuse")?.why === "server-deleted";
  if (!isGone || connection === undefined) return undefined;
  const tcp = connection.protocol === PROTOCOL_TCP;
  return {
    kind: "server-gone",
    server: inquiry.serverOf(connection),
    tcp,
    switch: inquiry.switch("expire_nodest_conn"),
  };
};

/** A packet that opens nothing, and a service that it is meant for. */
export const noOpening: Finder = (inquiry) => {
  const why = inquiry.last("not-schedulable")?.why;
  const { service } = inquiry;
  if (service === undefined || (why !== "no-syn" && why !== "no-init")) return undefined;
  const name = why === "no-syn" ? "sloppy_tcp" : "sloppy_sctp";
  const needs = why === "no-syn" ? "SYN" : "INIT";
  const seen = pastConnection(inquiry) !== undefined;
  const backup = inquiry.server.sync.isBackup;
  return { kind: "no-opening", needs, seen, backup, switch: inquiry.switch(name), service: describeService(service) };
};

/** The client says again what it said: no packet of the server's was seen, or some were, and it does not get on all the same. */
export const unanswered: Finder = (inquiry) => {
  const connection = requested(inquiry);
  const method = inquiry.method?.method;
  const { ends } = inquiry;
  if (connection === undefined || method === undefined || ends?.protocol !== PROTOCOL_TCP) return undefined;
  // What has not been sent yet, nobody could answer.
  if (inquiry.verdict !== "sent") return undefined;
  if ((ends.flags & (SYN | ACK)) !== SYN || connection.state !== "SYN_RECV") return undefined;
  const destination = inquiry.destinationCalled(inquiry.serverOf(connection));
  if (destination === undefined) return undefined;
  const client = formatEndpoint(connection.clientAddress, connection.clientPort);
  const tunnel = method === "Tunnel" ? tunnelOf(destination) : undefined;
  const server = inquiry.serverOf(connection);
  return { kind: "unanswered", server, method, client, tunnel, heard: hasSpoken(destination) };
};

/** A packet of it has passed here; what direct routing and tunnels reply with never does. */
const hasSpoken = ({ statistics }: Destination): boolean => (statistics.live[OUT_PACKETS] ?? 0) > 0;

export const tunnelOf = ({ tunnelType, tunnelPort }: Destination): Tunnel => {
  const type = tunnelType === TUNNEL_GUE ? "gue" : tunnelType === TUNNEL_GRE ? "gre" : "ipip";
  return { type, port: tunnelPort };
};

/** Someone breaks the handshake off: the real server has nobody listening, or the client did not expect the reply. */
export const refused: Finder = (inquiry) => {
  const { ends } = inquiry;
  const found = inquiry.connection;
  const connection = found?.connection;
  if (ends?.protocol !== PROTOCOL_TCP || (ends.flags & RST) === 0 || connection?.state !== "SYN_RECV") return undefined;
  if (found?.found !== "request" && found?.found !== "answer") return undefined;
  const destination = inquiry.destinationCalled(inquiry.serverOf(connection));
  const method = destination === undefined ? "" : methodOf(destination.forwarding).name;
  const client = formatEndpoint(connection.clientAddress, connection.clientPort);
  return {
    kind: "refused",
    by: found.found === "answer" ? "server" : "client",
    server: inquiry.serverOf(connection),
    client,
    method,
  };
};

/** UDP: the same client and port keep their server as long as they speak. */
export const datagramsStick: Finder = (inquiry) => {
  const connection = requested(inquiry);
  if (connection?.protocol !== PROTOCOL_UDP) return undefined;
  const others = inquiry.service?.destinations.length ?? 0;
  if (others < 2) return undefined;
  const { udp } = inquiry.server.connections.timeouts;
  const server = inquiry.serverOf(connection);
  const destination = inquiry.destinationCalled(server);
  const translates = inquiry.methodName === "Masq" || inquiry.methodName === "FullNat";
  const silent = translates && destination !== undefined && !hasSpoken(destination);
  return { kind: "datagrams-stick", server, seconds: udp / inquiry.server.ticks.hz, silent };
};

/** Connection tracking holds up a client that begins anew. */
export const tracked: Finder = (inquiry): Cause | undefined =>
  inquiry.verdict === "still-tracked"
    ? { kind: "tracked", reuse: inquiry.switch("conn_reuse_mode"), tracking: inquiry.switch("conntrack") }
    : undefined;

/** One client port more, a service of `-o`: the entry is gone with the packet. */
export const onePacket: Finder = (inquiry) => {
  const { service } = inquiry;
  if (inquiry.last("created") === undefined || service?.onePacket !== true) return undefined;
  return inquiry.ends?.protocol === PROTOCOL_UDP
    ? { kind: "one-packet", service: describeService(service) }
    : undefined;
};

/** Nobody knows who sends this: a real server that the tables still have. */
export const toldStray: Finder = (inquiry) =>
  inquiry.verdict === "nat-icmp-send" ? { kind: "told-stray", switch: inquiry.switch("nat_icmp_send") } : undefined;
