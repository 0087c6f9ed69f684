import { expect } from "chai";
import type { Packet } from "../../../src/core/capture/packet.ts";
import { verifyCapture } from "../../../src/core/replay/capture-case.ts";
import { formatMac } from "../../../src/core/wire/address.ts";
import { readSorted } from "../../../src/io/capture-file.ts";
import { readConfig } from "../../../src/io/config.ts";

const FOLDER = "fixtures/captures/nat";

describe("a recording with one direction only", () => {
  const packets: Packet[] = [];
  before(async () => {
    packets.push(...(await readSorted(`${FOLDER}/wire.pcapng`)).packets);
  });

  /** The notes of a recording with those packets only; the second argument is who sent one: an interface of the director, or nobody. */
  function notesOf(keeps: (packet: Packet, sender: string | undefined) => boolean): readonly string[] {
    const read = readConfig(`${FOLDER}/director.yaml`);
    if (read.kind === "errors") throw new Error("the fixture has a wrong configuration");
    const { config } = read;
    const senders = new Map(config.interfaces.map(({ name, mac }) => [mac && formatMac(mac, 0), name]));
    const kept = packets.filter((packet) => keeps(packet, senders.get(formatMac(packet.bytes, 6))));
    const result = verifyCapture("nat", config, kept);
    return "notes" in result ? result.notes : ["not run"];
  }

  it("is told as such", () => {
    expect(notesOf(() => true)).deep.equals([]);
    expect(notesOf((_, sender) => sender === undefined).join()).matches(
      /^the recording has nothing that a director sent/,
    );
    expect(notesOf((_, sender) => sender !== undefined)).deep.equals([
      "the recording has only what the director sent: record what arrives, too, on each interface",
    ]);
    expect(notesOf((_, sender) => sender !== "eth1")).deep.equals([
      "the recording has nothing that the director sent on eth1: record both directions there, too",
    ]);
  });
});
