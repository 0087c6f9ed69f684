/** Frames that stand for many: segmented in software where the next link cannot carry them whole. Placeholder of one rule. */
import type { Route } from "../ipvs/data-path.ts";
import type { Frame } from "../wire/frame.ts";
import type { Director } from "./director.ts";
import { outputWhole } from "./output.ts";

export function segment(director: Director, frame: Frame, _mtu: number, _send: (piece: Frame) => number, route: Route, destination: number): number {
  return outputWhole(director, frame, route, destination);
}
