/** Causes: where packets may not go, and ways that there are not. Times and timeouts are seconds. */
import type { Address } from "../../wire/address.ts";
import type { Switch } from "./told.ts";

export interface WayCauses {
  readonly "reverse-path": {
    readonly dev: string;
    readonly switch: Switch;
    readonly source: Address;
    /** By which interface the source is reached; empty if by none. */
    readonly back: string;
  };
  readonly "forwarding-off": { readonly switch: Switch };
  /** `server`: the real server that is not reached; of a reply, the one that sends it, if it is one by NAT. */
  readonly "no-route": { readonly to: Address; readonly server: string; readonly reply: boolean };
}
