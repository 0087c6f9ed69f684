/** What came of verifying one recorded case. */
import type { Transcript } from "../capture/transcript.ts";
import type { Difference } from "./difference.ts";

export interface CaseResult {
  /** How many recorded frames were compared, up to the first difference in a transcript. */
  readonly frames: number;
  /** How many expectations in words there were; absent where there can be none. */
  readonly expectations?: number;
  /** The first difference; `undefined` if the case matches. */
  readonly difference: Difference | undefined;
  /** What is worth knowing although it is no difference, each a line for people. */
  readonly notes: readonly string[];
  /** What the emulator did. */
  readonly made: Pick<Transcript, "head" | "events">;
}
