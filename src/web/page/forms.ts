/** What the fields of forms change, by their names; whether it makes sense is seen to by whoever takes it over. */
import { FAULT_NAMES } from "../../core/simulator/faults.ts";
import { SYNC_CHOICES } from "../../core/simulator/two-directors.ts";
import { AF_INET, AF_INET6 } from "../../core/wire/address.ts";
import { type Setup, weightsFor } from "./model/setup.ts";
import { LENGTHS, type SchedulersSetup } from "./schedulers/schedulers-tab.ts";

/** What a field says: its name, its value, its place among those of one name, whether it is checked. */
export interface FormValue {
  readonly name: string;
  readonly value: string;
  readonly place: number;
  readonly checked: boolean;
}

/** The weights with another one at a place. */
const weighted = (weights: readonly number[], place: number, weight: number): number[] =>
  weights.map((known, index) => (index === place ? weight : known));

/** Of the network that is watched; `undefined` for a field that is none of its. */
export function setupChange(setup: Setup, { name, value, place, checked }: FormValue): Partial<Setup> | undefined {
  const { weights } = setup;
  const number = Number(value);
  switch (name) {
    case "scheduler":
      return { scheduler: value };
    case "servers":
      return { weights: weightsFor(weights, number) };
    case "weight":
      return { weights: weighted(weights, place, number) };
    case "clients":
      return { clients: number };
    case "directors":
      return value === "1"
        ? { directors: 1 }
        : { directors: 2, sync: SYNC_CHOICES.find((choice) => choice === value) ?? "prompt" };
    case "persistent":
      return { persistentSeconds: number };
    case "mtu":
      return { mtu: number };
    case "family":
      return { family: number === AF_INET6 ? AF_INET6 : AF_INET };
    case "fault":
      return switched(setup, value, checked);
    default:
      return undefined;
  }
}

function switched({ faults }: Setup, name: string, on: boolean): Partial<Setup> {
  const fault = FAULT_NAMES.find((known) => known === name);
  const others = faults.filter((known) => known !== fault);
  return { faults: fault !== undefined && on ? [...others, fault] : others };
}

/** Of what the schedulers deal out; `undefined` for a field that is none of theirs. */
export function schedulersChange(
  { weights }: SchedulersSetup,
  { name, value, place }: FormValue,
): Partial<SchedulersSetup> | undefined {
  const number = Number(value);
  switch (name) {
    case "strip-servers":
      return { weights: weightsFor(weights, number) };
    case "strip-weight":
      return { weights: weighted(weights, place, number) };
    case "strip-sessions":
      return { sessions: number };
    case "strip-lengths":
      return { lengths: LENGTHS.find((length) => length === value) ?? "open" };
    case "strip-clients":
      return { clients: number };
    case "strip-order":
      return { firstAddedFirst: value === "first" };
    default:
      return undefined;
  }
}
