/** Situations: protocols that would need somebody to read in them. */
import { QUIC, type Situations } from "../situation.ts";

export const HELPERS_SITUATIONS: Situations = {
  "SIP without its engine": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:5060 -s rr",
      "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.2 -m",
      "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.3 -m",
      "1 eth0 udp 12.11.0.10:5060 > 12.11.0.101:5060",
      "2 eth0 udp 12.11.0.10:5062 > 12.11.0.101:5060",
    ],
    says: [
      "12.11.0.10 has a connection to 172.16.1.3:5060, and this one goes to 172.16.1.2:5060",
      "Call-ID",
      "--pe sip",
    ],
  },
  "QUIC from a port that has changed": {
    lines: [
      ...QUIC,
      "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:443 data 0xc000000001",
      "2 eth0 udp 12.11.0.10:5001 > 12.11.0.101:443 data 0x4a00000001",
    ],
    says: ["header of an established QUIC connection", "none from 12.11.0.10:5001", "172.16.1.2:443", "-p"],
  },
  "QUIC that begins": {
    lines: [...QUIC, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:443 data 0xc000000001"],
    says: [],
    not: ["QUIC"],
  },
};
