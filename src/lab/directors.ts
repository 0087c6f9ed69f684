/**
 * Several directors in one lab. All run in the first one's namespace, and each has addresses of its own.
 *
 *   vrrp   one of two is active. What both would have moves between them: virtual addresses, the gateway of the real servers, local
 *          addresses. Each tells the other of its connections
 *   ecmp   all are active at the same time. Each has the virtual address, and a router in front spreads connections over them
 */
import { DIRECTOR, tapOf } from "./names.ts";
import type { DirectorPort, Lab } from "./plan.ts";

/** The last number of the first director's own addresses, less one; others count on. */
const BEFORE_OWN = 240;
const PRIORITIES = [150, 100] as const;
const FIRST_ID = 51;
/** An interface without IPv4 addresses cannot send to 224.0.0.81. */
const IPV6_GROUP = "ff02::81";
/** A lab may have so many: they share the machine. */
export const MOST_DIRECTORS = 8;

/** From 1: the first is the one of all labs. */
export type DirectorNumber = number;

/** The numbers of all directors of a lab. */
export const directorNumbers = ({ director: { several } }: Lab): readonly DirectorNumber[] =>
  Array.from({ length: several?.count ?? 1 }, (_, index) => index + 1);

/** `director`, `director2`, ...: hosts by name only. */
export const directorHost = (number: DirectorNumber): string => (number === 1 ? DIRECTOR : `${DIRECTOR}${number}`);

export const directorHosts = (lab: Lab): readonly string[] => directorNumbers(lab).map(directorHost);

/** The number of the director of this name; `undefined` for another host. */
export function numberOf(host: string): DirectorNumber | undefined {
  const [, digits] = new RegExp(`^${DIRECTOR}([2-9]?)$`).exec(host) ?? [];
  return digits === undefined ? undefined : Number(digits || 1);
}

/** The device of a director's port: `tvs-eth0`, `tvs-eth0b`. */
export const tapOfDirector = (port: string, number: DirectorNumber): string =>
  tapOf(number === 1 ? port : `${port}${String.fromCharCode(96 + number)}`);

/** The socket of a director, from that of the first. */
export const socketOf = (socket: string, number: DirectorNumber): string =>
  number === 1 ? socket : socket.replace(/\.sock$/, `-${number}.sock`);

/** Those of as many directors as a lab may have, from that of the first. */
export const directorSockets = (socket: string): readonly string[] =>
  Array.from({ length: MOST_DIRECTORS }, (_, index) => socketOf(socket, index + 1));

/** The address that a director alone has on the segment of this one, with its prefix. */
const ownAddress = (address: string, number: DirectorNumber): string =>
  address.replace(/\d+\//, `${BEFORE_OWN + number}/`);

/** The ports of one of several directors: with its own addresses, and with those that do not move. */
export function ownPorts({ director: { ports, several } }: Lab, number: DirectorNumber): readonly DirectorPort[] {
  if (several === undefined) return ports;
  return ports.map((port) => {
    const [first = "", ...virtual] = port.addresses;
    return {
      ...port,
      mac: number === 1 ? port.mac : port.mac.replace(/^02:00/, `02:0${number}`),
      addresses: [ownAddress(first, number), ...(several.kind === "ecmp" ? virtual : [])],
    };
  });
}

/** The `ha` of its director.yaml. */
export function haLines({ director: { ports, several } }: Lab, number: DirectorNumber): string[] {
  if (several === undefined) return [];
  const last = ports.at(-1);
  const isIpv6 = last?.addresses[0]?.includes(":") === true;
  const sync = `  sync: {interface: ${last?.name}, id: ${FIRST_ID}${isIpv6 ? `, group: "${IPV6_GROUP}"` : ""}}`;
  if (several.kind === "ecmp") return several.synchronised ? ["ha:", sync] : [];
  const common = `priority: ${PRIORITIES[number - 1]}, interval: ${several.advertised}, group: lab`;
  return [
    "ha:",
    "  vrrp:",
    ...ports.map(({ name, addresses }, index) => {
      const moving = addresses.map(hostAddress).join(", ");
      return `    - {interface: ${name}, id: ${FIRST_ID + index}, ${common}, addresses: [${moving}]}`;
    }),
    sync,
  ];
}

/** `10.1.0.100/32`, `"fd00:1::100/128"`: a colon means something in YAML. */
const hostAddress = (address: string): string =>
  address.includes(":") ? `"${address.replace(/\/.*/, "/128")}"` : address.replace(/\/.*/, "/32");
