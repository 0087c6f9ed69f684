/** What one client, or all of them together, may take of a process that serves HTTP. docs/security.md lists them with their reasons. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Connections at once; one more is answered with 503. */
export const MOST_CONNECTIONS = 512;
/** Connections beyond, whose clients have been told and have not gone; one more is closed without an answer. */
export const MOST_REFUSED = 512;
/** Milliseconds in which they have to go. */
export const TIME_TO_GO = 1000;
/** Requests on one connection: a pipeline of requests would hold as many answers. */
export const REQUESTS_PER_CONNECTION = 1;
/** Bytes of the request line and its headers; more is answered with 431. */
export const LARGEST_HEADER = 16 * KIB;
/** Milliseconds for the headers, and for the whole request with its body; after that 408. */
export const TIME_FOR_HEADERS = 10_000;
export const TIME_FOR_REQUEST = 30_000;
/** Milliseconds in which neither side sends anything; then, or twice as late, the connection is closed. Streams may be silent longer. */
export const LONGEST_SILENCE = 60_000;
/** Bytes of one body, a hundred thousand rules fit; more is answered with 413. */
export const LARGEST_BODY = 16 * MIB;
/** Bytes of all bodies that are held at once; a request that would go beyond is answered with 503. */
export const ALL_BODIES = 32 * MIB;
/** Streams of explained packets at once: each has its filter asked for every packet. One more is answered with 503. */
export const MOST_STREAMS = 16;
/** Bytes of a stream that wait for a client to read them; lines beyond are left out and counted. */
export const UNREAD_OF_STREAM = 1 * MIB;
/** Bytes of one netlink datagram: a request to list of 20 bytes is answered with up to 4 KiB. More is answered with 413. */
export const LARGEST_DATAGRAM = 64 * KIB;
