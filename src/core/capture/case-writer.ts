/** A transcript as the text that parseCase reads: what goes without saying is left out. */
import type { HostConfig } from "../host/config/config.ts";
import { hostConfigValues } from "../host/config/writer.ts";
import { REFERENCE_KERNEL } from "../kernel/releases.ts";
import { packetWords } from "../packet/packet-text.ts";
import { parsePacket } from "../packet/read-packet.ts";
import { formatHex } from "../packet/words.ts";
import { formatAddress, formatMac, sameAddress } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { LISTS } from "./case-events.ts";
import { usualNeighbors } from "./case-neighbors.ts";
import { durationText } from "./duration.ts";
import { arrivesOn, arrivingMacs, leavingMacs, linkOf, macOfInterface } from "./packet-place.ts";
import type { Transcript, TranscriptEvent, TranscriptHead } from "./transcript.ts";

/** The whole text; every line ends in a newline. */
export function formatCase({ head, events }: Pick<Transcript, "head" | "events">): string {
  const worded = events.map((event) => inWords(head, event));
  const clock = new Clock();
  const lines = worded.flatMap((event) => eventLines(head, event, clock));
  return [...headLines({ head, events: worded }), "", ...lines, ""].join("\n");
}

/** A frame that words can say has them from now on. */
export function inWords(head: TranscriptHead, event: TranscriptEvent): TranscriptEvent {
  if (event.do !== "rx" || event.packet !== undefined) return event;
  const words = packetWords(event.frame, (packet) => arrivingMacs(head, event.dev, packet));
  return words === undefined ? event : { ...event, packet: words };
}

// --- the director

function headLines({ head, events }: Pick<Transcript, "head" | "events">): string[] {
  const { routes, marks, sysctl, modules, connections } = hostConfigValues(head);
  return [
    ...(head.name === undefined ? [] : [`name ${head.name}`]),
    ...kernelLines(head),
    `director ${head.interfaces.map((entry) => interfaceText(head, entry)).join(", ")}`,
    ...routes.map(
      ({ to, via, dev }) =>
        `route ${to}${via === undefined ? "" : ` via ${via}`}${dev === undefined ? "" : ` dev ${dev}`}`,
    ),
    ...neighborLines(head, events),
    ...marks.map(({ protocol, destination, ports, mark }) => `mark ${protocol} ${destination} ${ports} ${mark}`),
    ...Object.entries(sysctl).map(([key, value]) => `sysctl ${key}=${value}`),
    ...(modules === undefined
      ? []
      : modules.length === 0
        ? ["module none"]
        : modules.map((module) => `module ${module}`)),
    ...(connections === undefined ? [] : [`connections max ${connections.max}`]),
  ];
}

function kernelLines({ recordedOn, kernel = REFERENCE_KERNEL }: TranscriptHead): string[] {
  const { hz, release, ticks } = kernel;
  const clock = ticks === undefined ? [] : [`clock hz ${hz} ticks ${ticks}`];
  if (recordedOn !== undefined) return [`recorded on ${recordedOn}`, ...clock];
  const usual = hz === REFERENCE_KERNEL.hz && release === REFERENCE_KERNEL.release;
  return [...(usual ? [] : [`kernel ${release} hz ${hz}`]), ...clock];
}

function interfaceText(head: HostConfig, { name, mac, mtu, addresses }: HostConfig["interfaces"][number]): string {
  const texts = addresses.map(({ address, prefix }) => `${formatAddress(address)}/${prefix}`);
  const own = macText(
    macOfInterface({ ...head, interfaces: head.interfaces.map(({ mac: _, ...rest }) => rest) }, name),
  );
  const macWords = mac === undefined || formatMac(mac) === own ? [] : ["mac", formatMac(mac)];
  return [name, ...texts, ...macWords, ...(mtu === 1500 ? [] : ["mtu", String(mtu)])].join(" ");
}

function neighborLines(head: TranscriptHead, events: readonly TranscriptEvent[]): string[] {
  const usual = usualNeighbors({ head, events });
  const said = head.neighbors.filter(
    ({ address, mac, dev }) =>
      !usual.some(
        (one) => sameAddress(one.address, address) && one.dev === dev && formatMac(one.mac) === formatMac(mac),
      ),
  );
  const silent = usual.filter(({ address }) => !head.neighbors.some((known) => sameAddress(known.address, address)));
  const texts = [
    ...said.map(
      (neighbor) => `${formatAddress(neighbor.address)} ${formatMac(neighbor.mac)}${deviceWords(head, neighbor)}`,
    ),
    ...silent.map(({ address }) => `${formatAddress(address)} silent`),
  ];
  return texts.length === 0 ? [] : [`neighbor ${texts.join(", ")}`];
}

