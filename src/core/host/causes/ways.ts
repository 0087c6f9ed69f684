/** Routes: where there is none, where the path back is another one, where the director forwards nothing. */
import { describeDestination } from "../../ipvs/destination.ts";
import { AF_INET6 } from "../../wire/address.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** No route leads to a real server, or back to a client. */
export const noRoute: Finder = (inquiry) => {
  const { verdict, frame } = inquiry;
  if (frame === undefined) return undefined;
  if (verdict === "no-route-to-destination") {
    const to = inquiry.last("routed")?.destination;
    return to && { kind: "no-route", to, server: inquiry.method?.destination ?? "", reply: false };
  }
  if (verdict !== "no-route") return undefined;
  return { kind: "no-route", to: inquiry.address(frame.destination), server: senderOf(inquiry), reply: true };
};

/** The real server by NAT that sends the packet; empty if none does. */
function senderOf(inquiry: Inquiry): string {
  const { ends } = inquiry;
  const server = ends && inquiry.masqueraded(ends.source, ends.sourcePort);
  return server === undefined ? "" : describeDestination(server);
}

export const reversePath: Finder = (inquiry) => {
  const { frame, director, dev } = inquiry;
  if (inquiry.verdict !== "reverse-path" || frame === undefined) return undefined;
  const own = director.sysctl.read(`net.ipv4.conf.${dev}.rp_filter`) ?? 0;
  const all = director.sysctl.read("net.ipv4.conf.all.rp_filter") ?? 0;
  const back = director.routes.lookup(frame.source);
  return {
    kind: "reverse-path",
    dev,
    switch: { name: `net.ipv4.conf.${all > own ? "all" : dev}.rp_filter`, value: Math.max(own, all) },
    source: inquiry.address(frame.source),
    back: director.interfaces[back?.ifindex ?? -1]?.name ?? "",
  };
};

export const forwardingOff: Finder = (inquiry) => {
  if (inquiry.verdict !== "forwarding-off") return undefined;
  if (inquiry.frame?.family === AF_INET6)
    return { kind: "forwarding-off", switch: { name: "net.ipv6.conf.all.forwarding", value: 0 } };
  const name = `net.ipv4.conf.${inquiry.dev}.forwarding`;
  const general = inquiry.director.sysctl.read("net.ipv4.ip_forward") ?? 1;
  return { kind: "forwarding-off", switch: { name: general === 0 ? "net.ipv4.ip_forward" : name, value: 0 } };
};
