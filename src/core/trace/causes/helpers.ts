/** Causes: protocols that would need somebody to read in them. Times and timeouts are seconds. */

export interface HelperCauses {
  /** A packet of an established QUIC connection, from an end that is new here. */
  readonly "quic-moved": { readonly client: string; readonly server: string };
  readonly "sip-split": {
    readonly client: string;
    readonly before: string;
    readonly now: string;
    readonly service: string;
  };
}
