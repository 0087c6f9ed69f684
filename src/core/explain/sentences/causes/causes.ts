/**
 * What made a packet end as it did, and what would change it, as sentences for people: one table. A kind of cause without its sentences
 * does not compile.
 */
import type { Cause, CauseKind } from "../../../trace/causes/causes.ts";
import { ADDRESS } from "./addresses.ts";
import type { CauseText, Sentences } from "./cause-text.ts";
import { CONNECTION } from "./connections.ts";
import { FTP } from "./ftp.ts";
import { HELPER } from "./helpers.ts";
import { INTEGRITY } from "./integrity.ts";
import { METHOD } from "./methods.ts";
import { PAST } from "./past.ts";
import { REPLY } from "./replies.ts";
import { SCHEDULER } from "./schedulers.ts";
import { SCHEDULING } from "./scheduling.ts";
import { UNSERVED } from "./unserved.ts";
import { WAY } from "./ways.ts";

const SENTENCES: Sentences<CauseKind> = {
  ...ADDRESS,
  ...CONNECTION,
  ...FTP,
  ...HELPER,
  ...INTEGRITY,
  ...METHOD,
  ...PAST,
  ...REPLY,
  ...SCHEDULER,
  ...SCHEDULING,
  ...UNSERVED,
  ...WAY,
};

/** The sentences of a cause. */
export const causeText = <Kind extends CauseKind>(cause: Cause<Kind>): CauseText => SENTENCES[cause.kind](cause);

/** The same in one text. */
export function causeWords(cause: Cause): string {
  const { why, change } = causeText(cause);
  return change === "" ? why : `${why} ${change}`;
}
