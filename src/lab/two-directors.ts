/**
 * A second director beside that of a lab. What both would have moves between them by VRRP: virtual addresses, the gateway of the real
 * servers, local addresses. Each has an address of its own on each segment, and tells the other of its connections.
 */
import { SECOND_DIRECTOR, tapOf } from "./names.ts";
import type { DirectorPort, Lab } from "./plan.ts";

/** The last numbers of the directors' own addresses. */
const OWN = [251, 252] as const;
const PRIORITIES = [150, 100] as const;
const FIRST_ID = 51;

/** Which director of a lab: the first is the one of all labs. */
export type DirectorNumber = 1 | 2;

export const hasTwoDirectors = ({ director }: Lab): boolean => director.advertised !== undefined;

/** The devices of a director's port. */
export const tapOfDirector = (port: string, number: DirectorNumber): string => tapOf(number === 1 ? port : `${port}b`);

/** The socket of the second director, from that of the first. */
export const secondSocket = (socket: string): string => socket.replace(/\.sock$/, "-2.sock");

export const numberOf = (host: string): DirectorNumber => (host === SECOND_DIRECTOR ? 2 : 1);

/** The ports of one of two directors, with its own addresses only. */
export function ownPorts({ director: { ports } }: Lab, number: DirectorNumber): DirectorPort[] {
  return ports.map((port) => ({
    ...port,
    mac: number === 1 ? port.mac : port.mac.replace(/^02:00/, "02:02"),
    addresses: [(port.addresses[0] ?? "").replace(/\d+\//, `${OWN[number - 1]}/`)],
  }));
}

/** The `ha` of its director.yaml. */
export function haLines(lab: Lab, number: DirectorNumber): string[] {
  const { ports, advertised } = lab.director;
  const common = `priority: ${PRIORITIES[number - 1]}, interval: ${advertised}, group: lab`;
  return [
    "ha:",
    "  vrrp:",
    ...ports.map(({ name, addresses }, index) => {
      const moving = addresses.map((address) => address.replace(/\/.*/, "/32")).join(", ");
      return `    - {interface: ${name}, id: ${FIRST_ID + index}, ${common}, addresses: [${moving}]}`;
    }),
    `  sync: {interface: ${ports.at(-1)?.name}, id: ${FIRST_ID}}`,
  ];
}
