/** What doctor finds, one thing at a time. */

/**
 * `ok`: as it should be; `note`: worth knowing, matters in some set-ups; `warning`: something will not work as expected;
 * `missing`: no live director can run without it.
 */
export type FindingState = "ok" | "note" | "warning" | "missing";

export interface Finding {
  /** What was looked at, stable: `tun`, `capabilities`. */
  readonly name: string;
  readonly state: FindingState;
  /** One sentence without a full stop. */
  readonly text: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly advice?: string;
}

export const ok = (name: string, text: string): Finding => ({ name, state: "ok", text });
export const note = (name: string, text: string, advice?: string): Finding => withAdvice(name, "note", text, advice);
export const warning = (name: string, text: string, advice: string): Finding => ({
  name,
  state: "warning",
  text,
  advice,
});
export const missing = (name: string, text: string, advice: string): Finding => ({
  name,
  state: "missing",
  text,
  advice,
});

const withAdvice = (name: string, state: FindingState, text: string, advice: string | undefined): Finding => ({
  name,
  state,
  text,
  ...(advice !== undefined && { advice }),
});
