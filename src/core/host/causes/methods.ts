/** What a forwarding method needs of the network around it, where the packet shows that it is not so. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { describeService } from "../../ipvs/service.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import { AF_INET, AF_INET6, formatAddress, formatEndpoint, sameAddress } from "../../wire/address.ts";
import { macAt } from "../../wire/ethernet.ts";
import { IPV4_HEADER, IPV4_TTL, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_HOP_LIMIT } from "../../wire/ipv6.ts";
import { ACK, SYN, TCP_HEADER } from "../../wire/tcp.ts";
import { macOf } from "./addresses.ts";
import type { Finder, Inquiry } from "./inquiry.ts";
import { isEchoRequest } from "./integrity.ts";
import { pastConnection } from "./past.ts";
import { replyElsewhere } from "./replies.ts";

/** A real server's packet leaves with the server's own address. */
export const untranslated: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || inquiry.connection?.found !== "no-answer") return undefined;
  const first = inquiry.masqueraded(ends.source, ends.sourcePort);
  if (first === undefined || isOpening(ends.flags)) return undefined;
  const past = pastConnection(inquiry);
  const former = past?.kind === "past" ? past.connection : undefined;
  // Of several services that it is a server of, the one of the connection that was.
  const server =
    inquiry.destinations.find(
      ({ handle, port, service }) =>
        handle === first.handle &&
        port === first.port &&
        former !== undefined &&
        sameAddress(service.address, former.virtualAddress) &&
        service.port === former.virtualPort,
    ) ?? first;
  return {
    kind: "untranslated",
    server: describeDestination(server),
    service: describeService(server.service),
    onePacket: server.service.onePacket,
    former: former !== undefined,
  };
};

const isOpening = (flags: number): boolean => (flags & (SYN | ACK)) === SYN;

/** A real server of NAT speaks for itself: to the world, or by another port. */
export const serverOpens: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || inquiry.connection?.found !== "no-answer") return undefined;
  const server = inquiry.masqueraded(ends.source, undefined);
  const knows = inquiry.masqueraded(ends.source, ends.sourcePort) !== undefined;
  const opens =
    ends.protocol === PROTOCOL_TCP ? isOpening(ends.flags) : !knows && replyElsewhere(inquiry) === undefined;
  if (server === undefined || !opens) return undefined;
  const service = describeService(server.service);
  return { kind: "server-opens", server: formatAddress(server.address), service };
};

/** The same by a ping. */
export const serverPings: Finder = (inquiry) => {
  const { frame } = inquiry;
  if (frame === undefined || !isEchoRequest(frame) || inquiry.routed?.to !== "forward") return undefined;
  const server = inquiry.masqueraded(frame.source, undefined);
  if (server === undefined) return undefined;
  return {
    kind: "server-opens",
    server: formatAddress(server.address),
    service: describeService(server.service),
  };
};

/** NAT, and client and server are neighbors: the server answers straight, with its own address. */
export const sameNetwork: Finder = (inquiry) => {
  const { ends, director, verdict } = inquiry;
  const to = inquiry.target;
  if (
    ends === undefined ||
    to === undefined ||
    inquiry.methodName !== "Masq" ||
    (verdict !== "sent" && verdict !== "parked")
  )
    return undefined;
  if (ends.source === to.handle) return undefined;
  const client = director.routes.lookup(ends.source);
  const server = director.routes.lookup(to.handle);
  if (client === undefined || server === undefined || client.local || server.local) return undefined;
  if (client.gateway !== 0 || server.gateway !== 0 || client.ifindex !== server.ifindex) return undefined;
  return {
    kind: "same-network",
    client: inquiry.address(ends.source),
    server: describeDestination(to),
    dev: director.interfaces[server.ifindex]?.name ?? "",
  };
};

/** A real server that calls its own service. */
export const clientIsServer: Finder = (inquiry) => {
  const { ends, service } = inquiry;
  const to = inquiry.target;
  if (ends === undefined || service === undefined || to === undefined || inquiry.last("created") === undefined)
    return undefined;
  // Full NAT hides who the client is: its replies come back to the director in any case.
  if (inquiry.methodName === "FullNat" || !service.destinations.some(({ handle }) => handle === ends.source))
    return undefined;
  return {
    kind: "client-is-server",
    client: inquiry.address(ends.source),
    service: describeService(service),
    method: inquiry.methodName,
  };
};

/** Direct routing by a router: the virtual address stays, and leads back. */
export const byGateway: Finder = (inquiry) => {
  const to = inquiry.target;
  if (to === undefined || inquiry.methodName !== "Route") return undefined;
  const route = inquiry.director.routes.lookup(to.handle);
  if (route === undefined || route.local || route.gateway === 0) return undefined;
  return { kind: "by-gateway", server: describeDestination(to), gateway: inquiry.address(route.gateway) };
};

/** A port was given for a method that translates none. */
export const portKept: Finder = (inquiry) => {
  const to = inquiry.target;
  if (to === undefined || (inquiry.methodName !== "Route" && inquiry.methodName !== "Tunnel")) return undefined;
  const server = describeDestination(to);
  const { command = "" } = inquiry.changeOf(server, "server added") ?? {};
  const [, asked] = / (?:-r|--real-server)[ =](?:\[\S+\]|[^\s:]+):(\d+)(?: |$)/.exec(command) ?? [];
  if (asked === undefined || Number(asked) === to.port) return undefined;
  return { kind: "port-kept", server, asked: Number(asked), method: inquiry.methodName, command, every: false };
};

