/** What is said of a cause. */
import type { Cause, CauseKind } from "../../../trace/causes/causes.ts";

export interface CauseText {
  /** What is the way it is, with nothing wrong. */
  readonly isNote?: boolean;
  readonly why: string;
  /** What would change it; empty where there is nothing to change. */
  readonly change: string;
}

/** Of each of these kinds, what is said of it. */
export type Sentences<Kinds extends CauseKind> = { readonly [Kind in Kinds]: (cause: Cause<Kind>) => CauseText };
