import type { Frame } from "../../wire/frame.ts";
import type { DataPath } from "../data-path.ts";
export function forwardFullNat(_path: DataPath, _frame: Frame, _row: number, _transport: number): number { return 0; }
