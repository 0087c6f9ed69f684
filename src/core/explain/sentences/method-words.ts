/** What people read about each forwarding method, wherever a walk names it. */
import type { MethodName } from "../../ipvs/forwarding/methods.ts";

interface MethodWords {
  /** `direct routing`: behind "by" and before "to 10.2.0.2:80". */
  readonly short: string;
  /** The same with what it does to the packet. */
  readonly long: string;
}

const WORDS: Readonly<Record<MethodName, MethodWords>> = {
  Masq: { short: "NAT", long: "NAT (masquerading): the virtual address becomes the real server's" },
  Route: {
    short: "direct routing",
    long: "direct routing: addresses and ports stay, and the frame goes to the real server's MAC address",
  },
  Tunnel: { short: "tunnel", long: "tunnelling: the whole packet is put into another one" },
  FullNat: {
    short: "full NAT",
    long: "full NAT: both addresses change, the client's to a local address of the director",
  },
};

/** Of entries without a real server (forwarding/without-server.ts). */
const WITHOUT_SERVER: Readonly<Record<string, MethodWords>> = {
  Local: { short: "local delivery", long: "local delivery: the director itself receives the packet" },
  Bypass: { short: "bypass", long: "bypass: the packet is routed by its own destination address" },
};

const BY_NAME: Readonly<Record<string, MethodWords>> = { ...WORDS, ...WITHOUT_SERVER };

/** By the name in the event; a method that nobody here knows is called by its name. */
export const methodWords = (name: string): MethodWords => BY_NAME[name] ?? { short: name, long: name };
