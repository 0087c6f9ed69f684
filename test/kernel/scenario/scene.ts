/** What a scenario has built so far: the network, then the stage with all that happened on it. */
import { formatIpv4 } from "../../../src/core/wire/address.ts";
import { ETHERNET_HEADER } from "../../../src/core/wire/ethernet.ts";
import { Conversation } from "../conversation.ts";
import type { Network, Station } from "../network.ts";
import { type SentFrame, sentPacket } from "../sent.ts";
import { Stage } from "../stage.ts";
import type { Expectation } from "./expectation.ts";
import { framesOf, NothingToQuote, type Recent } from "./packet-frames.ts";
import type { PacketSpec } from "./packet-spec.ts";
import { readPacket } from "./packet-words.ts";
import type { Words } from "./words.ts";

export class Scene {
  readonly network: Network;
  readonly expectations: Expectation[] = [];
  /** The conversations by the names that `as` gave them; the latest is "". */
  readonly conversations = new Map<string, Conversation>();
  readonly #name: string;
  #stage: Stage | undefined;
  #lastSent: Uint8Array | undefined;
  #firstInput = 0;
  #expected: { where: string; frames: string[][] } | undefined;

  constructor(network: Network, name: string) {
    this.network = network;
    this.#name = name;
  }

  /** The stage; the first who asks for it ends the description of the network. */
  get stage(): Stage {
    this.#stage ??= new Stage({ name: this.#name, ...this.network.head() });
    return this.#stage;
  }

  /** Whether anything has happened yet. */
  get started(): boolean {
    return this.#stage !== undefined;
  }

  /** A statement begins: expectations behind it are about what it causes. */
  begin(): void {
    this.#firstInput = this.#stage?.events.length ?? 0;
  }

  /** Remembers what the director sent, for errors that quote it. */
  note(sent: readonly SentFrame[]): void {
    for (const frame of sent) this.#lastSent = sentPacket(frame)?.packet ?? this.#lastSent;
  }

  get recent(): Recent {
    const arrived = this.#stage?.events.findLast((event) => event.do === "rx");
    return {
      sent: this.#lastSent,
      received: arrived?.do === "rx" ? arrived.frame.subarray(ETHERNET_HEADER) : undefined,
    };
  }

  /** A frame arrives at the director. */
  arrive(dev: string, frame: Uint8Array): SentFrame[] {
    const sent = this.stage.rx(dev, frame);
    this.note(sent);
    return sent;
  }

  /** `FROM > TO PROTOCOL ... [as NAME]`. */
  packet(words: Words, times = 1): void {
    const [label, rest] = labelled(words);
    const spec = readPacket(rest, this.network);
    const by = spec.by ?? this.network.senderFor(spec.source);
    if (by === undefined)
      words.wrong('a source with a host or a route on its wire, or "by HOST"', formatIpv4(spec.source));
    for (let round = 0; round < times; round++) this.#send(spec, by, label, words);
  }

  #send(spec: PacketSpec, by: Station, label: string, words: Words): void {
    let frames: Uint8Array[] = [];
    try {
      frames = framesOf(spec, this.network.directorMac(by.dev), by.mac, this.recent);
    } catch (thrown) {
      if (thrown instanceof NothingToQuote) words.wrong("a packet before this one that the error can quote", "none");
      throw thrown;
    }
    const sent = frames.flatMap((frame) => this.arrive(by.dev, frame));
    const { payload } = spec;
    if (payload.kind === "icmp" || payload.kind === "other") return;
    const conversation = new Conversation(this.network, this.stage, {
      protocol: payload.kind,
      client: spec.source,
      clientPort: payload.sourcePorts.at(-1) ?? 0,
      virtual: spec.destination,
      virtualPort: payload.destinationPort,
      by,
    });
    conversation.hear(sent);
    this.conversations.set("", conversation);
    if (label !== "") this.conversations.set(label, conversation);
  }

  /** `=> WORDS` or `=> nothing`. */
  expect(words: Words, where: string): void {
    this.#expected ??= { where, frames: [] };
    const frame = words.rest();
    if (frame.join(" ") !== "nothing") this.#expected.frames.push(frame);
  }

  /** The lines that began with `=>` are complete. */
  finishExpectation(): void {
    if (this.#expected === undefined) return;
    const last = this.stage.events.length - 1;
    this.expectations.push({ ...this.#expected, first: this.#firstInput, last });
    this.#expected = undefined;
  }
}

/** Takes `as NAME` from the end of the line. */
function labelled(words: Words): [string, Words] {
  const rest = words.rest();
  const named = rest.at(-2) === "as";
  const label = named ? (rest.at(-1) ?? "") : "";
  return [label, words.again(named ? rest.slice(0, -2) : rest)];
}
