/** What the schedulers' tab shows as the fragment of a link, and back. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { LinkWords } from "../model/link-words.ts";
import { FIRST_SCHEDULERS, LENGTHS, MOST_SERVERS, MOST_SESSIONS, type SchedulersTab } from "./schedulers-tab.ts";

const NAMES = ["schedulers", "weights", "sessions", "lengths", "clients", "order", "shown"];
const MOST_WEIGHT = 100;

export function schedulersFragment({ setup, shown }: SchedulersTab): string {
  const { schedulers, weights, sessions, lengths, clients, firstAddedFirst } = setup;
  const words = new URLSearchParams();
  words.set("schedulers", schedulers.join());
  words.set("weights", weights.join());
  if (sessions !== FIRST_SCHEDULERS.sessions) words.set("sessions", String(sessions));
  if (lengths !== FIRST_SCHEDULERS.lengths) words.set("lengths", lengths);
  if (clients !== FIRST_SCHEDULERS.clients) words.set("clients", String(clients));
  if (firstAddedFirst) words.set("order", "first");
  words.set("shown", String(shown));
  return words.toString();
}

/** Takes over what a link says; what it could not take over, each in a sentence. */
export function readSchedulersFragment(tab: SchedulersTab, fragment: string): readonly string[] {
  const words = new LinkWords(fragment);
  const schedulers = words.list(
    "schedulers",
    `schedulers: ${SCHEDULER_NAMES.join(", ")}`,
    SCHEDULER_NAMES.length,
    (text) => SCHEDULER_NAMES.find((name) => name === text),
  );
  const weights = words.list(
    "weights",
    `up to ${MOST_SERVERS} numbers from 0 to ${MOST_WEIGHT}`,
    MOST_SERVERS,
    (text) => (/^\d{1,3}$/.test(text) && Number(text) <= MOST_WEIGHT ? Number(text) : undefined),
  );
  const first = FIRST_SCHEDULERS;
  tab.choose({
    schedulers: schedulers ?? first.schedulers,
    weights: weights ?? first.weights,
    sessions: words.number("sessions", 1, MOST_SESSIONS, first.sessions),
    lengths: words.choice("lengths", LENGTHS) ?? first.lengths,
    clients: words.number("clients", 1, MOST_SESSIONS, first.clients),
    firstAddedFirst: words.choice("order", ["first", "last"]) === "first",
  });
  tab.goTo(words.number("shown", 0, MOST_SESSIONS, tab.shown));
  words.unknown(NAMES);
  return words.problems;
}
