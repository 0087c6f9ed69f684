/** An echo request of ICMP (RFC 792) or ICMPv6 (RFC 4443, section 4.1) and its answer, through a raw socket that all checks of a family share. */
import { AF_INET, AF_INET6, type Family, formatAddress, parseAddress } from "../../../core/wire/address.ts";
import { type Finding, noAnswer, type Probe } from "./check.ts";
import { openIcmpSocket, type RawSocket } from "./raw-socket.ts";

/** Types of messages. A raw socket of IPv6 gives no IPv6 header along. */
const WIRES: Readonly<
  Record<Family, { readonly request: number; readonly reply: number; readonly withHeader: boolean }>
> = {
  [AF_INET]: { request: 8, reply: 0, withHeader: true },
  [AF_INET6]: { request: 128, reply: 129, withHeader: false },
};
const HEADER = 8;
const DATA = 24;

/** Waits for the answer with its number, from the address that was asked. */
interface Waiting {
  readonly address: string;
  readonly answered: () => void;
}

class Echo {
  readonly #wire: (typeof WIRES)[Family];
  readonly #socket: RawSocket;
  readonly #identifier = process.pid & 0xffff;
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;

  constructor(family: Family) {
    this.#wire = WIRES[family];
    this.#socket = openIcmpSocket(family);
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
    bytes.writeUInt8(this.#wire.request, 0);
    bytes.writeUInt16BE(this.#identifier, 4);
    bytes.writeUInt16BE(sequence, 6);
    // Of ICMPv6 the kernel makes it, and anew (RFC 3542, section 3.1).
    let sum = 0;
    for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
    sum = (sum & 0xffff) + (sum >>> 16);
    bytes.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 2);
    return bytes;
  }

  /** Every message of the machine comes by. */
  #hear(bytes: Buffer, source: string): void {
    const at = this.#wire.withHeader ? ((bytes[0] ?? 0) & 0x0f) * 4 : 0;
    if (bytes.length < at + HEADER || bytes.readUInt8(at) !== this.#wire.reply) return;
    if (bytes.readUInt16BE(at + 4) !== this.#identifier) return;
    const waiting = this.#waiting.get(bytes.readUInt16BE(at + 6));
    if (waiting?.address === canonical(source)) waiting.answered();
  }

  close(): void {
    this.#socket.close();
  }
}

const canonical = (text: string): string => {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
};

const echoes = new Map<Family, Echo>();

function echoOf(family: Family): Echo {
  const echo = echoes.get(family) ?? new Echo(family);
  echoes.set(family, echo);
  return echo;
}

/** Opens the raw sockets, while that is still allowed. Throws Error, whose message is for people. */
export function openIcmp(): void {
  echoOf(AF_INET);
  try {
    echoOf(AF_INET6);
  } catch {
    // A machine without IPv6: nobody asks, or is told when he does.
  }
}

export const checkIcmp = async ({ address, timeout }: Pick<Probe, "address" | "timeout">): Promise<Finding> =>
  echoOf(address.includes(":") ? AF_INET6 : AF_INET).ask(canonical(address), timeout);

/** Gives the raw sockets back, if there are any; else they keep the process alive. */
export function closeIcmp(): void {
  for (const echo of echoes.values()) echo.close();
  echoes.clear();
}
