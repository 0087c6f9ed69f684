/** Causes: which real server a new connection gets, and why none. Times and timeouts are seconds. */
import type { Switch, Unusable } from "./told.ts";

export interface SchedulingCauses {
  readonly template: {
    /** Of a network with its prefix length: `10.1.0.0/24`. */
    readonly client: string;
    readonly server: string;
    readonly weight: number;
    readonly overloaded: boolean;
    /** Whether a whole network is one client (-M). */
    readonly network: boolean;
    readonly seconds: number;
    readonly switch: Switch;
  };
  /** A template is no longer good: its server was deleted, or has weight 0 and the switch is set. */
  readonly "template-released": {
    readonly client: string;
    readonly server: string;
    readonly deleted: boolean;
    readonly switch: Switch;
  };
  /** A persistent client's template was there, and is gone. */
  readonly "template-expired": {
    readonly client: string;
    readonly server: string;
    readonly at: number;
    readonly seconds: number;
  };
  /** A service by mark takes what an exact one would have taken. */
  readonly "mark-wins": { readonly service: string; readonly exact: string };
  /** FULLNAT, and nothing says who the client is. */
  readonly "client-hidden": { readonly server: string; readonly client: string; readonly local: string };
  /** A persistent client that another service has bound to another server. */
  readonly "other-template": {
    readonly client: string;
    readonly bound: string;
    readonly by: string;
    readonly server: string;
  };
  /** A server that was added a while ago has fewer connections than the others, and gets all new ones. */
  readonly newcomer: {
    readonly scheduler: string;
    readonly server: string;
    readonly at: number;
    readonly connections: number;
    readonly most: number;
  };
  readonly "no-server": { readonly service: string };
  readonly "no-scheduler": { readonly service: string; readonly persistent: boolean };
  /** The persistence engine found nothing in the packet by which to name a template. */
  readonly "no-engine-data": { readonly service: string; readonly engine: string };
  readonly "none-usable": { readonly service: string; readonly servers: readonly Unusable[] };
  /** Servers that a scheduler passed over because of their thresholds. */
  readonly overloaded: { readonly servers: readonly Unusable[] };
  readonly "no-local-address": { readonly service: string; readonly server: string };
  readonly "local-ports-used": {
    readonly server: string;
    readonly addresses: number;
    readonly ports: number;
    readonly first: number;
    readonly last: number;
    readonly used: number;
    readonly tries: Switch;
  };
  readonly defence: { readonly switch: Switch; readonly rate: Switch };
  readonly "connections-full": { readonly most: number };
}