/** The interface, where another one has the neighbor's network. */
const deviceWords = (head: HostConfig, { address, dev }: HostConfig["neighbors"][number]): string =>
  linkOf(head, address)?.name === dev ? "" : ` dev ${dev}`;

// --- what happens

/** When the reader of the text will take a line to be that says nothing of its time. */
class Clock {
  #last = 0;
  #next = 0;

  /** `at 1.5 s: ` where the line has to say so. */
  prefix(event: TranscriptEvent): string {
    const usual = event.do === "tx" ? this.#last : this.#next;
    const after = event.do === "sleep" ? event.seconds : event.do === "rx" ? 0.001 : 0;
    this.#last = event.t;
    this.#next = Math.round((event.t + after) * 1e6) / 1e6;
    return event.t === usual ? "" : `at ${event.t} s: `;
  }
}

function eventLines(head: TranscriptHead, event: TranscriptEvent, clock: Clock): string[] {
  const expected = event.expect?.map(({ text }) => text) ?? [];
  const { text, said = [], printed = [] } = wordsOf(head, event);
  const line = `${clock.prefix(event)}${text}`;
  const wishes = [...said, ...expected].join(", ");
  if (wishes === "") return [line, ...printed];
  const whole = `${line} => ${wishes}`;
  return whole.length <= WIDTH || said.length > 0 ? [whole, ...printed] : [line, ...printed, `  expect ${wishes}`];
}

/** A line with more letters than this has its expectations on a line of their own. */
const WIDTH = 130;

interface EventWords {
  readonly text: string;
  /** Of its results, what the line itself says. */
  readonly said?: readonly string[];
  /** Lines below. */
  readonly printed?: readonly string[];
}

function wordsOf(head: TranscriptHead, event: TranscriptEvent): EventWords {
  switch (event.do) {
    case "ipvsadm": {
      const { args, code, out, err, open } = event;
      const text = args.startsWith("-") ? args : `ipvsadm ${args}`.trim();
      if (open === true) return { text };
      const silent = code === 0 && out === "" && err === "";
      return {
        text,
        said: [...(code === 0 ? [] : [`code ${code}`]), ...(silent && LISTS.test(args) ? ["prints nothing"] : [])],
        printed: [...printedLines("|", out), ...printedLines("!", err)],
      };
    }
    case "rx": {
      const { dev, frame, packet, segment } = event;
      const many = segment === undefined ? "" : ` segment ${segment}`;
      if (packet === undefined) return { text: `frame 0x${formatHex(frame)} on ${dev}${many}` };
      return { text: `${saysDevice(head, packet, dev) ? packet : withDevice(packet, dev)}${many}` };
    }
    case "tx": {
      const words = packetWords(event.frame, (packet) => leavingMacs(head, event.dev, packet));
      return { text: `tx ${event.dev} ${words ?? `frame 0x${formatHex(event.frame)}`}` };
    }
    case "sleep":
      return { text: `wait ${durationText(event.seconds)}` };
    case "sysctl":
      return { text: `sysctl -w ${event.key}=${event.value}` };
    case "proc":
      return { text: `cat /proc/net/${event.name}`, printed: event.open ? [] : printedLines("|", event.out) };
  }
}

/** Each line of what was printed behind a mark; one without a line end has a `\` at its end. */
function printedLines(mark: string, text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const unended = lines.pop() ?? "";
  return [...lines.map((line) => `${mark} ${line}`), ...(unended === "" ? [] : [`${mark} ${unended}\\`])];
}

/** Whether the words alone lead to the interface. */
const saysDevice = (head: TranscriptHead, words: string, dev: string): boolean =>
  arrivesOn(head, parsePacket(words)) === dev;

/** What stands in another packet takes the rest of the words: `on` goes before it. */
function withDevice(words: string, dev: string): string {
  const inner = /\s(?:about|carrying)\s/.exec(words);
  return inner === null ? `${words} on ${dev}` : `${words.slice(0, inner.index)} on ${dev}${words.slice(inner.index)}`;
}
