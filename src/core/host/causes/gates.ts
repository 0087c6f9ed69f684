/**
 * Which finders are asked about a walk. There are many, and of most walks few can be true: each says what it needs, and is not asked where
 * that is missing. test/core/host/causes/gates.test.ts asks all of them all the same, and finds no other causes.
 */
import { followingProtocolOf, protocolOf } from "../../ipvs/protocols/protocols.ts";
import type { WalkEvent, WalkKind } from "../../trace/events.ts";
import { ACCEPT, type VerdictName, verdictName } from "../../trace/verdict.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { isIcmp } from "../../wire/network.ts";
import { RST } from "../../wire/tcp.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** What the first look-up of a connection found; `nothing` where none was made. */
export type Found = WalkEvent<"connection">["found"] | "nothing";

/** What a packet is: one that begins anew (a SYN, an INIT), a TCP reset, an ICMP message, UDP, of a protocol that IPVS leaves alone; or anything else. */
export type About = "opening" | "reset" | "icmp" | "udp" | "unbalanced" | "any";

export function aboutOf({ frame, ends }: Inquiry): About {
  if (frame === undefined) return "any";
  if (isIcmp(frame)) return "icmp";
  const protocol = protocolOf(frame.protocol);
  if (protocol === undefined) return followingProtocolOf(frame.protocol) === undefined ? "unbalanced" : "any";
  if (protocol.beginsAnew(frame)) return "opening";
  if (frame.protocol === PROTOCOL_UDP) return "udp";
  return ends !== undefined && (ends.flags & RST) !== 0 ? "reset" : "any";
}

/** A finder, and what has to be so for it to be asked; all of it, if there is more than one condition. */
export interface Gated {
  readonly find: Finder;
  /** One of these is in the walk. */
  readonly events?: readonly WalkKind[];
  readonly found?: readonly Found[];
  readonly verdicts?: readonly VerdictName[];
  readonly about?: readonly About[];
}

const BITS = new Map<WalkKind, number>();

/** The bit of a kind in the set of kinds that a walk consists of. Should there be too many, two share one, and more are asked than need be. */
export function bitOf(kind: WalkKind): number {
  const known = BITS.get(kind);
  if (known !== undefined) return known;
  const bit = 1 << BITS.size;
  BITS.set(kind, bit);
  return bit;
}

const ABOUT: readonly About[] = ["any", "opening", "reset", "icmp", "udp", "unbalanced"];
const FOUND: readonly Found[] = ["nothing", "request", "answer", "own", "none", "no-answer"];

export class Gates {
  readonly #all: readonly Gated[];
  /** Who is asked, by verdict, what was found and what the packet is, then by kinds: walks are alike. */
  readonly #asked = new Map<number, Map<number, readonly Finder[]>>();

  /** Of the last walk: the next one is likely to be as it was. */
  #end = -1;
  #kinds = 0;
  #last: readonly Finder[] = [];

  constructor(all: readonly Gated[]) {
    this.#all = all;
    for (const { events = [] } of all) events.forEach(bitOf);
  }

  /** Whom to ask about a walk of these kinds of events, in their order. */
  asked(kinds: number, found: Found, verdict: number, about: About): readonly Finder[] {
    const end = ((verdict - ACCEPT) * FOUND.length + FOUND.indexOf(found)) * ABOUT.length + ABOUT.indexOf(about);
    if (end === this.#end && kinds === this.#kinds) return this.#last;
    const byKinds = this.#asked.get(end) ?? this.#begin(end);
    this.#end = end;
    this.#kinds = kinds;
    this.#last = byKinds.get(kinds) ?? this.#choose(byKinds, kinds, found, verdictName(verdict), about);
    return this.#last;
  }

  #begin(end: number): Map<number, readonly Finder[]> {
    const byKinds = new Map<number, readonly Finder[]>();
    this.#asked.set(end, byKinds);
    return byKinds;
  }

  #choose(
    byKinds: Map<number, readonly Finder[]>,
    kinds: number,
    found: Found,
    verdict: VerdictName,
    about: About,
  ): readonly Finder[] {
    const isOpen = ({ events, found: needed, verdicts, about: packets }: Gated): boolean =>
      (events === undefined || events.some((kind) => (bitOf(kind) & kinds) !== 0)) &&
      needed?.includes(found) !== false &&
      verdicts?.includes(verdict) !== false &&
      packets?.includes(about) !== false;
    const asked = this.#all.filter(isOpen).map(({ find }) => find);
    byKinds.set(kinds, asked);
    return asked;
  }

  /** Everyone. */
  get finders(): readonly Finder[] {
    return this.#all.map(({ find }) => find);
  }
}
