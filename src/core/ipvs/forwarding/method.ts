/**
 * The contract of a forwarding method: how a connection's packets get to the real server, and what becomes of its answers.
 * Mirrors packet_xmit of struct ip_vs_conn, and IP_VS_CONN_F_FWD_MASK (include/uapi/linux/ip_vs.h).
 *
 * A method holds no state: destinations and rows name it by its number. `icmp` and `inner` are offsets in a
 * borrowed frame: of an ICMP message, and of the packet that this quotes. Whoever sends answers
 * with a verdict; ACCEPT leaves the packet to the host itself.
 */

import { ACCEPT, type Verdict } from "../../trace/verdict.ts";
import type { Family } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { Service } from "../service.ts";

export interface ForwardingMethod {
  /** IP_VS_CONN_F_*: the low three bits of a connection's flags. */
  readonly number: number;
  /** As listings and /proc spell it. */
  readonly name: string;
  /** As director.yaml, labs and `explain` call it. */
  readonly word: string;
  /** The option of ipvsadm that chooses it. */
  readonly option: { readonly long: string; readonly short: string };
  /** Whether ipvsadm 1.31 has that option; one of ours is for `-a` and `-e` only. */
  readonly standard: boolean;
  /** The client's packet travels inside another one: tunnel options are for it. */
  readonly tunnels: boolean;
  /** Whether real servers of a family may serve clients of a family. */
  takesServer(client: Family, server: Family): boolean;
  /** The real server is given the packet's own port: its port is the service's, whatever `-r` says. */
  readonly keepsPort: boolean;
  /** Answers come back by the director, which translates them: both tables of states hold. If not, only requests are seen. */
  readonly translates: boolean;
  /** How the real server's answers are recognized: ANSWERS_AS_VIRTUAL, ANSWERS_AS_SERVER or ANSWERS_TO_LOCAL. */
  readonly answers: number;

  /** A new connection, not yet in the table: ACCEPT, or why the method cannot take it. */
  open(path: DataPath, row: Row, service: Service): Verdict;
  /** Sends the client's packet to the real server. */
  forward(path: DataPath, frame: Frame, row: Row): Verdict;
  /** Sends an ICMP error about an answer to the real server (ip_vs_icmp_xmit). `passing`: it came through the FORWARD hook. */
  forwardError(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number, passing: boolean): Verdict;
  /** An answer on its way to the client: REROUTE if it was translated, ACCEPT if it stays as it is, or a drop. */
  translateAnswer(path: DataPath, frame: Frame, row: Row): Verdict;
  /** An ICMP error about a request, its checksum right, on its way to the client. Only where `translates`. */
  translateError(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): void;
}

/** For methods that leave the network header what it is. */
export const takesOwnFamily = (client: Family, server: Family): boolean => client === server;
/** For methods whose connections need nothing. */
export const opensAlways = (): Verdict => ACCEPT;
/** For methods whose answers pass by the director as they are, if at all. */
export const answersStay = (): Verdict => ACCEPT;
