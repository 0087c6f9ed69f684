/**
 * One frame's arrival in a built-in network, told in a sentence or two: who does what, and why it matters. For the eye that
 * follows the drawing; the walk step by step is in sentences.ts.
 */
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { directorTalkIn } from "../decode/between-directors.ts";
import type { FlowStep } from "../flow.ts";
import { messageOf } from "../message.ts";
import { tellingReceptions } from "../receptions.ts";
import { talkStatement } from "./director-talk.ts";
import { hostWords } from "./host-words.ts";
import { packetHeadline } from "./packet-headline.ts";
import { resolutionHeadline } from "./resolution-headline.ts";
import type { Statement } from "./statement.ts";

export interface Headline extends Statement {
  /** Number of the frame, as in every drawing and list. */
  readonly number: number;
  /** What arrived, with addresses and ports: `SYN 12.11.0.10:40000 > 12.11.0.101:80, client to director`. */
  readonly detail: string;
  /** The hosts that the sentence is about: who sent the frame, and who did something with it. */
  readonly hosts: readonly string[];
}

/** The headline of a frame that has arrived at everybody it was for, or of one that nobody got. */
export function headlineOf(topology: Topology, step: FlowStep): Headline {
  const telling = tellingReceptions(step.hop);
  const { text, breaks } = statementOf(topology, step, telling);
  return {
    text,
    breaks,
    number: step.hop.number,
    detail: detailOf(topology, step),
    hosts: [step.hop.from, ...telling.map(({ host }) => host)],
  };
}

function statementOf(topology: Topology, step: FlowStep, telling: readonly Reception[]): Statement {
  const resolution = resolutionHeadline(topology, step, telling);
  if (resolution !== undefined) return resolution;
  const talk = directorTalkIn(step.facts, step.hop.bytes);
  if (talk !== undefined) return talkStatement(topology, step, talk, telling[0]);
  const [reception] = telling;
  const { subject } = hostWords(topology, step.hop.from);
  if (reception === undefined) return { text: `${subject} sends a frame that nobody takes.`, breaks: true };
  return packetHeadline(topology, step, reception);
}

function detailOf({ hosts }: Topology, step: FlowStep): string {
  const message = messageOf(step, new Map(hosts.map(({ name }, place) => [name, place])));
  const words = message.lines.map((pieces) => pieces.map(({ text }) => text).join("")).join(", ");
  const to = step.hop.to.length > 2 ? "everybody" : step.hop.to.join(" and ");
  return `${message.label} ${words}, ${step.hop.from} to ${to || "nobody"}`;
}
