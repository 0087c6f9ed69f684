/** Configurations of BIRD 2: BGP between a router and what announces an address to it. */

/** Private numbers of autonomous systems (RFC 6996): the router's, and that of all directors. */
const ROUTER_SYSTEM = 65000;
const DIRECTORS_SYSTEM = 65001;
/** Seconds without a keepalive until a neighbor is given up: the least that BGP knows (RFC 4271, section 4.2). */
const HOLD = 3;

/** The router's: routes that differ in nothing but their next hop become one of several next hops. */
export const routerBird = (address: string, neighbors: readonly string[]): string =>
  [
    `router id ${address};`,
    "protocol device {}",
    "protocol kernel {",
    "  merge paths yes;",
    "  ipv4 { import none; export all; };",
    "}",
    ...neighbors.flatMap((neighbor, index) => [
      `protocol bgp director${index + 1} {`,
      `  local ${address} as ${ROUTER_SYSTEM};`,
      `  neighbor ${neighbor} as ${DIRECTORS_SYSTEM};`,
      `  hold time ${HOLD};`,
      "  ipv4 { import all; export none; };",
      "}",
    ]),
    "",
  ].join("\n");

export interface SpeakerOptions {
  /** BIRD's own address, and the router's. */
  readonly address: string;
  readonly router: string;
  /** What is announced, and where it is. */
  readonly virtual: string;
  readonly director: string;
}

/** The one of a BIRD beside a director. The next hop is the director, not BIRD: they are on one network with the router. */
export const speakerBird = ({ address, router, virtual, director }: SpeakerOptions): string =>
  [
    `router id ${address};`,
    "protocol device {}",
    "protocol static {",
    "  ipv4;",
    `  route ${virtual}/32 via ${director};`,
    "}",
    "protocol bgp upstream {",
    `  local ${address} as ${DIRECTORS_SYSTEM};`,
    `  neighbor ${router} as ${ROUTER_SYSTEM};`,
    `  hold time ${HOLD};`,
    "  ipv4 { import none; export all; };",
    "}",
    "",
  ].join("\n");
