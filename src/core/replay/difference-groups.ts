/** Many differences, told as the few kinds that they are. */
import type { Finding } from "./difference.ts";
import { differingFields, findingTitle } from "./difference-text.ts";

/** Differences of one kind: the same happened, to the same fields, and where ends differ, from the same to the same. */
export interface DifferenceGroup {
  readonly title: string;
  readonly count: number;
  /** Where the first ones are: `packet 41`, `line 17`. */
  readonly places: readonly string[];
}

/** Differences whose kind is looked at, unless more are asked for. */
export const MOST_DIFFERENCES = 1000;
/** Places that a group names. */
const NAMED = 3;
/** Groups that are told apart; further ones are counted together. */
const MOST_GROUPS = 50;
/** Fields that say by their values where a packet went: there a group has one cause. */
const ENDS = /(IPv[46] (source|destination)|(TCP|UDP) (source|destination) port)$/;

interface Growing {
  count: number;
  readonly places: string[];
}

export class DifferenceGroups {
  readonly #most: number;
  readonly #groups = new Map<string, Growing>();
  #total = 0;

  /** Of the first `most` the kind is looked at; those behind are counted. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many there are in all. */
  get total(): number {
    return this.#total;
  }

  add(place: string, finding: Finding): void {
    this.#total++;
    if (this.#total > this.#most) return;
    const title = this.#titleOf(finding);
    const group = this.#groups.get(title) ?? { count: 0, places: [] };
    group.count++;
    if (group.places.length < NAMED && place !== "") group.places.push(place);
    this.#groups.set(title, group);
  }

  #titleOf(finding: Finding): string {
    const title = kindOf(finding);
    return this.#groups.has(title) || this.#groups.size < MOST_GROUPS ? title : "others";
  }

  /** The largest first. */
  list(): DifferenceGroup[] {
    const groups = [...this.#groups].map(([title, { count, places }]) => ({ title, count, places }));
    return groups.sort((a, b) => b.count - a.count);
  }
}

function kindOf(finding: Finding): string {
  const title = findingTitle(finding);
  if (finding.kind !== "frame") return title;
  const ends = differingFields(finding)
    .filter(({ name }) => ENDS.test(name))
    .map(({ name, expected, got }) => `${name} ${got}, recorded ${expected}`);
  return ends.length === 0 ? title : `${title} (${ends.join("; ")})`;
}
