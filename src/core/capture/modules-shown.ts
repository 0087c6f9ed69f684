/**
 * Which kernel modules a recording was made with, where its first line does not say: what its own lines show. A recording
 * that shows nothing was made without.
 */
import { APPS } from "../ipvs/apps/apps.ts";
import { ENGINES } from "../ipvs/engines/engines.ts";
import type { ModuleLine } from "../ipvs/modules.ts";
import { type Address, formatEndpoint } from "../wire/address.ts";
import { AddressTable } from "../wire/address-table.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE, PROTOCOL_TCP } from "../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_SOURCE } from "../wire/ipv6.ts";
import { PORTS } from "../wire/transport.ts";
import type { TranscriptEvent } from "./transcript.ts";

/** `undefined` if nothing shows any. */
export function modulesShown(events: readonly TranscriptEvent[]): readonly ModuleLine[] | undefined {
  const apps = Object.entries(APPS).flatMap(([name, app]) => {
    const ports = portsListed(events, app.name);
    if (ports.length > 0) return [{ name, ports }];
    return app.name === "ftp" && showsDataConnection(events) ? [{ name }] : [];
  });
  const engines = Object.entries(ENGINES).filter(([, engine]) => isAccepted(events, engine.name));
  const modules = [...apps, ...engines.map(([name]) => ({ name }))];
  return modules.length > 0 || Object.values(ENGINES).some(({ name }) => isRefused(events, name)) ? modules : undefined;
}

/** The ports of a helper that a reading of /proc/net/ip_vs_app lists, which has the last one first. */
function portsListed(events: readonly TranscriptEvent[], name: string): number[] {
  const ports = new Set<number>();
  for (const event of events) {
    if (event.do !== "proc" || event.name !== "ip_vs_app") continue;
    for (const [, port, listed] of event.out.matchAll(/^\w+ +(\d+) +\d+ +(\w+) *$/gm)) {
      if (listed === name) ports.add(Number(port));
    }
  }
  return [...ports].reverse();
}

/** A connection as `-Lnc` lists it: its state, the client's end, the virtual port. */
const LISTED = /^TCP +\d+:\d\d +(\w+) +(\S+) +\S+:(\d+) /gm;
const DATA_PORT = 20;

/**
 * Only the FTP helper puts a connection into LISTEN, and only it opens one from the data port to a client. A client may itself
 * connect to that port: then it is the one whose segment comes first.
 */
const showsDataConnection = (events: readonly TranscriptEvent[]): boolean =>
  events.some(
    (event) =>
      event.do === "ipvsadm" &&
      [...event.out.matchAll(LISTED)].some(
        ([, state, client = "", port]) =>
          state === "LISTEN" || (Number(port) === DATA_PORT && !isOpenedBy(client, events)),
      ),
  );

/** Whether the first segment between a client's end and a data port that came was the client's. */
function isOpenedBy(client: string, events: readonly TranscriptEvent[]): boolean {
  for (const event of events) {
    const ends = event.do === "rx" ? tcpEnds(event.frame) : undefined;
    if (ends?.destinationPort === DATA_PORT && ends.source === client) return true;
    if (ends?.sourcePort === DATA_PORT && ends.destination === client) return false;
  }
  return false;
}

interface TcpEnds {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** The ends of a TCP segment, as a listing has them; `undefined` of all else, of IPv6 also behind extension headers. */
function tcpEnds(bytes: Uint8Array): TcpEnds | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ETHERNET_HEADER + IPV6_HEADER) return undefined;
  const at = ETHERNET_HEADER;
  const isIpv4 = view.getUint16(ETHERNET_TYPE) === ETHERTYPE_IPV4;
  if (!isIpv4 && view.getUint16(ETHERNET_TYPE) !== ETHERTYPE_IPV6) return undefined;
  const transport = at + (isIpv4 ? (view.getUint8(at) & 15) * 4 : IPV6_HEADER);
  const protocol = view.getUint8(at + (isIpv4 ? IPV4_PROTOCOL : IPV6_NEXT_HEADER));
  if (protocol !== PROTOCOL_TCP || transport + PORTS > bytes.length) return undefined;
  const addresses = new AddressTable();
  const address = (ofIpv4: number, ofIpv6: number): Address =>
    addresses.value(isIpv4 ? addresses.ofIpv4(view.getInt32(at + ofIpv4)) : addresses.ofIpv6At(view, at + ofIpv6));
  const [sourcePort, destinationPort] = [view.getUint16(transport), view.getUint16(transport + 2)];
  return {
    source: formatEndpoint(address(IPV4_SOURCE, IPV6_SOURCE), sourcePort),
    sourcePort,
    destination: formatEndpoint(address(IPV4_DESTINATION, IPV6_DESTINATION), destinationPort),
    destinationPort,
  };
}

const withEngine = (args: string, name: string): boolean => args.split(/\s+/).join(" ").includes(`--pe ${name}`);

const isAccepted = (events: readonly TranscriptEvent[], name: string): boolean =>
  events.some((event) => event.do === "ipvsadm" && event.code === 0 && withEngine(event.args, name));

const isRefused = (events: readonly TranscriptEvent[], name: string): boolean =>
  events.some(
    (event) => event.do === "ipvsadm" && /no such|not found|unknown/i.test(event.err) && withEngine(event.args, name),
  );
