/** What would turn a bad end into a good one: the same once more with one thing changed, for each thing; what is listed was tried. */
import { faultOf } from "../../../core/simulator/faults.ts";
import type { TimedAction } from "./action.ts";
import { outlookOf } from "./outlook.ts";
import { faultsIn, type Setup } from "./setup.ts";

/** One thing other than it was. */
export interface Change {
  /** `without ipvsadm -d ...`, `rs1 with weight 1`. */
  readonly words: string;
  readonly setup: Setup;
  readonly actions: readonly TimedAction[];
}

/** The changes after which the last request ends well. Each costs a run. */
export const changesThatHelp = (setup: Setup, actions: readonly TimedAction[]): Change[] =>
  candidates(setup, actions).filter((change) => outlookOf(change.setup, change.actions)?.endsWell === true);

function candidates(setup: Setup, actions: readonly TimedAction[]): Change[] {
  const { weights, mtu, persistentSeconds } = setup;
  return [
    ...faultsIn(setup, setup.mode).map(({ name }): Change => {
      const title = faultOf(name, setup.mode, setup.family)?.title ?? name;
      return {
        words: `without: ${title}`,
        setup: { ...setup, faults: setup.faults.filter((fault) => fault !== name) },
        actions,
      };
    }),
    ...actions.flatMap((action, place): Change[] =>
      action.kind === "ipvsadm"
        ? [{ words: `without ipvsadm ${action.line}`, setup, actions: actions.filter((_, other) => other !== place) }]
        : [],
    ),
    ...weights.flatMap((weight, place): Change[] =>
      weight === 0
        ? [{ words: `rs${place + 1} with weight 1`, setup: { ...setup, weights: weights.with(place, 1) }, actions }]
        : [],
    ),
    ...(mtu < 1500 ? [{ words: "MTU 1500", setup: { ...setup, mtu: 1500 }, actions }] : []),
    ...(persistentSeconds > 0
      ? [{ words: "without persistence", setup: { ...setup, persistentSeconds: 0 }, actions }]
      : []),
  ];
}
