/** The smallest case that still shows the same difference, or drops a packet for the same reason. */
import { LISTS } from "../../capture/case-events.ts";
import { usualNeighbors } from "../../capture/case-neighbors.ts";
import { inWords } from "../../capture/case-writer.ts";
import { parseEndpoint } from "../../capture/expectation.ts";
import type { Transcript, TranscriptEvent, TranscriptHead } from "../../capture/transcript.ts";
import { factsOf } from "../../explain/decode/facts.ts";
import { formatAddress, formatEndpoint, sameAddress } from "../../wire/address.ts";
import { withFittedPhase } from "../tick-phase.ts";
import { minimize } from "./minimize.ts";
import { type Found, findDifference, findDrop, type Symptom } from "./symptom.ts";

export interface Shrunk {
  readonly transcript: Transcript;
  /** What it shows, in words. */
  readonly shows: string;
  /** How often it was run. */
  readonly runs: number;
}

/** An event with what the recorded director sent behind it: they stay together. */
interface Step {
  readonly event: TranscriptEvent;
  readonly sent: readonly TranscriptEvent[];
}

/** `undefined` if the case does not have the symptom. `tell` hears of every run, with the frames that are left. */
export function shrink(
  transcript: Transcript,
  symptom: Symptom,
  tell: (frames: number) => void = () => {},
): Shrunk | undefined {
  const fitted = withFittedPhase(transcript);
  const found = symptom.kind === "difference" ? findDifference(fitted) : findDrop(fitted, symptom);
  return found && new Shrinking(fitted, found, tell).run();
}

class Shrinking {
  readonly #found: Found;
  readonly #tell: (frames: number) => void;
  #head: TranscriptHead;
  #steps: readonly Step[];
  #runs = 0;

  constructor({ head, events }: Transcript, found: Found, tell: (frames: number) => void) {
    this.#found = found;
    this.#tell = tell;
    this.#head = head;
    const steps = stepsOf(events);
    this.#steps = steps.slice(0, steps.findIndex(({ event }) => event === found.event) + 1);
  }

