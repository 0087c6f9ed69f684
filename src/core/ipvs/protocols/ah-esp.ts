/**
 * AH and ESP (IPsec, RFC 4302 and RFC 4303) have no ports: their packets follow the connection by which client and real
 * server agreed on keys, UDP port 500 to UDP port 500 (IKE, RFC 7296). Mirrors net/netfilter/ipvs/ip_vs_proto_ah_esp.c.
 */
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";

/** A protocol whose packets belong to another one's connections: it opens none, and moves no state on. */
export interface FollowingProtocol {
  /** As in the IP header. */
  readonly number: number;
  readonly name: string;
  /** The connections that it follows: their protocol, and the port on both sides. */
  readonly followed: number;
  readonly port: number;
}

const ISAKMP = 500;

export const ah: FollowingProtocol = { number: 51, name: "AH", followed: PROTOCOL_UDP, port: ISAKMP };
export const esp: FollowingProtocol = { number: 50, name: "ESP", followed: PROTOCOL_UDP, port: ISAKMP };
