/**
 * A router in front of several directors that have the virtual address at the same time: it spreads connections over them by a hash of
 * addresses and ports. It learns of them by BGP, from a BIRD beside each of them, or has them in a group of next hops.
 */

import { routerBird, speakerBird } from "./bird.ts";
import { directorNumbers, ownPorts } from "./directors.ts";
import {
  type EcmpKind,
  type Lab,
  type LabHost,
  type NextHop,
  type Program,
  type Setting,
  withoutPrefix,
} from "./plan.ts";
import { macOf, nicOf } from "./topologies/parts.ts";

/** The last number of the first BIRD's address, less one. */
const BEFORE_SPEAKERS = 160;

const HASH: Setting = {
  kind: "sysctl",
  key: "net.ipv4.fib_multipath_hash_policy",
  value: "1",
  why: "The hash of a connection counts its ports, too: else each client has one director for all that it does.",
};

/** The lab with the router's next hops: nothing is changed of one that has no such directors. */
export function withEcmp(lab: Lab): Lab {
  const { several } = lab.director;
  if (several?.kind !== "ecmp") return lab;
  const { next } = several;
  const at = frontOf(lab);
  const hosts = lab.hosts.map((host) => (host.name === "router" ? routed(host, lab, next) : host));
  const speakers = next === "bird" ? directorNumbers(lab).map((number) => speaker(lab, at, number)) : [];
  return { ...lab, hosts: [...hosts, ...speakers] };
}

/** Where the router meets the directors. */
interface Front {
  readonly segment: string;
  /** The router's device, and its address there. */
  readonly dev: string;
  readonly router: string;
}

function frontOf({ hosts, director }: Lab): Front {
  const segment = director.ports[0]?.segment ?? "";
  const nic = hosts.find(({ name }) => name === "router")?.nics.find((one) => one.segment === segment);
  return { segment, dev: nic?.name ?? "", router: nic?.addresses[0] ?? "" };
}

/** The directors in front. */
const nextHops = (lab: Lab): NextHop[] =>
  directorNumbers(lab).map((number) => {
    const [port] = ownPorts(lab, number);
    return { address: withoutPrefix(port?.addresses[0] ?? ""), mac: port?.mac ?? "" };
  });

const speakerAddress = ({ router }: Front, number: number): string =>
  router.replace(/\d+\//, `${BEFORE_SPEAKERS + number}/`);

function routed(host: LabHost, lab: Lab, next: EcmpKind): LabHost {
  const at = frontOf(lab);
  const numbers = directorNumbers(lab);
  const resilient = next === "resilient";
  if (next === "bird") {
    const neighbors = numbers.map((number) => withoutPrefix(speakerAddress(at, number)));
    const configuration = routerBird(withoutPrefix(at.router), neighbors);
    return {
      ...host,
      settings: [...host.settings, HASH],
      programs: [...host.programs, { kind: "bird", configuration }],
    };
  }
  const group: Setting = {
    kind: "next-hops",
    to: `${lab.service.address}/32`,
    via: nextHops(lab),
    dev: at.dev,
    resilient,
    why: resilient
      ? "All directors are next hops of one route. Resilient: when one goes, only its own connections move."
      : "All directors are next hops of one route. When one goes, the hash is divided anew.",
  };
  const keeper: Program = { kind: "next-hops", directors: numbers.length, resilient };
  return { ...host, settings: [...host.settings, HASH, group], programs: [...host.programs, keeper] };
}

/** A BIRD beside a director: it says to the router that the virtual address is at that director. */
function speaker(lab: Lab, at: Front, number: number): LabHost {
  const address = speakerAddress(at, number);
  const configuration = speakerBird({
    address: withoutPrefix(address),
    router: withoutPrefix(at.router),
    virtual: lab.service.address,
    director: nextHops(lab)[number - 1]?.address ?? "",
  });
  return {
    name: `bird${number}`,
    role: "speaker",
    nics: [nicOf("eth0", at.segment, macOf("speaker", number), address)],
    settings: [],
    programs: [{ kind: "bird", configuration, announces: number }],
  };
}
