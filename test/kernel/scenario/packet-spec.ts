/** A packet as a scenario describes it: data, before there are bytes. */
import type { Ipv4Options, Piece, Sum } from "../frames.ts";
import type { Station } from "../network.ts";

/** Fields of TCP, UDP and SCTP; a row of source ports stands for a row of packets. */
export interface TransportSpec {
  readonly kind: "tcp" | "udp" | "sctp";
  readonly sourcePorts: readonly number[];
  readonly destinationPort: number;
  readonly flags: number;
  /** SCTP: the types of the chunks. */
  readonly chunks?: readonly number[];
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly urgent?: number;
  readonly options?: Uint8Array;
  readonly headerWords?: number;
  /** UDP: the length field. */
  readonly length?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

export interface IcmpSpec {
  readonly kind: "icmp";
  readonly type: number;
  readonly code: number;
  readonly rest?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
  /** What an error quotes: the last packet that the director sent or received, or one in words. */
  readonly about?: "sent" | "received" | PacketSpec;
  /** How many bytes it quotes. */
  readonly quote: number;
}

export interface OtherSpec {
  readonly kind: "other";
  readonly protocol: number;
  readonly data?: Uint8Array;
}

/** How a packet is cut into fragments; `pieces` wins over `size`. */
interface CutSpec {
  readonly size?: number;
  readonly pieces?: readonly Piece[];
  readonly reversed?: boolean;
}

export interface PacketSpec {
  readonly source: number;
  readonly destination: number;
  readonly payload: TransportSpec | IcmpSpec | OtherSpec;
  readonly header: Ipv4Options;
  readonly fragments?: CutSpec;
  /** Bytes of the IPv4 packet that are sent; the rest is lost. */
  readonly cut?: number;
  /** Bytes behind the packet that Ethernet needed. */
  readonly pad?: number;
  readonly toMac?: string;
  /** Who puts it on the wire, if that is not to be told from the source address. */
  readonly by?: Station;
}
