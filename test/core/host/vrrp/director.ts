/** A director with virtual routers in memory: 10.1.0.N and 2001:db8:1::N on eth0 at 02:00:00:00:01:0N, and what it sends. */

import { PlainValue, type Problem } from "../../../../src/core/host/config/plain-value.ts";
import { readHostConfig } from "../../../../src/core/host/config/reader.ts";
import { Director } from "../../../../src/core/host/director.ts";
import { verdictName } from "../../../../src/core/trace/verdict.ts";
import { Frame } from "../../../../src/core/wire/frame.ts";

/** A frame that was sent, and when, in microseconds. */
export interface SentFrame {
  readonly at: number;
  readonly dev: string;
  readonly bytes: Uint8Array;
}

export class HaDirector {
  readonly director: Director;
  readonly sent: SentFrame[] = [];
  now = 0;
  /** Hears of each frame at once. */
  onSend: ((frame: SentFrame) => void) | undefined;

  /** With `vrrpWaits` its virtual routers begin when they are told to. */
  constructor(number: number, ha: object, rest: object = {}, vrrpWaits = false) {
    const interfaces = [
      {
        name: "eth0",
        mac: `02:00:00:00:01:0${number}`,
        addresses: [`10.1.0.${number}/24`, `2001:db8:1::${number}/64`],
      },
      { name: "eth1", mac: `02:00:00:00:02:0${number}`, addresses: [`10.2.0.${number}/24`] },
    ];
    const problems: Problem[] = [];
    const config = readHostConfig(new PlainValue({ interfaces, ha, ...rest }, [], problems));
    if (problems[0] !== undefined) throw new Error(`${problems[0].path.join(".")}: ${problems[0].message}`);
    this.director = new Director(config, {
      seed: number,
      vrrpWaits,
      link: {
        send: (frame, port) => {
          const sent = { at: this.now, dev: `eth${port}`, bytes: frame.contents().slice() };
          this.sent.push(sent);
          this.onSend?.(sent);
        },
      },
    });
    this.director.advance(0);
  }

  /** Lets time pass, timer by timer. */
  until(seconds: number): void {
    const end = Math.round(seconds * 1e6);
    for (;;) {
      const next = this.director.server.agenda.next;
      if (next > end) break;
      this.now = Math.max(next, this.now + 1);
      this.director.advance(this.now);
    }
    this.now = end;
    this.director.advance(end);
  }

  receive(bytes: Uint8Array, dev = "eth0"): string {
    return verdictName(this.director.receive(Frame.of(bytes.slice()), this.director.ifindexOf(dev), this.now));
  }

  get state(): string {
    return this.director.vrrp.routers[0]?.state ?? "";
  }

  has(address: string): boolean {
    return this.director.config.interfaces.some((one) =>
      one.addresses.some(({ address: { words } }) => words[0] >>> 0 === ipv4Number(address)),
    );
  }
}

const ipv4Number = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
