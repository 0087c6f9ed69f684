/** An FTP control connection through the director, as both ends see it: each counts what it got, whatever the helper did to it on its way. */
import { ACK, FIN, PSH, RST, SYN } from "../../../../src/core/wire/tcp.ts";
import { concat } from "../../frames.ts";
import { type Ends, packetOf, readIp, summed, viewOf } from "./bytes.ts";
import { arrive, type Seen, type WildWorld } from "./world.ts";

const LENGTHS = { words: 12, flags: 13 } as const;

export class FtpTalk {
  readonly client: Ends;
  /** Between whom the server sees it; unknown until the first segment reached one. */
  server: Ends | undefined;
  readonly #world: WildWorld;
  #next = { client: 1000, server: 5000 };
  #heard = { client: 0, server: 0 };
  #last: (readonly [string, Uint8Array])[] = [];

  constructor(world: WildWorld, client: Ends) {
    this.#world = world;
    this.client = client;
  }

  clientSays(flags: number, data: Uint8Array = new Uint8Array()): void {
    const sent = this.#say("client", this.client, flags, data);
    for (const { bytes } of sent) {
      const read = readIp(bytes);
      if (read?.protocol !== 6 || read.source !== this.client.source) continue;
      this.server = {
        source: read.destination,
        destination: read.source,
        sourcePort: read.destinationPort,
        destinationPort: read.sourcePort,
      };
      this.#heard.server = endOf(bytes, read.at);
    }
  }

  serverSays(flags: number, data: Uint8Array = new Uint8Array()): void {
    if (this.server === undefined) return;
    for (const { bytes } of this.#say("server", this.server, flags, data)) {
      const read = readIp(bytes);
      if (read?.protocol === 6 && read.destination === this.client.source) this.#heard.client = endOf(bytes, read.at);
    }
  }

  /** What was said of late comes once more. */
  repeat(): void {
    const { random } = this.#world;
    if (this.#last.length > 0) arrive(this.#world, ...random.pick(this.#last));
  }

  open(): void {
    this.clientSays(SYN);
    this.serverSays(SYN | ACK);
    this.clientSays(ACK);
  }

  close(): void {
    const { random } = this.#world;
    const flags = random.pick([FIN | ACK, RST]);
    if (random.chance(0.5)) this.clientSays(flags);
    else this.serverSays(flags);
  }

  /** A line in one segment, or in several. */
  line(from: "client" | "server", text: string): void {
    const { random } = this.#world;
    const bytes = new TextEncoder().encode(text);
    const cuts = random.chance(0.25) ? [random.integer(1, bytes.length), bytes.length] : [bytes.length];
    let at = 0;
    for (const cut of cuts) {
      if (cut > at || cuts.length === 1) this.#lineOf(from, bytes.slice(at, cut));
      at = cut;
    }
  }

  #lineOf(from: "client" | "server", data: Uint8Array): void {
    if (from === "client") this.clientSays(PSH | ACK, data);
    else this.serverSays(PSH | ACK, data);
  }

  #say(who: "client" | "server", ends: Ends, flags: number, data: Uint8Array): readonly Seen[] {
    const header = new Uint8Array(20);
    const view = viewOf(header);
    view.setUint16(0, ends.sourcePort);
    view.setUint16(2, ends.destinationPort);
    view.setUint32(4, this.#next[who]);
    view.setUint32(8, (flags & ACK) === 0 ? 0 : this.#heard[who]);
    view.setUint8(LENGTHS.words, 0x50);
    view.setUint8(LENGTHS.flags, flags);
    view.setUint16(14, 64240);
    this.#next[who] += data.length + Number((flags & (SYN | FIN)) !== 0);
    const packet = packetOf(ends, 6, summed(ends, 6, concat(header, data)));
    this.#last = [...this.#last.slice(-2), [ends.source, packet]];
    return arrive(this.#world, ends.source, packet);
  }
}

/** The sequence number behind a segment. */
function endOf(bytes: Uint8Array, at: number): number {
  const view = viewOf(bytes);
  const flags = view.getUint8(at + LENGTHS.flags);
  const length = bytes.length - at - (view.getUint8(at + LENGTHS.words) >>> 4) * 4;
  return (view.getUint32(at + 4) + length + Number((flags & (SYN | FIN)) !== 0)) >>> 0;
}
