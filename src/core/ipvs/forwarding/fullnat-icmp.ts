import type { Frame } from "../../wire/frame.ts";
import type { DataPath } from "../data-path.ts";
export function forwardFullNatError(_path: DataPath, _frame: Frame, _row: number, _icmp: number, _inner: number): number { return 0; }
export function translateFullNatError(_path: DataPath, _frame: Frame, _row: number, _icmp: number, _inner: number): void {}
