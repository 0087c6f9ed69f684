/** Causes: which of its addresses and interfaces a packet met or missed. Times and timeouts are seconds. */
import type { Address } from "../../wire/address.ts";
import type { Switch } from "./told.ts";

export interface AddressCauses {
  readonly "own-source": {
    readonly source: Address;
    /** Of a service whose real servers have its address, too (direct routing, tunnels); empty if none is. */
    readonly shared: string;
    /** The real server whose MAC address the frame is from; empty if it is from none. */
    readonly server: string;
    readonly switch: Switch;
  };
  /** `asked`: somebody asks by ARP or neighbor discovery who has it. `mark`: of a service by mark; 0 of others. */
  readonly "virtual-missing": {
    readonly service: string;
    readonly address: Address;
    readonly asked: boolean;
    readonly mark: number;
  };
  /** A sync master's message that came by `dev`; a backup here listens at `heardAt`, empty if none runs. */
  readonly "sync-unheard": { readonly dev: string; readonly heardAt: string };
  readonly "backup-only": { readonly switch: Switch };
  /** Another host says that it has an address of the director. */
  readonly "address-claimed": { readonly address: Address; readonly mac: string; readonly server: string };
  readonly elsewhere: { readonly address: Address; readonly mac: string };
  readonly redirected: { readonly sender: Address; readonly switch: Switch };
  readonly "arp-ignored": { readonly address: Address; readonly dev: string; readonly switch: Switch };
  /** `before`: it has not replied to earlier requests either. `dev` is where it is looked for. */
  readonly "neighbor-silent": {
    readonly address: Address;
    readonly server: string;
    readonly dev: string;
    readonly before: boolean;
  };
}
