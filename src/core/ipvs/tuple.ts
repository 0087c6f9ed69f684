/** The addresses and ports that a connection is named by. */
import { type AddressHandle, NO_ADDRESS } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { destinationPort, sourcePort } from "../wire/transport.ts";

/** Reused from packet to packet: borrowed. */
export class Tuple {
  protocol = 0;
  source: AddressHandle = NO_ADDRESS;
  sourcePort = 0;
  destination: AddressHandle = NO_ADDRESS;
  destinationPort = 0;
  mark = 0;
  /** Taken from an ICMP error about an answer: the header at hand has the addresses the other way round. */
  inverse = false;

  read(frame: Frame): void {
    this.protocol = frame.protocol;
    this.source = frame.source;
    this.destination = frame.destination;
    this.sourcePort = sourcePort(frame);
    this.destinationPort = destinationPort(frame);
    this.mark = frame.mark;
  }
}
