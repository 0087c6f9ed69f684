/**
 * A TCP conversation through a director whose answers pass it (NAT, FULLNAT): client and real server keep numbers of
 * their own, as TCP does, and each speaks only to whom it heard.
 */
import { expect } from "chai";
import { CLIENT, type Lab, type Outcome, VIP } from "./lab.ts";
import { flagsOf, type Packet, type TcpFields, tcp } from "./packet.ts";
import type { Seen } from "./seen.ts";

export interface ConversationOptions {
  readonly client?: string;
  readonly port?: number;
  readonly virtual?: string;
  readonly virtualPort?: number;
  readonly clientIsn?: number;
  readonly serverIsn?: number;
}

const step = (flags: string, length: number): number => length + ((flagsOf(flags) & 2) >> 1) + (flagsOf(flags) & 1);

export class Conversation {
  readonly lab: Lab;
  readonly client: string;
  readonly port: number;
  readonly virtual: string;
  readonly virtualPort: number;
  /** What each side says next. */
  clientNext: number;
  serverNext: number;
  /** What each side heard last, plus one: its acknowledgements. */
  clientHeard = 0;
  serverHeard = 0;
  /** Whom the server sees. */
  peer = "";
  /** Who the server is, as it knows itself. */
  server = "";

  constructor(lab: Lab, options: ConversationOptions = {}) {
    this.lab = lab;
    this.client = options.client ?? CLIENT;
    this.port = options.port ?? 40000;
    this.virtual = options.virtual ?? VIP;
    this.virtualPort = options.virtualPort ?? 80;
    this.clientNext = options.clientIsn ?? 1000;
    this.serverNext = options.serverIsn ?? 5000;
  }

  get clientEnds(): string {
    return `${this.client}:${this.port} > ${this.virtual}:${this.virtualPort}`;
  }

  /** A segment of the client as it would be sent now. */
  request(flags: string, fields: TcpFields = {}): Packet {
    const acknowledgement = flags.includes(".") ? this.clientHeard : 0;
    return tcp(this.clientEnds, flags, { sequence: this.clientNext, acknowledgement, ...fields });
  }

  /** The client says something; what the server gets. */
  say(flags: string, fields: TcpFields = {}): Seen {
    const { sent, verdict } = this.sayTo(flags, fields);
    const [seen, ...rest] = sent;
    if (seen === undefined || rest.length > 0) return expect.fail(`${verdict}: the server got ${sent.join(", ")}`);
    return seen;
  }

  /** The same, whatever comes of it. */
  sayTo(flags: string, fields: TcpFields = {}): Outcome {
    const outcome = this.lab.receive(this.request(flags, fields));
    this.clientNext = (this.clientNext + step(flags, fields.data?.length ?? 0)) >>> 0;
    const [seen] = outcome.sent;
    if (outcome.sent.length === 1 && seen?.protocol === 6 && seen.port === "eth1") {
      [this.peer = "", this.server = ""] = seen.ends.split(" > ");
      this.serverHeard = (seen.sequence + step(seen.flags, seen.data.length)) >>> 0;
    }
    return outcome;
  }

  /** A segment of the server as it would be sent now. */
  reply(flags: string, fields: TcpFields = {}): Packet {
    const acknowledgement = flags.includes(".") ? this.serverHeard : 0;
    return tcp(`${this.server} > ${this.peer}`, flags, { sequence: this.serverNext, acknowledgement, ...fields });
  }

  /** The server says something; what the client gets. */
  answer(flags: string, fields: TcpFields = {}): Seen {
    const { sent, verdict } = this.lab.receive(this.reply(flags, fields));
    this.serverNext = (this.serverNext + step(flags, fields.data?.length ?? 0)) >>> 0;
    const [seen, ...rest] = sent;
    if (seen === undefined || rest.length > 0) return expect.fail(`${verdict}: the client got ${sent.join(", ")}`);
    this.clientHeard = (seen.sequence + step(seen.flags, seen.data.length)) >>> 0;
    return seen;
  }

  /** The three steps that open a connection. */
  open(): this {
    this.say("S");
    this.answer("S.");
    this.say(".");
    return this;
  }
}
