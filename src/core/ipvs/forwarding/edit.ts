/**
 * Edits of a TCP or UDP packet that keep its checksum: each one patches it by what changed (RFC 1624), so that several
 * may follow each other in any order, and a wrong checksum stays wrong by the same amount.
 */

import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import { difference16, difference32, fold, updated } from "../../wire/checksum.ts";
import { Frame } from "../../wire/frame.ts";
import { setDestination, setSource } from "../../wire/network.ts";
import type { TransportProtocol } from "../protocols/protocol.ts";

/** Before the first packet. */
const NOBODY = new Frame(new Uint8Array(0));

/** The transport header of one packet, its checksum kept right through every edit. Reused: borrowed. */
export class Edit {
  readonly #addresses: AddressTable;
  #frame = NOBODY;
  #checksumOffset = 0;
  #skips = false;
  /** What a checksum of 0 is sent as: ffff in UDP, where 0 means that there is none. */
  #zero = 0;

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /** Begins with a packet. A UDP packet without a checksum stays without; SCTP's, of another kind, is the caller's to finish. */
  begin(frame: Frame, protocol: TransportProtocol): void {
    this.#frame = frame;
    const { checksumOffset, zeroChecksum } = protocol;
    this.#checksumOffset = checksumOffset;
    this.#zero = zeroChecksum;
    const mayBeMissing = zeroChecksum !== 0 && frame.checksumStart === 0;
    this.#skips = checksumOffset < 0 || (mayBeMissing && frame.view.getUint16(frame.transport + checksumOffset) === 0);
  }

  /** The addresses of the pseudo header. */
  source(value: AddressHandle): void {
    this.#patch(this.#addresses.difference(this.#frame.source, value), true);
    setSource(this.#frame, this.#addresses, value);
  }

  destination(value: AddressHandle): void {
    this.#patch(this.#addresses.difference(this.#frame.destination, value), true);
    setDestination(this.#frame, this.#addresses, value);
  }

  /** The length of the pseudo header. */
  length(before: number, after: number): void {
    this.#patch(difference16(before, after), true);
  }

  word16(at: number, value: number): void {
    const { view } = this.#frame;
    this.#patch(difference16(view.getUint16(at), value), false);
    view.setUint16(at, value);
  }

  /** `value` is signed; `at` must be an even number of bytes into the header. */
  word32(at: number, value: number): void {
    const { view } = this.#frame;
    this.#patch(difference32(view.getInt32(at), value), false);
    view.setInt32(at, value);
  }

  /** 16 bits that were put in where nothing was before. */
  inserted16(value: number): void {
    this.#patch(value, false);
  }

  /** Where the sender left the sum unfinished, only the pseudo header is in it so far, and it is not complemented. */
  #patch(difference: number, inPseudoHeader: boolean): void {
    if (this.#skips) return;
    const { view } = this.#frame;
    const at = this.#frame.transport + this.#checksumOffset;
    const check = view.getUint16(at);
    if (this.#frame.checksumStart === 0) view.setUint16(at, updated(check, difference) || this.#zero);
    else if (inPseudoHeader) view.setUint16(at, fold(check + difference));
  }
}
