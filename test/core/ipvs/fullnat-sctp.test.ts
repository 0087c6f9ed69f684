/** FULLNAT of SCTP: addresses and ports change both ways, and the CRC32c, which no edit can patch, is right again. */
import { expect } from "chai";
import { ends, expectFrame } from "tapvs/testing";
import { PROTOCOL_SCTP } from "../../../src/core/wire/ipv4.ts";
import { CHUNK_INIT, finishSctp } from "../../../src/core/wire/sctp.ts";
import { CLIENT, LOCAL, SERVER, VIP } from "../../support/lab.ts";
import { ipv4, type Packet } from "../../support/packet.ts";
import { fullnat } from "./fullnat-lab.ts";

const INIT_ACK = 2;
const ETHERNET_AND_IPV4 = 34;

/** A packet with one empty chunk, its checksum right. */
function sctp(from: string, fromPort: number, to: string, toPort: number, chunk: number): Packet {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint32(4, 0x1234_5678);
  view.setUint8(12, chunk);
  view.setUint16(14, 4);
  finishSctp(view, 0, bytes.length);
  return ipv4(`${from} > ${to}`, PROTOCOL_SCTP, bytes);
}

function isSound(frame: Uint8Array): boolean {
  const bytes = frame.slice(ETHERNET_AND_IPV4, ETHERNET_AND_IPV4 + 16);
  finishSctp(new DataView(bytes.buffer), 0, bytes.length);
  return bytes.every((byte, at) => byte === frame[ETHERNET_AND_IPV4 + at]);
}

describe("FULLNAT, SCTP", () => {
  it("an association's packets arrive whole, both ways", () => {
    const made = fullnat({ at: `--sctp-service ${VIP}:38412`, servers: [`${SERVER}:36412`] });
    const [asked] = made.receive(sctp(CLIENT, 40000, VIP, 38412, CHUNK_INIT)).sent;
    expectFrame(asked, ends(`${LOCAL}:5000 > ${SERVER}:36412`));
    expect(isSound(asked?.bytes ?? new Uint8Array())).to.equal(true);
    const [answered] = made.receive(sctp(SERVER, 36412, LOCAL, 5000, INIT_ACK)).sent;
    expectFrame(answered, ends(`${VIP}:38412 > ${CLIENT}:40000`));
    expect(isSound(answered?.bytes ?? new Uint8Array())).to.equal(true);
  });
});
