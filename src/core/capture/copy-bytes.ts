/** Copying what may be short: making the views that TypedArray.set takes costs as much as the bytes of a short packet. */

/** Longer ones are copied by `set`. */
const SHORT = 160;

/** Copies `length` bytes from one place to another; the two may not overlap. */
export function copyBytes(from: DataView, start: number, to: DataView, target: number, length: number): void {
  if (length > SHORT) {
    const source = new Uint8Array(from.buffer, from.byteOffset + start, length);
    new Uint8Array(to.buffer, to.byteOffset + target, length).set(source);
    return;
  }
  let at = 0;
  for (; at + 4 <= length; at += 4) to.setInt32(target + at, from.getInt32(start + at, true), true);
  for (; at < length; at++) to.setUint8(target + at, from.getUint8(start + at));
}
