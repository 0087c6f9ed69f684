/** What `verdictSentence` says of a plain packet of an established connection, from the connection alone (Trace.known). */
import { FORWARDING_MASK, type Row } from "../../ipvs/connection-rows.ts";
import type { DataPath } from "../../ipvs/data-path.ts";
import { protocolName } from "../../ipvs/protocols/protocols.ts";
import { viewConnection } from "../../ipvs/views.ts";
import type { WalkEvent } from "../../trace/events.ts";
import { AF_INET, formatEndpoint } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { verdictSentence } from "./verdict.ts";

/** All that a sentence is made of. */
interface Remembered {
  readonly destinationAddress: number;
  readonly virtualAddress: number;
  /** The ports of both. */
  readonly ports: number;
  /** Protocol, forwarding method, direction, and the interface that it left by. */
  readonly rest: number;
  readonly text: string;
}

/** Sentences that are remembered, a power of two; a service has two for each real server. */
const REMEMBERED = 1024;

/** Sentences of one director, remembered: packets of one real server have the same. */
export class KnownConnectionSentences {
  readonly #path: DataPath;
  readonly #devices: readonly string[];
  readonly #remembered: (Remembered | undefined)[] = Array.from({ length: REMEMBERED }, () => undefined);

  /** `devices` are the names of the interfaces by their numbers. */
  constructor(path: DataPath, devices: readonly string[]) {
    this.#path = path;
    this.#devices = devices;
  }

  /** `port` is the interface that the packet left by. */
  of(row: Row, answer: boolean, port: number): string {
    const { rows } = this.#path.server.connections.table;
    const destinationAddress = rows.destinationAddress(row);
    const virtualAddress = rows.virtualAddress(row);
    // What a number means that stands for an IPv6 address may change.
    if (familyOf(destinationAddress) !== AF_INET || familyOf(virtualAddress) !== AF_INET)
      return this.#sentence(row, answer, port);
    const ports = (rows.destinationPort(row) << 16) | rows.virtualPort(row);
    const method = rows.flags(row) & FORWARDING_MASK;
    const rest = (port << 13) | (rows.protocol(row) << 5) | (method << 1) | (answer ? 1 : 0);
    const place = (destinationAddress ^ Math.imul(ports, 31) ^ rest) & (REMEMBERED - 1);
    const known = this.#remembered[place];
    if (
      known !== undefined &&
      known.destinationAddress === destinationAddress &&
      known.virtualAddress === virtualAddress &&
      known.ports === ports &&
      known.rest === rest
    )
      return known.text;
    const text = this.#sentence(row, answer, port);
    this.#remembered[place] = { destinationAddress, virtualAddress, ports, rest, text };
    return text;
  }

  /** By the steps that the walk would have told of, as far as they are in the sentence. */
  #sentence(row: Row, answer: boolean, port: number): string {
    const path = this.#path;
    const connection = viewConnection(path, row);
    const { state } = connection;
    const destination = formatEndpoint(connection.destinationAddress, connection.destinationPort);
    const virtual = formatEndpoint(connection.virtualAddress, connection.virtualPort);
    const method = path.server.connections.methodOf(row).name;
    const protocol = protocolName(connection.protocol);
    const events: readonly WalkEvent[] = [
      { kind: "connection", found: answer ? "answer" : "request", connection },
      answer
        ? { kind: "rewritten", what: "source", before: destination, after: virtual }
        : { kind: "method", method, destination },
      { kind: "state", protocol, direction: "", event: "", before: state, after: state, timeoutSeconds: 0 },
      { kind: "sent", dev: this.#devices[port] ?? "", bytes: NO_BYTES },
      { kind: "verdict", verdict: "sent", kernel: "" },
    ];
    return verdictSentence(events);
  }
}

const NO_BYTES = new Uint8Array(0);
