/** What a case shows, and how to see whether a smaller one shows it still. */
import type { Transcript, TranscriptEvent, TranscriptHead } from "../../capture/transcript.ts";
import { factsOf } from "../../explain/decode/facts.ts";
import { formatHex } from "../../packet/words.ts";
import type { WalkEvent } from "../../trace/events.ts";
import { formatAddress, formatEndpoint } from "../../wire/address.ts";
import { macNumber } from "../../wire/ethernet.ts";
import type { Finding } from "../difference.ts";
import { differenceTitle } from "../difference-text.ts";
import { firstDifference } from "../transcript-case.ts";
import { runTranscript } from "../transcript-run.ts";

/** What is to be kept: the first difference, or the drop of one packet. */
export type Symptom =
  | { readonly kind: "difference" }
  /** `packet` counts arrivals and recorded departures from 1, as explain does; the first that is dropped so if absent. */
  | { readonly kind: "drop"; readonly reason: string | undefined; readonly packet: number | undefined };

/** What was found in the whole case: at which event, and how to see whether a smaller one has it still. */
export interface Found {
  readonly event: TranscriptEvent;
  readonly shows: string;
  /** Addresses, with ports and without, whose real servers have to stay, for else the difference would be another one. */
  readonly servers: ReadonlySet<string>;
  isIn(head: TranscriptHead, events: readonly TranscriptEvent[]): boolean;
}

export function findDifference(transcript: Transcript): Found | undefined {
  const title = (head: TranscriptHead, events: readonly TranscriptEvent[]) => {
    const difference = firstDifference({ head, events });
    const event = difference && events[difference.index];
    if (difference === undefined || event === undefined) return undefined;
    const { finding } = difference;
    const text = differenceTitle({ place: "", cause: "", walk: [], finding });
    const recorded = finding.kind === "frame" ? finding.expected?.bytes : undefined;
    const arrived = event.do === "rx" ? event.frame : undefined;
    const servers = recorded === undefined ? new Set<string>() : namedIn(head, arrived, recorded);
    return { event, text, servers, same: `${text}\n${gotOf(finding)}` };
  };
  const first = title(transcript.head, transcript.events);
  if (first === undefined) return undefined;
  return {
    event: first.event,
    shows: first.text,
    servers: first.servers,
    isIn: (head, events) => {
      const other = title(head, events);
      return other?.event === first.event && other.same === first.same;
    },
  };
}

/** Whose addresses and ports stand in frames, and whose MAC address the recorded one goes to. */
function namedIn(
  { neighbors }: TranscriptHead,
  arrived: Uint8Array | undefined,
  recorded: Uint8Array,
): ReadonlySet<string> {
  const mac = factsOf(recorded)?.destinationMac;
  const next = neighbors
    .filter((neighbor) => macNumber(neighbor.mac) === mac)
    .map(({ address }) => formatAddress(address));
  const frames = arrived === undefined ? [recorded] : [arrived, recorded];
  return new Set([...next, ...frames.flatMap(endsIn)]);
}

/** Both addresses of each header, and with the ports. */
function endsIn(frame: Uint8Array): string[] {
  const { headers = [], transport } = factsOf(frame)?.ip ?? {};
  const ports = transport !== undefined && "sourcePort" in transport ? transport : undefined;
  return headers.flatMap(({ source, destination }) => [
    formatAddress(source),
    formatAddress(destination),
    ...(ports === undefined
      ? []
      : [formatEndpoint(source, ports.sourcePort), formatEndpoint(destination, ports.destinationPort)]),
  ]);
}

/** What came instead is to stay, too: without its real server any packet goes elsewhere. */
const gotOf = (finding: Finding): string =>
  finding.kind !== "frame" ? String(finding.got) : finding.got === undefined ? "" : formatHex(finding.got.masked);

export function findDrop(
  transcript: Transcript,
  { reason, packet }: Extract<Symptom, { kind: "drop" }>,
): Found | undefined {
  const frames = transcript.events.filter((event) => event.do === "rx" || event.do === "tx");
  const wanted = packet === undefined ? undefined : frames[packet - 1];
  const drops = dropsIn(transcript.head, transcript.events);
  const [first] = [...drops].filter(
    ([event, name]) => (wanted === undefined || event === wanted) && (reason === undefined || name === reason),
  );
  if (first === undefined) return undefined;
  const [event, name] = first;
  return {
    event,
    shows: `dropped ${name}`,
    servers: new Set(),
    isIn: (head, events) => dropsIn(head, events, event).get(event) === name,
  };
}

/** The reason of each arrival that is dropped; of `only` one, if that is named. */
function dropsIn(
  head: TranscriptHead,
  events: readonly TranscriptEvent[],
  only?: TranscriptEvent,
): Map<TranscriptEvent, string> {
  const drops = new Map<TranscriptEvent, string>();
  runTranscript({ head, events }, (event) => {
    if (event.do !== "rx" || (only !== undefined && event !== only)) return undefined;
    return {
      add: (step: WalkEvent) => {
        if (step.kind === "verdict" && !ENDS.has(step.verdict) && !drops.has(event)) drops.set(event, step.verdict);
      },
    };
  });
  return drops;
}

const ENDS: ReadonlySet<string> = new Set(["sent", "delivered", "parked", "held", "accepted"]);
