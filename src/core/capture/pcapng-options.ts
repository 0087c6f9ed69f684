/** The options at the end of a pcapng block: a code, a length and a value each (draft-ietf-opsawg-pcapng, section 3.5). */
import type { CaptureFault } from "./packet.ts";

export const OPT_END = 0;
export const OPT_COMMENT = 1;
export const SHB_USERAPPL = 4;
export const IF_NAME = 2;
export const IF_MACADDR = 6;
export const IF_TSRESOL = 9;
export const IF_TSOFFSET = 14;
/** Flags of a packet; the same code in an enhanced packet block and in the obsolete one. */
export const EPB_FLAGS = 2;

/** The low two bits of EPB_FLAGS. */
export const DIRECTION_IN = 1;
export const DIRECTION_OUT = 2;

/** Values and options are filled up with zeros to a multiple of four. */
export const padded = (length: number): number => Math.ceil(length / 4) * 4;

export type TakeOption = (code: number, at: number, length: number) => void;

/** Hands over each option between `at` and `end` with the place of its value, up to opt_endofopt. An option that does not fit is a fault. */
export function readOptions(
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
  take: TakeOption,
): CaptureFault | undefined {
  while (end - at >= 4) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === OPT_END) return undefined;
    at += 4;
    if (length > end - at) {
      return { kind: "bad-option", message: `option ${code} has ${length} bytes, but its block has ${end - at} left` };
    }
    take(code, at, length);
    at += padded(length);
  }
  return undefined;
}

/** An option of the wrong size. */
export const badOptionLength = (name: string, expected: string, length: number): CaptureFault => ({
  kind: "bad-option",
  message: `${name} has ${length} bytes, not ${expected}`,
});
