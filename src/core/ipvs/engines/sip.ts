/** `--pe sip`: datagrams of one call go to one server, by their Call-ID. Mirrors net/netfilter/ipvs/ip_vs_pe_sip.c. */
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import { callId } from "./call-id.ts";
import type { PersistenceEngine } from "./engine.ts";

/**
 * @ipvs #Y persistence "--pe sip: the Call-ID names the template beside the client; a packet without one is dropped"
 */
export const sip: PersistenceEngine = {
  name: "sip",
  takesServersPackets: true,

  dataOf(frame: Frame): Uint8Array | undefined {
    const { protocol, bytes, transport, end } = frame;
    return protocol === PROTOCOL_UDP ? callId(bytes, transport + UDP_HEADER, end) : undefined;
  },

  show: (data) => String.fromCharCode(...data),
};
