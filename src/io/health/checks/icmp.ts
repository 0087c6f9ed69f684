/** An ICMP echo request (RFC 792) and its answer, through a raw socket that all checks share. */
import { type Finding, noAnswer, type Probe } from "./check.ts";
import { openIcmpSocket, type RawSocket } from "./raw-socket.ts";

const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const HEADER = 8;
const DATA = 24;

/** Waits for the answer with its number, from the address that was asked. */
interface Waiting {
  readonly address: string;
  readonly answered: () => void;
}

class Echo {
  readonly #socket: RawSocket;
  readonly #identifier = process.pid & 0xffff;
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;

  constructor() {
    this.#socket = openIcmpSocket();
    this.#socket.on("message", (bytes, source) => this.#hear(bytes, source));
    // What is wrong with a message comes back to whoever sent it.
    this.#socket.on("error", () => {});
  }

  ask(address: string, timeout: number): Promise<Finding> {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const sequence = this.#sequence;
    return new Promise((resolve) => {
      const conclude = (finding: Finding): void => {
        clearTimeout(timer);
        this.#waiting.delete(sequence);
        resolve(finding);
      };
      const timer = setTimeout(() => conclude(noAnswer(timeout)), timeout);
      this.#waiting.set(sequence, { address, answered: () => conclude(undefined) });
      const request = this.#request(sequence);
      this.#socket.send(request, 0, request.length, address, (error) => {
        if (error !== null) conclude(error.message);
      });
    });
  }

  #request(sequence: number): Buffer {
    const bytes = Buffer.alloc(HEADER + DATA);
    bytes.writeUInt8(ECHO_REQUEST, 0);
    bytes.writeUInt16BE(this.#identifier, 4);
    bytes.writeUInt16BE(sequence, 6);
    let sum = 0;
    for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
    sum = (sum & 0xffff) + (sum >>> 16);
    bytes.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 2);
    return bytes;
  }

  /** Every ICMP message of the machine comes by, with its IPv4 header. */
  #hear(bytes: Buffer, source: string): void {
    const at = ((bytes[0] ?? 0) & 0x0f) * 4;
    if (bytes.length < at + HEADER || bytes.readUInt8(at) !== ECHO_REPLY) return;
    if (bytes.readUInt16BE(at + 4) !== this.#identifier) return;
    const waiting = this.#waiting.get(bytes.readUInt16BE(at + 6));
    if (waiting?.address === source) waiting.answered();
  }

  close(): void {
    this.#socket.close();
  }
}

let echo: Echo | undefined;

/** Opens the raw socket, while that is still allowed. Throws Error, whose message is for people. */
export function openIcmp(): Echo {
  echo ??= new Echo();
  return echo;
}

export async function checkIcmp({ address, timeout }: Probe): Promise<Finding> {
  return address.includes(":") ? "ICMP checks know IPv4 only" : openIcmp().ask(address, timeout);
}

/** Gives the raw socket back, if there is one; else it keeps the process alive. */
export function closeIcmp(): void {
  echo?.close();
  echo = undefined;
}
