/**
 * The Call-ID of a SIP message (RFC 3261, section 8.1.1.4). Mirrors ct_sip_get_header and callid_len of
 * net/netfilter/nf_conntrack_sip.c, and get_callid of net/netfilter/ipvs/ip_vs_pe_sip.c.
 */

const NAME = "call-id";
const COMPACT_NAME = "i";
/** IP_VS_PEDATA_MAXLEN. */
const LONGEST = 255;

/** A piece of text by its offsets, `end` one past it. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The Call-ID in the message from `from` to `limit`: a copy; `undefined` if there is none, it is too long, or its line does
 * not end. The first line is never looked at: it is the request.
 */
export function callId(bytes: Uint8Array, from: number, limit: number): Uint8Array | undefined {
  const message = bytes.subarray(from, limit);
  let span: Span | "empty" | undefined = "empty";
  for (let at = 0; span === "empty"; ) {
    const found = findHeader(message, at);
    if (found === undefined) return undefined;
    span = word(message, found);
    // An empty one is passed over; where the search goes on is counted from where it began, not from the message's start.
    at += found;
  }
  if (span.end - span.start > LONGEST || !isLineEnd(message[span.end])) return undefined;
  return message.slice(span.start, span.end);
}

const isLineEnd = (byte: number | undefined): boolean => byte === CR || byte === LF;
const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

/** Where the value of the next Call-ID header begins. */
function findHeader(message: Uint8Array, from: number): number | undefined {
  for (let at = from; at < message.length; at++) {
    if (!isLineEnd(message[at])) continue;
    at++;
    if (message[at - 1] === CR && message[at] === LF) at++;
    if (at >= message.length) return undefined;
    if (isBlank(message[at])) continue;
    const length = nameLength(message, at);
    if (length > 0) return valueAt(message, at + length);
  }
  return undefined;
}

/** A compact name must be followed by something else than a letter. */
function nameLength(message: Uint8Array, at: number): number {
  if (startsWith(message, at, NAME)) return NAME.length;
  const next = message[at + COMPACT_NAME.length];
  return next !== undefined && startsWith(message, at, COMPACT_NAME) && !isLetter(next) ? COMPACT_NAME.length : 0;
}

const startsWith = (message: Uint8Array, at: number, name: string): boolean =>
  String.fromCharCode(...message.subarray(at, at + name.length)).toLowerCase() === name;

function valueAt(message: Uint8Array, afterName: number): number | undefined {
  const colon = skipBlanks(message, afterName);
  if (colon === undefined || message[colon] !== COLON || colon + 1 >= message.length) return undefined;
  return skipBlanks(message, colon + 1);
}

/** Past blanks, and over the end of a line if the next one continues it (sip_skip_whitespace, sip_follow_continuation). */
function skipBlanks(message: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < message.length && isBlank(message[at])) at++;
  if (!isLineEnd(message[at])) return at;
  at++;
  if (message[at - 1] === CR && message[at] === LF) at++;
  if (at >= message.length || !isBlank(message[at])) return undefined;
  while (at < message.length && isBlank(message[at])) at++;
  return at;
}

/** `word`, or `word@word` (RFC 3261, section 25.1: callid). */
function word(message: Uint8Array, start: number): Span | "empty" {
  const end = wordEnd(message, start);
  if (end === start) return "empty";
  if (message[end] !== AT) return { start, end };
  const domainEnd = wordEnd(message, end + 1);
  return domainEnd === end + 1 ? "empty" : { start, end: domainEnd };
}

const AT = 64;

function wordEnd(message: Uint8Array, from: number): number {
  let at = from;
  while (at < message.length && isWordCharacter(message[at] ?? 0)) at++;
  return at;
}

/** The kernel counts the letters of Latin-1 among the letters (lib/ctype.c). */
const isLetter = (byte: number): boolean =>
  /[A-Za-z]/.test(String.fromCharCode(byte)) || (byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7);

const isWordCharacter = (byte: number): boolean =>
  isLetter(byte) || /[0-9\-.!%*_+`'~()<>:\\"/[\]?{}]/.test(String.fromCharCode(byte));
