/** The TCP of a simulated host: who listens, which connections there are, and what ICMP has to say to them. */
import { type Address, sameAddress } from "../wire/address.ts";
import type { Frame } from "../wire/frame.ts";
import { ACK, RST, SYN } from "../wire/tcp.ts";
import { TcpConnection, type TcpHost, type TcpProgram } from "./tcp-connection.ts";
import { type Ends, readSegment } from "./tcp-segment.ts";

/** Initial sequence numbers are so far apart that a reader can tell connections by them. */
const SEQUENCE_STEP = 100_000;
const FIRST_EPHEMERAL_PORT = 40_000;

export class Tcp {
  readonly connections: TcpConnection[] = [];
  readonly #host: TcpHost;
  readonly #listeners = new Map<number, () => TcpProgram>();
  #sequence: number;
  #port = FIRST_EPHEMERAL_PORT;

  /** `sequence` is the first initial sequence number. */
  constructor(host: TcpHost, sequence: number) {
    this.#host = host;
    this.#sequence = sequence;
  }

  /** Serves a port on all addresses of the host: a program for each connection. */
  listen(port: number, program: () => TcpProgram): void {
    this.#listeners.set(port, program);
  }

  stopListening(port: number): void {
    this.#listeners.delete(port);
  }

  /** Opens a connection from `localAddress` and the next free port, or the one given. */
  connect(
    localAddress: Address,
    remoteAddress: Address,
    remotePort: number,
    program: TcpProgram,
    localPort?: number,
  ): TcpConnection {
    const ends = { localAddress, localPort: localPort ?? this.#port++, remoteAddress, remotePort };
    const connection = this.#add(ends, program, "syn-sent");
    connection.open();
    return connection;
  }

  #add(ends: Ends, program: TcpProgram, state: "syn-sent" | "syn-received"): TcpConnection {
    const connection = new TcpConnection(this.#host, ends, this.#sequence, program, state);
    this.#sequence = (this.#sequence + SEQUENCE_STEP) >>> 0;
    this.connections.push(connection);
    return connection;
  }

  /** Whether some connection or listener takes the segment; the host resets what nobody takes. */
  deliver(frame: Frame): boolean {
    const segment = readSegment(frame);
    if (segment === undefined) return true;
    const { ends, fields } = segment;
    const known = this.#find(ends);
    if (known !== undefined && known.state !== "closed") {
      known.receive(fields);
      return true;
    }
    const listener = this.#listeners.get(ends.localPort);
    if (listener === undefined || (fields.flags & (SYN | ACK | RST)) !== SYN) return false;
    this.#add(ends, listener(), "syn-received").receive(fields);
    return true;
  }

  #find(ends: Ends): TcpConnection | undefined {
    return this.connections.findLast(
      (connection) =>
        connection.ends.localPort === ends.localPort &&
        connection.ends.remotePort === ends.remotePort &&
        sameAddress(connection.ends.localAddress, ends.localAddress) &&
        sameAddress(connection.ends.remoteAddress, ends.remoteAddress),
    );
  }

  /** An ICMP error says that a segment of ours was too big: it goes out again, in smaller pieces. */
  tooBig(ends: Ends): void {
    this.#find(ends)?.sendAgain();
  }

  /** "Destination unreachable" about a segment of ours (tcp_v4_err, tcp_v6_err): fatal only while connecting. */
  unreachable(ends: Ends, icmp: string): void {
    const connection = this.#find(ends);
    if (connection?.state === "syn-sent") connection.fail({ kind: "unreachable", icmp });
  }
}
