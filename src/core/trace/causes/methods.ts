/** Causes: the way to a real server by its forwarding method. Times and timeouts are seconds. */
import type { Address, Family } from "../../wire/address.ts";
import type { Switch } from "./told.ts";

export interface MethodCauses {
  /** A packet of a real server that no connection translates. */
  readonly untranslated: {
    readonly server: string;
    readonly service: string;
    readonly onePacket: boolean;
    /** There was one that did. */
    readonly former: boolean;
  };
  /** A real server begins a conversation of its own, and nothing masquerades it. */
  readonly "server-opens": { readonly server: string; readonly service: string };
  /** The client's port has a connection to the same real server's port by another service, `other`, too. */
  readonly "shared-reply": {
    readonly client: string;
    readonly server: string;
    readonly other: string;
    readonly now: string;
  };
  readonly "loopback-server": { readonly server: string };
  /** A connection goes on by the method that it began with. */
  readonly "method-kept": { readonly server: string; readonly method: string; readonly now: string };
  /** The packet had no hop to live behind the director. */
  readonly "last-hop": { readonly family: Family; readonly ttl: number };
  readonly "local-node": { readonly server: string; readonly service: string };
  /** Two directors with each other as real servers. */
  readonly "director-loop": { readonly server: string; readonly returned: boolean; readonly switch: Switch };
  readonly "tunnel-mtu": {
    readonly family: Family;
    readonly mtu: number;
    readonly length: number;
    readonly mss: number;
    readonly switch: Switch;
  };
  /** A packet that is longer than the interface it came in by lets pass: merged there. */
  readonly merged: { readonly dev: string; readonly mtu: number; readonly length: number };
  readonly "path-mtu": { readonly mtu: number; readonly length: number };
  /** Another port was asked for than the method can give. */
  readonly "port-kept": {
    readonly server: string;
    readonly asked: number;
    readonly method: string;
    readonly command: string;
    /** The service takes every port. */
    readonly every: boolean;
  };
  readonly "same-network": { readonly client: Address; readonly server: string; readonly dev: string };
  readonly "client-is-server": { readonly client: Address; readonly service: string; readonly method: string };
  readonly "by-gateway": { readonly server: string; readonly gateway: Address };
}
