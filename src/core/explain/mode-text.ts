/** A forwarding method explained as a page of text: what it does, the hosts, the ladder, what must be set up, what goes wrong. */
import type { WalkEvent } from "../trace/events.ts";
import { formatAddress } from "../wire/address.ts";
import type { Ladder } from "./drawings/ladder.ts";
import { type LadderStyle, ladderText } from "./drawings/ladder-text.ts";
import { carriesPacket } from "./explanation.ts";
import { faultCommand, type ModeExplanation, modeOption } from "./mode.ts";
import type { Requirement } from "./requirements.ts";
import { EMPTY, hanging, line, type StyledLine, span, wrapped } from "./styled.ts";
import { stepLines } from "./walk-text.ts";

const DEFAULT_WIDTH = 110;

export function modeText(explanation: ModeExplanation, style: LadderStyle = {}): StyledLine[] {
  const { name, mode, words, ladder, requirements, walk, fault } = explanation;
  const { columns = DEFAULT_WIDTH } = style;
  const width = Math.min(style.width ?? DEFAULT_WIDTH, columns, DEFAULT_WIDTH);
  return [
    [span(name, "title"), span(`   ${modeOption(mode)}`, "dim")],
    EMPTY,
    ...wrapped(words, width).map((text) => line(text)),
    EMPTY,
    ...segmentLines(explanation),
    EMPTY,
    ...ladderText(ladder, style),
    EMPTY,
    ...(fault === undefined ? [] : [...faultLines(explanation, width), EMPTY]),
    ...(walk.length === 0
      ? []
      : [
          line("Inside the director, when the client's SYN arrives", "title"),
          ...stepLines(insideSteps(explanation), 1, width),
          EMPTY,
        ]),
    ...requirementLines(
      "The director",
      requirements.filter((requirement) => requirement.of === "director"),
      width,
    ),
    EMPTY,
    ...requirementLines(
      "Every real server",
      requirements.filter((requirement) => requirement.of === "real server"),
      width,
    ),
    EMPTY,
    ...faultList(explanation),
  ];
}

/** What came is in the ladder, and who asks for MAC addresses; how the packet left and how its walk ended is said. */
export const insideSteps = ({ walk }: Pick<ModeExplanation, "walk">): ModeExplanation["walk"] =>
  walk.filter((event) => event.kind !== "received" && event.kind !== "cause" && !isQuestion(event));

const isQuestion = (event: WalkEvent): boolean => event.kind === "sent" && !carriesPacket(event.bytes);

/** Who is on which segment. */
function segmentLines({ topology, ladder }: ModeExplanation): StyledLine[] {
  return topology.network.segments.map(({ name, plugs }) => [
    span(name.padEnd(16), "strong"),
    span(plugs.map(({ host }) => `${host} ${addressOn(topology, host, name)}`).join(", ")),
    span(
      idle(
        ladder,
        plugs.map(({ host }) => host),
      ),
      "dim",
    ),
  ]);
}

function addressOn({ hosts }: ModeExplanation["topology"], name: string, segment: string): string {
  const device = hosts.find((host) => host.name === name)?.interfaces.find((entry) => entry.segment.name === segment);
  return (device?.addresses ?? []).map(({ address }) => formatAddress(address)).join(" ");
}

/** Servers that this one request does not go to. */
function idle({ lifelines }: Ladder, hosts: readonly string[]): string {
  const absent = hosts.filter((host) => !lifelines.some(({ name }) => name === host));
  return absent.length === 0 ? "" : `   (${absent.join(", ")}: idle, the next connection's)`;
}

function faultLines({ fault }: ModeExplanation, width: number): StyledLine[] {
  if (fault === undefined) return [];
  return [...hanging("Symptom: ", fault.sign, width), ...hanging("Fix:     ", fault.cure, width)];
}

function requirementLines(title: string, requirements: readonly Requirement[], width: number): StyledLine[] {
  return [
    line(title, "title"),
    ...requirements.flatMap(({ why, commands }) => [
      ...hanging("  - ", why, width),
      ...commands.map((command): StyledLine => [span("      # ", "dim"), span(command, "strong")]),
    ]),
  ];
}

function faultList({ faults, mode, topology, fault }: ModeExplanation): StyledLine[] {
  const others = faults.filter((entry) => entry !== fault);
  if (others.length === 0) return [];
  const widest = Math.max(...others.map(({ name }) => name.length));
  return [
    line("What can be wrong", "title"),
    ...others.map(
      ({ name, title }): StyledLine => [
        span("  "),
        span(faultCommand(mode, topology.family, name.padEnd(widest)), "strong"),
        span(`  ${title}`),
      ],
    ),
  ];
}