/** A port was given for a server of a service that takes all ports, and sends each on to the same one. */
export const portIgnored: Finder = (inquiry) => {
  const { service } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (service === undefined || created === undefined || service.fwmark !== 0 || service.port !== 0) return undefined;
  const { destinationAddress: address, destinationPort } = created;
  const to = service.destinations.find((destination) => sameAddress(destination.address, address));
  if (to === undefined || to.port === 0 || to.port === destinationPort) return undefined;
  const server = formatEndpoint(address, destinationPort);
  const { command = "" } = inquiry.changeOf(describeDestination(to), "server added") ?? {};
  return { kind: "port-kept", server, asked: to.port, method: inquiry.methodName, command, every: true };
};

/** Two connections of a client's port to one server's port, by two services: their replies are the same. */
export const sharedReply: Finder = (inquiry) => {
  const { ends, target, server } = inquiry;
  if (ends === undefined || target === undefined || inquiry.last("created") === undefined) return undefined;
  if (inquiry.methodName !== "Masq") return undefined;
  const { connections } = server;
  const other = inquiry.destinations.find(({ handle, port, service }) => {
    if (handle !== target.handle || port !== target.port || service === target.service) return false;
    if (service.protocol !== ends.protocol) return false;
    const row = connections.table.findRequest(
      ends.protocol,
      ends.source,
      ends.sourcePort,
      service.handle,
      service.port,
    );
    return row !== NONE && sameAddress(inquiry.address(connections.table.rows.destinationAddress(row)), target.address);
  });
  return (
    other && {
      kind: "shared-reply",
      client: formatEndpoint(inquiry.address(ends.source), ends.sourcePort),
      server: describeDestination(target),
      other: describeService(other.service),
      now: describeService(target.service),
    }
  );
};

/** The director itself is the real server. */
export const localNode: Finder = (inquiry) => {
  const to = inquiry.target;
  if (to === undefined || !inquiry.director.routes.isOwn(to.handle)) return undefined;
  const service = describeService(to.service);
  return { kind: "local-node", server: describeDestination(to), service };
};

/** A pair of directors with each other as real servers: the packet may come back. */
export const directorLoop: Finder = (inquiry) => {
  const to = inquiry.target;
  if (to === undefined || methodOf(to.forwarding).name === "Masq") return undefined;
  const { frame, service, director } = inquiry;
  if (frame === undefined || service === undefined) return undefined;
  const own = service.destinations.find(({ handle }) => director.routes.isOwn(handle));
  const sender = macAt(frame.view, frame.start + 6);
  const from = service.destinations.find(({ handle }) => macOf(director, handle) === sender);
  const isOther = own !== undefined && !director.routes.isOwn(to.handle);
  const returned = from !== undefined && from.handle !== inquiry.ends?.source;
  if (!isOther && !returned) return undefined;
  return {
    kind: "director-loop",
    server: describeDestination(returned && from !== undefined ? from : to),
    returned,
    switch: inquiry.switch("backup_only"),
  };
};

const USUAL_MTU = 1500;

/** Longer than what its own interface takes: a network card, or whoever captured it, merged segments. */
function mergedBefore({ director, dev, frame }: Inquiry): Cause | undefined {
  const mtu = director.interfaces.find(({ name }) => name === dev)?.mtu;
  if (mtu === undefined || frame === undefined) return undefined;
  const length = frame.end - frame.network;
  // Up to there it may be a neighbor with the usual MTU, and an interface with a smaller one.
  return length > Math.max(mtu, USUAL_MTU) ? { kind: "merged", dev, mtu, length } : undefined;
}

/** The director has no use for such an address: what came from outside never goes to loopback. */
export const loopbackServer: Finder = (inquiry) =>
  inquiry.verdict === "loopback-destination"
    ? { kind: "loopback-server", server: inquiry.method?.destination ?? "" }
    : undefined;

/** A server's method was changed, and the connection keeps the one that it began with. */
export const methodKept: Finder = (inquiry) => {
  const to = inquiry.target;
  if (to === undefined || inquiry.connection?.found !== "request") return undefined;
  const now = methodOf(to.forwarding).name;
  const method = inquiry.methodName;
  const isOfServer = method === "Masq" || method === "Route" || method === "Tunnel" || method === "FullNat";
  if (!isOfServer || now === method) return undefined;
  return { kind: "method-kept", server: describeDestination(to), method, now };
};

/** The director is a hop, and takes one from the packet's life. */
export const lastHop: Finder = ({ verdict, frame }) => {
  if (verdict !== "ttl-exceeded" || frame === undefined) return undefined;
  const { view, network } = frame;
  return frame.family === AF_INET
    ? { kind: "last-hop", family: AF_INET, ttl: view.getUint8(network + IPV4_TTL) }
    : { kind: "last-hop", family: AF_INET6, ttl: view.getUint8(network + IPV6_HOP_LIMIT) };
};

/** Too long for the tunnel, or for the route. */
export const pathMtu: Finder = (inquiry) => {
  const mtu = inquiry.unfit;
  if (mtu === undefined) return undefined;
  const merged = mergedBefore(inquiry);
  if (merged !== undefined) return merged;
  if (inquiry.method?.method !== "Tunnel") return { kind: "path-mtu", mtu: mtu.mtu, length: mtu.length };
  const header = mtu.family === AF_INET ? IPV4_HEADER : IPV6_HEADER;
  const mss = mtu.mtu - header - TCP_HEADER;
  const { family, length } = mtu;
  return { kind: "tunnel-mtu", family, mtu: mtu.mtu, length, mss, switch: inquiry.switch("pmtu_disc") };
};
