/** What a forwarding method needs of the network around it, where the packet shows that it is not so. */
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { describeService } from "../../ipvs/service.ts";
import { AF_INET, formatAddress } from "../../wire/address.ts";
import { macAt } from "../../wire/ethernet.ts";
import { IPV4_HEADER, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { ACK, SYN, TCP_HEADER } from "../../wire/tcp.ts";
import { macOf } from "./addresses.ts";
import type { Finder, Inquiry } from "./inquiry.ts";
import { pastConnection } from "./past.ts";

/** A real server's packet leaves with the server's own address. */
export const untranslated: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || inquiry.first("connection")?.found !== "no-answer") return undefined;
  const server = inquiry.masqueraded(ends.source, ends.sourcePort);
  if (server === undefined || isOpening(ends.flags)) return undefined;
  const { service } = server;
  return {
    kind: "untranslated",
    server: describeDestination(server),
    service: describeService(service),
    onePacket: service.onePacket,
    former: pastConnection(inquiry) !== undefined,
  };
};

const isOpening = (flags: number): boolean => (flags & (SYN | ACK)) === SYN;

/** A real server of NAT speaks for itself: to the world, or by another port. */
export const serverOpens: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || inquiry.first("connection")?.found !== "no-answer") return undefined;
  const server = inquiry.masqueraded(ends.source, undefined);
  const knows = inquiry.masqueraded(ends.source, ends.sourcePort) !== undefined;
  const opens = ends.protocol === PROTOCOL_TCP ? isOpening(ends.flags) : !knows;
  if (server === undefined || !opens) return undefined;
  const service = describeService(server.service);
  return { kind: "server-opens", server: formatAddress(server.address), service };
};

/** The destination that the packet goes to by its connection. */
function target(inquiry: Inquiry): { readonly method: string; readonly destination: Destination } | undefined {
  const method = inquiry.last("method");
  const destination = method && inquiry.destinationCalled(method.destination);
  return method && destination && { method: method.method, destination };
}

/** NAT, and client and server are neighbors: the server answers straight, with its own address. */
export const sameNetwork: Finder = (inquiry) => {
  const { ends, director, verdict } = inquiry;
  const to = target(inquiry);
  if (ends === undefined || to?.method !== "Masq" || (verdict !== "sent" && verdict !== "parked")) return undefined;
  if (ends.source === to.destination.handle) return undefined;
  const client = director.routes.lookup(ends.source);
  const server = director.routes.lookup(to.destination.handle);
  if (client === undefined || server === undefined || client.local || server.local) return undefined;
  if (client.gateway !== 0 || server.gateway !== 0 || client.ifindex !== server.ifindex) return undefined;
  return {
    kind: "same-network",
    client: inquiry.address(ends.source),
    server: describeDestination(to.destination),
    dev: director.interfaces[server.ifindex]?.name ?? "",
  };
};

/** A real server that calls its own service. */
export const clientIsServer: Finder = (inquiry) => {
  const { ends, service } = inquiry;
  const to = target(inquiry);
  if (ends === undefined || service === undefined || to === undefined || inquiry.last("created") === undefined)
    return undefined;
  if (!service.destinations.some(({ handle }) => handle === ends.source)) return undefined;
  return {
    kind: "client-is-server",
    client: inquiry.address(ends.source),
    service: describeService(service),
    method: to.method,
  };
};

/** Direct routing by a router: the virtual address stays, and leads back. */
export const byGateway: Finder = (inquiry) => {
  const to = target(inquiry);
  if (to?.method !== "Route") return undefined;
  const route = inquiry.director.routes.lookup(to.destination.handle);
  if (route === undefined || route.local || route.gateway === 0) return undefined;
  return { kind: "by-gateway", server: describeDestination(to.destination), gateway: inquiry.address(route.gateway) };
};

/** A port was given for a method that translates none. */
export const portKept: Finder = (inquiry) => {
  const to = target(inquiry);
  if (to === undefined || (to.method !== "Route" && to.method !== "Tunnel")) return undefined;
  const server = describeDestination(to.destination);
  const { command = "" } = inquiry.changeOf(server, "server added") ?? {};
  const [, asked] = / (?:-r|--real-server)[ =](?:\[\S+\]|[^\s:]+):(\d+)(?: |$)/.exec(command) ?? [];
  if (asked === undefined || Number(asked) === to.destination.port) return undefined;
  return { kind: "port-kept", server, asked: Number(asked), method: to.method, command };
};

/** The director itself is the real server. */
export const localNode: Finder = (inquiry) => {
  const to = target(inquiry);
  if (to === undefined || !inquiry.director.routes.isOwn(to.destination.handle)) return undefined;
  const service = describeService(to.destination.service);
  return { kind: "local-node", server: describeDestination(to.destination), service };
};

/** A pair of directors with each other as real servers: the packet may come back. */
export const directorLoop: Finder = (inquiry) => {
  const { frame, service, director } = inquiry;
  const to = target(inquiry);
  if (frame === undefined || service === undefined || to === undefined) return undefined;
  const own = service.destinations.find(({ handle }) => director.routes.isOwn(handle));
  const sender = macAt(frame.view, frame.start + 6);
  const from = service.destinations.find(({ handle }) => macOf(director, handle) === sender);
  const keepsAddress = methodOf(to.destination.forwarding).name !== "Masq";
  const isOther = own !== undefined && keepsAddress && !director.routes.isOwn(to.destination.handle);
  const returned = from !== undefined && from.handle !== inquiry.ends?.source && keepsAddress;
  if (!isOther && !returned) return undefined;
  return {
    kind: "director-loop",
    server: describeDestination(returned && from !== undefined ? from : to.destination),
    returned,
    switch: inquiry.switch("backup_only"),
  };
};

/** Too long for the tunnel, or for the route. */
export const pathMtu: Finder = (inquiry) => {
  const mtu = inquiry.events.findLast((event) => event.kind === "mtu" && !event.fits);
  if (mtu?.kind !== "mtu") return undefined;
  if (inquiry.last("method")?.method !== "Tunnel") return { kind: "path-mtu", mtu: mtu.mtu, length: mtu.length };
  const header = mtu.family === AF_INET ? IPV4_HEADER : IPV6_HEADER;
  const mss = mtu.mtu - header - TCP_HEADER;
  return { kind: "tunnel-mtu", mtu: mtu.mtu, length: mtu.length, mss, switch: inquiry.switch("pmtu_disc") };
};
