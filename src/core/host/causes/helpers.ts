/** Protocols that name further connections: FTP and SIP without their helpers. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { describeService } from "../../ipvs/service.ts";
import { formatAddress, formatEndpoint, sameAddress } from "../../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** The registered port, and the one that most servers have who do not take it. */
const FTP_PORTS: readonly number[] = [21, 2121];
const FTP_DATA_PORT = 20;
const SIP_PORT = 5060;

/** Those whose conversations no helper reads. */
const unread = ({ server }: Inquiry): number[] =>
  FTP_PORTS.filter((port) => server.connections.apps.of(PROTOCOL_TCP, port) === undefined);

/** A data connection from the client of which no helper has told. */
export const ftpPassive: Finder = (inquiry) => {
  const { ends } = inquiry;
  const passes = inquiry.last("no-service") !== undefined || inquiry.last("service")?.how === "fallback";
  if (ends?.protocol !== PROTOCOL_TCP || !passes || inquiry.last("created") !== undefined) return undefined;
  const control = controlOf(inquiry, unread(inquiry), ends.source, ends.destination);
  return control && { kind: "ftp-helper", ...control, active: false };
};

/** One from the real server. */
export const ftpActive: Finder = (inquiry) => {
  const { ends, found } = inquiry;
  if (ends?.protocol !== PROTOCOL_TCP || ends.sourcePort !== FTP_DATA_PORT || found !== "no-answer") return undefined;
  for (const port of unread(inquiry)) {
    const control = inquiry.masqueraded(ends.source, port);
    if (control !== undefined) return { kind: "ftp-helper", server: describeDestination(control), port, active: true };
  }
  return undefined;
};

/** The real server of the client's control connection. */
function controlOf(
  { server }: Inquiry,
  ports: readonly number[],
  client: number,
  virtual: number,
): { readonly server: string; readonly port: number } | undefined {
  const { table } = server.connections;
  const { rows } = table;
  let found: { readonly server: string; readonly port: number } | undefined;
  table.forEach((row) => {
    const isControl =
      ports.includes(rows.virtualPort(row)) &&
      rows.clientAddress(row) === client &&
      rows.virtualAddress(row) === virtual;
    const destination = isControl ? server.connections.destinationOf(row) : undefined;
    if (destination !== undefined && methodOf(destination.forwarding).name === "Masq")
      found = { server: describeDestination(destination), port: rows.virtualPort(row) };
  });
  return found;
}

/** A call whose messages go to several servers: nobody reads the Call-ID. */
export const sipSplit: Finder = (inquiry) => {
  const { ends, service, server } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (ends?.protocol !== PROTOCOL_UDP || created === undefined || service === undefined) return undefined;
  if (service.port !== SIP_PORT || service.persistenceEngine !== "") return undefined;
  const now = formatEndpoint(created.destinationAddress, created.destinationPort);
  const { table } = server.connections;
  let before = "";
  table.forEach((row) => {
    const destination = server.connections.destinationOf(row);
    if (destination?.service !== service || table.rows.controlled(row) > 0 || table.rows.control(row) !== NONE) return;
    const isCaller = sameAddress(inquiry.address(table.rows.clientAddress(row)), created.clientAddress);
    const other = describeDestination(destination);
    if (isCaller && other !== now) before = other;
  });
  if (before === "") return undefined;
  return {
    kind: "sip-split",
    client: formatAddress(created.clientAddress),
    before,
    now,
    service: describeService(service),
  };
};
