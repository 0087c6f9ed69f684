/**
 * Edits of a TCP or UDP packet that keep its checksum: each one patches it by what changed (RFC 1624), so that several
 * may follow each other in any order, and a wrong checksum stays wrong by the same amount.
 */

import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import { difference16, difference32, fold, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { setDestination, setSource } from "../../wire/network.ts";
import type { TransportProtocol } from "../protocols/protocol.ts";

/** The transport header of one packet, its checksum kept right through every edit. Reused: borrowed. */
export class Edit {
  #frame: Frame | undefined;
  #checksumAt = 0;
  #skips = false;
  /** What a checksum of 0 is sent as: ffff in UDP, where 0 means that there is none. */
  #zero = 0;

  /** Begins with a packet. A UDP packet without a checksum stays without; SCTP's, of another kind, is the caller's to finish. */
  begin(frame: Frame, protocol: TransportProtocol): void {
    this.#frame = frame;
    const { checksumOffset, zeroChecksum } = protocol;
    this.#checksumAt = frame.transport + checksumOffset;
    this.#zero = zeroChecksum;
    const mayBeMissing = zeroChecksum !== 0 && frame.checksumStart === 0;
    this.#skips = checksumOffset < 0 || (mayBeMissing && frame.view.getUint16(this.#checksumAt) === 0);
  }

  /** The addresses of the pseudo header. */
  source(addresses: AddressTable, value: AddressHandle): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#patch(addresses.difference(frame.source, value), true);
    setSource(frame, addresses, value);
  }

  destination(addresses: AddressTable, value: AddressHandle): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#patch(addresses.difference(frame.destination, value), true);
    setDestination(frame, addresses, value);
  }

  /** The length of the pseudo header. */
  length(before: number, after: number): void {
    this.#patch(difference16(before, after), true);
  }

  word16(at: number, value: number): void {
    const view = this.#view();
    this.#patch(difference16(view.getUint16(at), value), false);
    view.setUint16(at, value);
  }

  /** `value` is signed; `at` must be an even number of bytes into the header. */
  word32(at: number, value: number): void {
    const view = this.#view();
    this.#patch(difference32(view.getInt32(at), value), false);
    view.setInt32(at, value);
  }

  /** 16 bits that were put in where nothing was before. */
  inserted16(value: number): void {
    this.#patch(value, false);
  }

  /** The checksum field moved along with the header. */
  moved(by: number): void {
    this.#checksumAt += by;
  }

  #view(): DataView {
    return this.#frame?.view ?? NOTHING;
  }

  /** Where the sender left the sum unfinished, only the pseudo header is in it so far, and it is not complemented. */
  #patch(difference: number, inPseudoHeader: boolean): void {
    if (this.#skips) return;
    const view = this.#view();
    const check = view.getUint16(this.#checksumAt);
    if (this.#frame?.checksumStart === 0) view.setUint16(this.#checksumAt, updated(check, difference) || this.#zero);
    else if (inPseudoHeader) view.setUint16(this.#checksumAt, fold(check + difference));
  }
}

const NOTHING = new DataView(new ArrayBuffer(0));
