/** Why a packet ended so, and what would change it: connections that are gone, and changes by commands. */
import type { PastCauses } from "../../../trace/causes/past.ts";
import type { Sentences } from "./cause-text.ts";
import { changedWords, pastChange, pastWords } from "./cause-words.ts";

export const PAST: Sentences<keyof PastCauses> = {
  past: (cause) => ({ why: pastWords(cause), change: pastChange(cause) }),
  changed: (change) => ({ why: changedWords(change), change: "" }),
};
