/** Synchronisation messages as fields and in words. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { decode } from "../../../../src/core/explain/decode/decode.ts";
import type { Layer } from "../../../../src/core/explain/decode/layers.ts";
import { syncSentence } from "../../../../src/core/explain/decode/sync-message.ts";
import { endMessage, requestMessage } from "../../../../src/core/ipvs/sync/message.ts";
import { transcriptOf } from "../../../kernel/verdict.ts";
import { ethernet } from "../../../support/packet.ts";
import { datagram, message, record } from "../../ipvs/sync/made-message.ts";

const UDP = 17;
const SYNC_MAC = "01:00:5e:00:00:51";

/** The first datagram of a recorded master, or that a recorded backup hears. */
function recorded(name: string): Uint8Array {
  const { events } = transcriptOf(readFileSync(`fixtures/golden-sync/${name}.jsonl`, "utf8"), name);
  for (const event of events) {
    if ((event.do === "tx" || event.do === "rx") && event.frame[0] === 1 && event.frame[23] === UDP) return event.frame;
  }
  throw new Error(`${name} has no datagram`);
}

const made = (payload: Uint8Array, port = 8848): Uint8Array =>
  ethernet(SYNC_MAC, "02:00:00:00:02:09", datagram(payload, port));
const recordsOf = (frame: Uint8Array): Layer[] => decode(frame).filter(({ name }) => name === "sync record");
const fieldsOf = (layer: Layer | undefined): Record<string, string> =>
  Object.fromEntries((layer?.fields ?? []).map(({ name, value }) => [name, value]));

describe("a synchronisation message", () => {
  it("of a kernel has all its records as fields", () => {
    const frame = recorded("sync_master");
    expect(fieldsOf(decode(frame).find(({ name }) => name === "IPVS sync"))).to.deep.equal({
      version: "1",
      SyncID: "5",
      records: "3",
    });
    expect(recordsOf(frame).map(fieldsOf)[1]).to.deep.equal({
      protocol: "TCP",
      client: "10.1.0.1:40001",
      virtual: "10.1.0.100:80",
      "real server": "10.2.0.2:80",
      state: "ESTABLISHED",
      kind: "active",
      method: "Masq",
      timeout: "900 s",
    });
  });

  it("of version 0 has no timeouts, of IPv6 connections IPv6 addresses", () => {
    expect(fieldsOf(recordsOf(recorded("sync_master_version_0"))[0])).to.not.have.property("timeout");
    const [six] = recordsOf(recorded("sync_master_ipv6"));
    expect(fieldsOf(six)).to.include({ client: "[fd00:1::1]:40000", "real server": "[fd00:2::3]:80", method: "Route" });
  });

  it("without a record asks for all connections, or says how many a master has told of", () => {
    expect(syncSentence(decode(made(requestMessage(5))))).to.equal(" A backup asks for all connections.");
    expect(syncSentence(decode(made(endMessage(5, 70_000))))).to.equal(" All connections are told: 70000.");
  });

  it("says what it tells in a sentence, of many records only the first", () => {
    const one = record({ flags: 0x1100, clientPort: 0, state: 1, fwmark: 7 });
    expect(syncSentence(decode(made(message([one]))))).to.equal(
      " It tells of 1 connection: 198.51.100.1:0 > 203.0.113.100:80 > 192.168.1.2:80 (TCP, ASSURED, template, 900 s).",
    );
    const six = Array.from({ length: 6 }, (_, index) => record({ clientPort: 50000 + index }));
    expect(syncSentence(decode(made(message(six))))).to.match(/^ It tells of 6 connections: .*; and 2 more\.$/);
  });

  it("says what is wrong with it", () => {
    const broken = message([record(), record({ options: [1, 0] })]);
    expect(syncSentence(decode(made(broken)))).to.match(
      /^ It tells of 1 connection: .* Not to be taken: an option is empty or reaches beyond its record\.$/,
    );
  });

  it("is not taken for one on another port, or if its size is another", () => {
    for (const frame of [
      made(message([record()]), 8847),
      made(message([record()], { size: 40 })),
      made(new Uint8Array(3)),
    ]) {
      expect(decode(frame).map(({ name }) => name)).to.deep.equal(["Ethernet", "IPv4", "UDP", "data"]);
    }
  });

  it("never throws, whatever its bytes", () => {
    const anyBytes = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(anyBytes, fc.boolean(), (bytes, sized) => {
        const payload = bytes.slice();
        if (sized && payload.length >= 4) payload.set([payload.length >>> 8, payload.length & 255], 2);
        decode(made(payload));
      }),
    );
  });
});
