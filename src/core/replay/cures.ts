/**
 * What would change a packet's end: the recording is lived through again, each time with one thing other than it was, and what
 * turned the outcome is told. Nothing is guessed: what is listed was seen.
 */

import { factsOf } from "../explain/decode/facts.ts";
import type { Explanation } from "../explain/explanation.ts";
import { verdictSentence } from "../explain/sentences/sentences.ts";
import { flowLine } from "../explain/summary.ts";
import type { HostConfig } from "../host/config/config.ts";
import { changesOf } from "./one-change.ts";

/** What a director is made of and told, where a cure may change it. */
export interface Setting {
  readonly host: HostConfig;
  /** Command lines of ipvsadm in order, without the program's name; `undefined` for one that is left out. */
  readonly commands: readonly (string | undefined)[];
  /** Switches that stay as they are set here, whatever comes later. */
  readonly held: Readonly<Record<string, number | string>>;
}

/** One thing other than it was. */
export interface OneChange {
  /** `net.ipv4.vs.sloppy_tcp=1`, `without ipvsadm -d ...`. */
  readonly words: string;
  readonly setting: Setting;
}

/** A change that turned the outcome, and the outcome then. */
export interface Cure {
  readonly change: string;
  readonly outcome: string;
  readonly verdict: string;
}

/** Lives through everything up to the packet; `undefined` if the packet does not come to the director then. */
export type Replay = (setting: Setting) => Explanation | undefined;

/** All changes that turn the packet's outcome, each tried. `tried` is told after each trial. */
export function curesOf(
  setting: Setting,
  replay: Replay,
  tried: (done: number, of: number) => void = () => {},
): Cure[] {
  const before = replay(setting);
  if (before === undefined) return [];
  const changes = changesOf(setting, before);
  const cures: Cure[] = [];
  for (const [index, { words, setting: changed }] of changes.entries()) {
    const after = replay(changed);
    tried(index + 1, changes.length);
    if (after === undefined || outcomeOf(after) === outcomeOf(before)) continue;
    cures.push({ change: words, outcome: verdictSentence(after.events), verdict: after.verdict });
  }
  return cures;
}

/** How it ended, and what went where. */
const outcomeOf = ({ verdict, sent }: Explanation): string =>
  [
    verdict,
    ...sent.map(({ port, bytes }) => {
      const facts = factsOf(bytes);
      return `${port} ${facts?.destinationMac ?? ""} ${facts?.ip === undefined ? "" : flowLine(facts.ip)}`;
    }),
  ].join("\n");
