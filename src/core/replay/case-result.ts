/** What came of verifying one recorded case. */
import type { Transcript } from "../capture/transcript.ts";
import type { Difference } from "./difference.ts";
import type { DifferenceGroup } from "./difference-groups.ts";

export interface CaseResult {
  /** How many recorded frames were compared; in a transcript, up to where the comparison ended. */
  readonly frames: number;
  /** How many expectations in words there were; absent where there can be none. */
  readonly expectations?: number;
  /** The first difference; `undefined` if the case matches. */
  readonly difference: Difference | undefined;
  /** How many differences there are, and of which kinds. In a transcript they are counted up to a limit. */
  readonly differences: { readonly total: number; readonly groups: readonly DifferenceGroup[] };
  /** Why nothing was balanced, although there are services; `undefined` if something was, and for a transcript. */
  readonly idle: string | undefined;
  /** What is worth knowing although it is no difference, each a line for people. */
  readonly notes: readonly string[];
  /** What the emulator did; of a capture without events, unless they were asked for. */
  readonly made: Pick<Transcript, "head" | "events">;
}
