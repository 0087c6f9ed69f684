/** IPv4 options (RFC 791, section 3.1): are they well-formed, and what becomes of them in fragments. net/ipv4/ip_options.c. */

const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
/** Set in the type of an option that every fragment carries. */
const COPIED = 0x80;

/**
 * Whether the options from `at` to `end` parse (ip_options_compile).
 * @ipvs #P[record route, timestamp and source route options pass without being filled in or obeyed] director "IP options"
 */
export function areOptionsSound(view: DataView, at: number, end: number): boolean {
  let position = at;
  while (position < end) {
    const type = view.getUint8(position);
    if (type === END) return true;
    if (type === NO_OPERATION) {
      position++;
      continue;
    }
    const length = position + 1 < end ? view.getUint8(position + 1) : 0;
    if (length < 2 || position + length > end) return false;
    if (isPointed(type) && (length < 3 || view.getUint8(position + 2) < 4)) return false;
    position += length;
  }
  return true;
}

const isPointed = (type: number): boolean =>
  type === RECORD_ROUTE || type === TIMESTAMP || type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE;

/** Overwrites with no-operations what only the first fragment carries (ip_options_fragment). */
export function blankUncopiedOptions(view: DataView, at: number, end: number): void {
  let position = at;
  while (position < end) {
    const type = view.getUint8(position);
    if (type === END) return;
    const length = type === NO_OPERATION || position + 1 >= end ? 1 : view.getUint8(position + 1);
    if (length < 1 || (type !== NO_OPERATION && length < 2) || position + length > end) return;
    if ((type & COPIED) === 0)
      for (let index = 0; index < length; index++) view.setUint8(position + index, NO_OPERATION);
    position += length;
  }
}