  run(): Shrunk {
    this.#dropListings();
    this.#keepFlows();
    // Without a packet a command may be needless, and without a command a packet.
    for (let before = -1; before !== this.#steps.length; ) {
      before = this.#steps.length;
      this.#minimize(({ event }) => event.do !== "rx");
      this.#minimize(({ event }) => event.do === "rx");
    }
    this.#minimizeHead();
    const events = eventsOf(this.#steps);
    const transcript = { head: this.#head, events, lines: events.map(() => 0) };
    return { transcript, shows: this.#found.shows, runs: this.#runs };
  }

  #isIn(steps: readonly Step[], head = this.#head): boolean {
    this.#runs++;
    this.#tell(steps.filter(({ event }) => event.do === "rx").length);
    return this.#found.isIn(head, eventsOf(steps));
  }

  /** Commands that only show something: of a case with fewer packets they would show something else. */
  #dropListings(): void {
    const rest = this.#steps.filter(({ event }) => event === this.#found.event || !isListing(event));
    if (this.#isIn(rest)) this.#steps = rest;
  }

  /** Whole conversations first: most often one is enough. */
  #keepFlows(): void {
    const services = serverEnds(this.#steps);
    const flows = new Map<string, Set<Step>>();
    for (const step of this.#steps) {
      if (step.event.do !== "rx" || step.event === this.#found.event) continue;
      const key = flowOf(step.event.frame, services);
      flows.set(key, (flows.get(key) ?? new Set()).add(step));
    }
    const own = this.#found.event.do === "rx" ? flowOf(this.#found.event.frame, services) : "";
    const alone = [[], [own], [own, ""]].find((keys) => this.#isIn(this.#without(flows, keys)));
    if (alone !== undefined) this.#steps = this.#without(flows, alone);
    else {
      const kept = minimize([...flows.keys()], (keys) => this.#isIn(this.#without(flows, keys)));
      this.#steps = this.#without(flows, kept);
    }
  }

  #without(flows: ReadonlyMap<string, ReadonlySet<Step>>, kept: readonly string[]): readonly Step[] {
    const keys = new Set(kept);
    const gone = new Set([...flows].flatMap(([key, steps]) => (keys.has(key) ? [] : [...steps])));
    return this.#steps.filter((step) => !gone.has(step));
  }

  #minimize(isUnit: (step: Step) => boolean): void {
    const { event: target, servers } = this.#found;
    const units = this.#steps.filter((step) => isUnit(step) && step.event !== target && !names(step.event, servers));
    const unit = new Set(units);
    const withOnly = (kept: readonly Step[]): readonly Step[] => {
      const set = new Set(kept);
      return this.#steps.filter((step) => !unit.has(step) || set.has(step));
    };
    this.#steps = withOnly(minimize(units, (kept) => this.#isIn(withOnly(kept))));
  }

  #minimizeHead(): void {
    for (const key of ["routes", "marks"] as const) {
      const list: readonly TranscriptHead[typeof key][number][] = this.#head[key];
      const kept = minimize(list, (rest) => this.#isIn(this.#steps, { ...this.#head, [key]: rest }));
      this.#head = { ...this.#head, [key]: kept };
    }
    // A neighbor that is named needs no line; without it there would have to be one that says so.
    const events = eventsOf(this.#steps);
    const named = usualNeighbors({ head: this.#head, events: events.map((event) => inWords(this.#head, event)) });
    const neighbors = this.#head.neighbors.filter(({ address }) =>
      named.some((one) => sameAddress(one.address, address)),
    );
    if (this.#isIn(this.#steps, { ...this.#head, neighbors })) this.#head = { ...this.#head, neighbors };
    const switches = Object.entries(this.#head.sysctl);
    const sysctl = minimize(switches, (rest) =>
      this.#isIn(this.#steps, { ...this.#head, sysctl: Object.fromEntries(rest) }),
    );
    this.#head = { ...this.#head, sysctl: Object.fromEntries(sysctl) };
  }
}

/** Whether a command gives one of these real servers to a service that packets of theirs go to, or to a firewall mark. */
function names(event: TranscriptEvent, named: ReadonlySet<string>): boolean {
  if (event.do !== "ipvsadm" || !/^-a\s/.test(event.args)) return false;
  const [, service = ""] = /\s(?:-[tu]|--\w+-service)[\s=]+(\S+)/.exec(event.args) ?? [];
  const [, server = ""] = /\s(?:-r|--real-server)[\s=]+(\S+)/.exec(event.args) ?? [];
  const end = parseEndpoint(server);
  return end !== undefined && named.has(formatAddress(end.address)) && (service === "" || named.has(service));
}

const isListing = (event: TranscriptEvent): boolean =>
  event.do === "proc" || (event.do === "ipvsadm" && LISTS.test(event.args));

function stepsOf(events: readonly TranscriptEvent[]): Step[] {
  const steps: { event: TranscriptEvent; sent: TranscriptEvent[] }[] = [];
  for (const event of events) {
    if (event.do === "tx") steps.at(-1)?.sent.push(event);
    else steps.push({ event, sent: [] });
  }
  return steps;
}

const eventsOf = (steps: readonly Step[]): TranscriptEvent[] => steps.flatMap(({ event, sent }) => [event, ...sent]);

// --- conversations

/** Addresses and ports of services and real servers, as ipvsadm takes them. */
function serverEnds(steps: readonly Step[]): ReadonlySet<string> {
  const lines = steps.flatMap(({ event }) => (event.do === "ipvsadm" ? [event.args] : []));
  return new Set(lines.flatMap((args) => args.split(/\s+/).filter((word) => /^[[\d]/.test(word))));
}

/** The client's end of a packet: that which is no server's; `` for what has none. */
function flowOf(frame: Uint8Array, servers: ReadonlySet<string>): string {
  const { headers = [], transport } = factsOf(frame)?.ip ?? {};
  const quoted = transport?.kind === "icmp" ? transport.quoted : undefined;
  const header = (quoted?.headers ?? headers).at(-1);
  const ports = quoted?.transport ?? transport;
  if (header === undefined || ports === undefined || !("sourcePort" in ports)) return "";
  const ends = [
    formatEndpoint(header.source, ports.sourcePort),
    formatEndpoint(header.destination, ports.destinationPort),
  ];
  return ends.find((end) => !servers.has(end) && !servers.has(end.replace(/:\d+$/, ""))) ?? ends.sort().join(" ");
}
