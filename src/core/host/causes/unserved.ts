/** Packets that no service takes, and those that one takes against all expectations. */
import { followingProtocolOf, protocolOf } from "../../ipvs/protocols/protocols.ts";
import { describeService, type Service } from "../../ipvs/service.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { macAt, macText } from "../../wire/ethernet.ts";
import { isIcmp } from "../../wire/network.ts";
import { servicesAt } from "./addresses.ts";
import { ftpPassive, isUnserved, opensTcp } from "./ftp.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** A family without any service: IPVS does not look at its packets at all. */
const isOfOtherFamily = ({ frame, server, routed }: Inquiry): boolean =>
  frame !== undefined && routed?.to === "local" && !server.services.hooks(frame.family);

/** No service is what the packet asks for, but one is nearly. */
export const otherService: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || !isUnserved(inquiry) || ftpPassive(inquiry) !== undefined) return undefined;
  const there = servicesAt(inquiry, inquiry.address(ends.destination));
  const protocol = there.find(
    ({ port, protocol: served }) => port === ends.destinationPort && served !== ends.protocol,
  );
  const port = there.find(({ protocol: served }) => served === ends.protocol);
  if (protocol !== undefined) return { kind: "other-service", service: describeService(protocol), differs: "protocol" };
  if (port !== undefined) return { kind: "other-service", service: describeService(port), differs: "port" };
  const address = there.length > 0 ? undefined : elsewhereServed(inquiry, ends.protocol, ends.destinationPort);
  return address && { kind: "other-service", service: describeService(address), differs: "address" };
};

/** The same port is served at another address. */
const elsewhereServed = ({ server }: Inquiry, protocol: number, port: number): Service | undefined =>
  server.services
    .list()
    .find((service) => service.fwmark === 0 && service.protocol === protocol && service.port === port);

/** What only TCP, UDP, SCTP, ESP and AH are: of other protocols IPVS takes no notice. */
export const notBalanced: Finder = (inquiry) => {
  const { frame } = inquiry;
  if (frame === undefined || isIcmp(frame) || inquiry.routed?.to !== "local") return undefined;
  const { protocol } = frame;
  if (protocolOf(protocol) !== undefined || followingProtocolOf(protocol) !== undefined) return undefined;
  const service = servicesAt(inquiry, inquiry.address(frame.destination))[0];
  return service && { kind: "not-balanced", protocol, service: describeService(service) };
};

/** Services by mark are there, and no rule gave this packet one. */
export const unmarked: Finder = (inquiry) => {
  const { frame, server, director } = inquiry;
  if (frame === undefined || inquiry.first("marked") !== undefined || inquiry.first("no-service") === undefined)
    return undefined;
  const services = server.services
    .list()
    .filter(({ fwmark, family }) => fwmark !== 0 && family === familyOf(frame.destination))
    .map(describeService);
  return services.length === 0 ? undefined : { kind: "unmarked", services, rules: director.marks.count };
};

/** There is no service of the packet's mark, or only one of the other family. */
export const markUnserved: Finder = (inquiry) => {
  const { frame, server } = inquiry;
  const mark = inquiry.first("marked")?.mark;
  if (frame === undefined || mark === undefined) return undefined;
  if (inquiry.first("no-service") === undefined && !isOfOtherFamily(inquiry)) return undefined;
  const other = server.services.list().some(({ fwmark, family }) => fwmark === mark && family !== frame.family);
  return { kind: "mark-unserved", mark, family: familyOf(frame.destination), other };
};

/** Nothing is nearly what the packet asks for: it is for the director's own programs, which have no use for it. */
export const noService: Finder = (inquiry) => {
  const { ends, frame, verdict } = inquiry;
  if (ends === undefined || frame === undefined || verdict !== "delivered" || inquiry.routed?.to !== "local")
    return undefined;
  if (!isUnserved(inquiry) && !isOfOtherFamily(inquiry)) return undefined;
  if (!opensTcp(ends) && inquiry.last("icmp") === undefined) return undefined;
  if ([otherService, unmarked, markUnserved, ftpPassive].some((find) => find(inquiry) !== undefined)) return undefined;
  const address = inquiry.address(ends.destination);
  return { kind: "no-service", protocol: ends.protocol, asked: formatEndpoint(address, ends.destinationPort) };
};

/** What people call at a director itself. */
const OF_THE_HOST: Readonly<Record<number, string>> = { 22: "SSH", 161: "SNMP", 179: "BGP" };

/** A service of all ports takes what is meant for the director's own programs. */
export const everyPort: Finder = (inquiry) => {
  const { ends, service } = inquiry;
  const program = OF_THE_HOST[ends?.destinationPort ?? 0];
  if (ends === undefined || program === undefined || service === undefined || service.port !== 0) return undefined;
  if (service.fwmark !== 0 || inquiry.last("created") === undefined) return undefined;
  return { kind: "every-port", service: describeService(service), port: ends.destinationPort, program };
};

/** A frame to a group's MAC address: IPVS takes only what is sent to the director's own. */
export const groupFrame: Finder = (inquiry) => {
  const { frame, service, ends } = inquiry;
  if (frame === undefined || ends === undefined || service === undefined) return undefined;
  const { view, start } = frame;
  if ((view.getUint8(start) & GROUP) === 0 || inquiry.routed?.to !== "local") return undefined;
  return { kind: "group-frame", service: describeService(service), mac: macText(macAt(view, start)) };
};

/** The lowest bit of the first byte of a MAC address. */
const GROUP = 1;

/** ESP and AH go where the key exchange of the same ends goes, and there is none. */
export const noKeyExchange: Finder = (inquiry) => {
  const { frame } = inquiry;
  if (frame === undefined || inquiry.found !== "none" || followingProtocolOf(frame.protocol) === undefined)
    return undefined;
  const service = servicesAt(inquiry, inquiry.address(frame.destination))[0];
  return service && { kind: "no-key-exchange", protocol: frame.protocol, service: describeService(service) };
};
