/** What a session tells of a director's packets. */
import { explanationOf } from "../explain/explanation.ts";
import { plainText } from "../explain/styled.ts";
import { briefText, walkText } from "../explain/walk-text.ts";
import { whatIf } from "../explain/what-if.ts";
import type { Director } from "../host/director.ts";
import { PacketError } from "../packet/made-up-packet.ts";
import { parsePacket } from "../packet/read-packet.ts";
import type { WalkEvent } from "../trace/events.ts";
import { type Answer, failed, said } from "./session.ts";

/** A packet that came to the director, and its walk. */
export interface ToldPacket {
  /** From 1. */
  readonly number: number;
  readonly seconds: number;
  readonly dev: string;
  readonly bytes: Uint8Array;
  readonly events: readonly WalkEvent[];
}

const WIDTH = 110;

const explanation = ({ number, seconds, dev, bytes, events }: ToldPacket) =>
  explanationOf({ number, seconds, port: dev, bytes }, events);

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

export const briefLines = (packet: ToldPacket): string[] => linesOf(plainText([briefText(explanation(packet))]));
export const walkLines = (packet: ToldPacket): string[] => linesOf(plainText(walkText(explanation(packet), WIDTH)));

/** The reply to a number that no packet has, or to a question for the last one where there is none. */
export const noSuchPacket = (packets: number): Answer =>
  failed(packets === 0 ? "no packet has come to the director" : `packets are numbered from 1 to ${packets}`);

/** The walk of a made-up packet on a director that is thrown away. */
export function explainMadeUp(words: string, director: Director | undefined): Answer {
  if (director === undefined) return failed("there is no director");
  try {
    const { seconds, port, bytes, events, assumptions } = whatIf(director, parsePacket(words));
    const explanation = explanationOf({ number: undefined, seconds, port, bytes }, events, assumptions);
    return said(...plainText(walkText(explanation)).trimEnd().split("\n"));
  } catch (error) {
    if (!(error instanceof PacketError)) throw error;
    return failed(error.message);
  }
}
