/**
 * A TCP conversation through a director whose answers pass it (NAT, FULLNAT): client and real server keep numbers of their own, as TCP
 * does, and each speaks only to whom it heard.
 *
 *   const talk = conversation(director, "eth0", "10.1.0.7:40000 > 10.1.0.100:80").open();
 *   talk.say("P.", { data: "GET / HTTP/1.0\r\n\r\n" });      // what the server gets
 *   talk.answer("P.", { data: "HTTP/1.0 200 OK\r\n\r\n" });  // what the client gets
 */
import { flagsOf } from "../../core/packet/packet-words.ts";
import { PROTOCOL_TCP } from "../../core/wire/ipv4.ts";
import { FIN, SYN } from "../../core/wire/tcp.ts";
import type { Director } from "../director.ts";
import type { Fields } from "../packet/fields.ts";
import type { Packet } from "../packet/packet.ts";
import { type TcpFields, tcp } from "../packet/transport.ts";
import type { SentFrame } from "../walk.ts";
import { AssertionError } from "./assertion.ts";
import type { Checked } from "./checks.ts";

/** What each side begins to count from. */
export interface SequenceNumbers {
  /** 1000 by default. */
  readonly clientIsn?: number;
  /** 5000 by default. */
  readonly serverIsn?: number;
}

/** What becomes of a packet: of `Director.receive`, and of what stands in for it. */
export interface Passing<Frame> {
  /** How the walk ended. */
  readonly verdict: string;
  /** Frames that were sent. */
  readonly sent: readonly Frame[];
}

/** Hands a packet to a director: the client's, or the server's, which comes back by the port that it got the client's by. */
export type HandOver<Frame> = (packet: Packet, serverPort: string | undefined) => Passing<Frame>;

/** A conversation; `conversation` begins one. */
export class Conversation<Frame extends Checked = SentFrame> {
  readonly #handOver: HandOver<Frame>;
  /** The client's ends, `10.1.0.7:40000 > 10.1.0.100:80`. */
  readonly clientEnds: string;
  /** What the client says next. */
  clientNext: number;
  /** What the server says next. */
  serverNext: number;
  /** What the client acknowledges. */
  clientHeard = 0;
  /** What the server acknowledges. */
  serverHeard = 0;
  /** Whom the server sees, `10.1.0.7:40000`; empty before it got anything. */
  peer = "";
  /** Who the server is, as it knows itself. */
  server = "";
  #serverPort: string | undefined;

  /** Whatever `handOver` hands packets to. */
  constructor(handOver: HandOver<Frame>, ends: string, { clientIsn = 1000, serverIsn = 5000 }: SequenceNumbers = {}) {
    this.#handOver = handOver;
    this.clientEnds = ends;
    this.clientNext = clientIsn;
    this.serverNext = serverIsn;
  }

  /** A segment of the client as it would be sent now. */
  request(flags: string, fields: TcpFields = {}): Packet {
    const acknowledgement = flags.includes(".") ? this.clientHeard : 0;
    return tcp(this.clientEnds, flags, { sequence: this.clientNext, acknowledgement, ...fields });
  }

  /** The client says something; what the server gets. Throws AssertionError if it does not get just that. */
  say(flags: string, fields: TcpFields = {}): Frame {
    return only(this.sayTo(flags, fields), "server", (frame) => this.#isForServer(frame));
  }

  /** The same, whatever comes of it. */
  sayTo(flags: string, fields: TcpFields = {}): Passing<Frame> {
    const passing = this.#handOver(this.request(flags, fields), undefined);
    this.clientNext = (this.clientNext + length(flags, fields)) >>> 0;
    const [frame] = passing.sent;
    if (passing.sent.length === 1 && frame !== undefined && this.#isForServer(frame)) {
      this.#serverPort = frame.port;
      [this.peer = "", this.server = ""] = frame.fields.ends.split(" > ");
      this.serverHeard = nextOf(frame.fields);
    }
    return passing;
  }

  /** A segment of the server as it would be sent now. */
  reply(flags: string, fields: TcpFields = {}): Packet {
    const acknowledgement = flags.includes(".") ? this.serverHeard : 0;
    return tcp(`${this.server} > ${this.peer}`, flags, { sequence: this.serverNext, acknowledgement, ...fields });
  }

  /** The server says something; what the client gets. Throws AssertionError if it does not get just that. */
  answer(flags: string, fields: TcpFields = {}): Frame {
    const passing = this.#handOver(this.reply(flags, fields), this.#serverPort ?? "");
    this.serverNext = (this.serverNext + length(flags, fields)) >>> 0;
    const frame = only(passing, "client", () => true);
    this.clientHeard = nextOf(frame.fields);
    return frame;
  }

  /** The three steps that open a connection. */
  open(): this {
    this.say("S");
    this.answer("S.");
    this.say(".");
    return this;
  }

  /** Not the director's own answer to the client: a reset, an ICMP error. */
  #isForServer({ fields }: Frame): boolean {
    const [client] = this.clientEnds.split(" > ");
    return fields.protocol === PROTOCOL_TCP && fields.ends.split(" > ")[1] !== client;
  }
}

/** A conversation of a client behind a port: `conversation(director, "eth0", "10.1.0.7:40000 > 10.1.0.100:80")`. */
export const conversation = (
  director: Pick<Director, "receive">,
  port: string,
  ends: string,
  numbers: SequenceNumbers = {},
): Conversation => new Conversation((packet, serverPort = port) => director.receive(serverPort, packet), ends, numbers);

/** What a segment adds to its side's sequence numbers. */
const counted = (flags: number, data: number): number => data + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
const length = (letters: string, { data = "" }: TcpFields): number =>
  counted(flagsOf(letters) ?? 0, typeof data === "string" ? new TextEncoder().encode(data).length : data.length);
const nextOf = ({ sequence, flags, data }: Fields): number =>
  (sequence + counted(flagsOf(flags) ?? 0, data.length)) >>> 0;

function only<Frame extends Checked>(
  { sent, verdict }: Passing<Frame>,
  who: string,
  isForIt: (frame: Frame) => boolean,
): Frame {
  const [frame, ...rest] = sent;
  if (frame !== undefined && rest.length === 0 && isForIt(frame)) return frame;
  const got = sent.map(({ fields }) => String(fields)).join("; ") || "nothing";
  throw new AssertionError(`${verdict}: expected one frame for the ${who}, got ${got}`);
}
