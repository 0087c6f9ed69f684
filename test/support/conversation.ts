/** A TCP conversation through a lab, of tapvs/testing, with the lab's addresses. */
import { type SequenceNumbers, Conversation as Talk } from "tapvs/testing";
import { CLIENT, type Lab, VIP } from "./lab.ts";
import type { Seen } from "./seen.ts";

export interface ConversationOptions extends SequenceNumbers {
  readonly client?: string;
  readonly port?: number;
  readonly virtual?: string;
  readonly virtualPort?: number;
}

export class Conversation extends Talk<Seen> {
  readonly lab: Lab;
  readonly client: string;
  readonly port: number;
  readonly virtual: string;

  constructor(lab: Lab, options: ConversationOptions = {}) {
    const { client = CLIENT, port = 40000, virtual = VIP, virtualPort = 80 } = options;
    super((packet) => lab.receive(packet), `${client}:${port} > ${virtual}:${virtualPort}`, options);
    this.lab = lab;
    this.client = client;
    this.port = port;
    this.virtual = virtual;
  }
}
