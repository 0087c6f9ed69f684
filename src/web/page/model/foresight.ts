/** What was worked out of the setup and the actions that are watched now; another setup or another action makes it void. */
import type { TimedAction } from "./action.ts";
import { type Change, changesThatHelp } from "./changes.ts";
import { type Outlook, outlookOf } from "./outlook.ts";
import type { Setup } from "./setup.ts";

export class Foresight {
  #setup: Setup | undefined;
  #actions: readonly TimedAction[] = [];
  #outlook: Outlook | undefined;
  #changes: readonly Change[] | undefined;

  /** Works out the outlook, unless it is known. */
  #look(setup: Setup, actions: readonly TimedAction[]): void {
    if (this.#setup === setup && this.#actions === actions) return;
    this.#setup = setup;
    this.#actions = actions;
    this.#outlook = outlookOf(setup, actions);
    this.#changes = undefined;
  }

  /** All that is going to happen; `undefined` where that is more than anybody follows. */
  outlookOf(setup: Setup, actions: readonly TimedAction[]): Outlook | undefined {
    this.#look(setup, actions);
    return this.#outlook;
  }

  /** What would turn a bad end into a good one; `undefined` before somebody had it tried. */
  changesOf(setup: Setup, actions: readonly TimedAction[]): readonly Change[] | undefined {
    return this.#setup === setup && this.#actions === actions ? this.#changes : undefined;
  }

  /** Tries what would. */
  tryChanges(setup: Setup, actions: readonly TimedAction[]): void {
    this.#look(setup, actions);
    this.#changes = changesThatHelp(setup, actions);
  }
}
