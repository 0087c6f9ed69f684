/** Numbers of frames, as `tapvs explain` counts them: those that arrived and those that were sent, from 1. */
import { amount } from "../core/amount.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";

/** Refuses the number of a frame that a recording does not have; without a number nothing is wrong. */
export function checkFrameNumber(path: string, frames: number, number: number | undefined): void {
  if (number === undefined || (number >= 1 && number <= frames)) return;
  const there = frames === 0 ? "it has none" : `it has ${amount(frames, "frame")}, numbered from 1`;
  throw new Failure(WRONG_USAGE, `${path}: there is no frame ${number}: ${there}`);
}
