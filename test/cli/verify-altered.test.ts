import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Packet } from "../../src/core/capture/packet.ts";
import type { Transcript } from "../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { readSorted } from "../../src/io/capture-file.ts";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";
import { casesOf, transcriptOf } from "./verified.ts";

const GOLDEN = "fixtures/golden";
const CAPTURES = "fixtures/captures";

describe("tapvs verify", () => {
  const path = scratch();

  describe("of a recording that was altered", () => {
    const recording = transcriptOf(`${GOLDEN}/nat_http.jsonl`);

    /** Writes the recording with other events. */
    function altered(name: string, change: (events: Transcript["events"]) => Transcript["events"]): string {
      writeFileSync(path(name), formatTranscript({ head: recording.head, events: change(recording.events) }));
      return path(name);
    }

    const fourth =
      recording.events.map((event, index) => ({ event, index })).filter(({ event }) => event.do === "tx")[3]?.index ??
      -1;

    /** The bytes of an Ethernet, IPv4 and TCP header, and which field each belongs to. */
    const BYTES: readonly (readonly [number, string])[] = [
      [0, "Ethernet destination"],
      [11, "Ethernet source"],
      [15, "IPv4 TOS"],
      [19, "IPv4 identification"],
      [22, "IPv4 TTL"],
      [25, "IPv4 header checksum"],
      [33, "IPv4 destination"],
      [37, "TCP destination port"],
      [41, "TCP sequence number"],
      [45, "TCP acknowledgement number"],
      [47, "TCP flags"],
      [51, "TCP checksum"],
      [54, "TCP payload"],
    ];
    for (const [at, field] of BYTES) {
      it(`names the field in which byte ${at} of a sent frame is: ${field}`, () => {
        const file = altered(`byte-${at}.jsonl`, (events) =>
          events.map((event, index) => {
            if (index !== fourth || event.do !== "tx") return event;
            const bytes = event.frame.slice();
            bytes[at] = (bytes[at] ?? 0) ^ 0x04;
            return { ...event, frame: bytes };
          }),
        );
        const { code, out } = tapvs(["verify", file]);
        expect(code).equals(1);
        expect(out).includes(`line ${fourth + 2}: another frame was sent on eth1: ${field}\n`);
        expect(out).matches(new RegExp(`^ +${field} +\\S.* {2,}\\S.*$`, "m"));
        expect(out).matches(/led there by line \d+: a frame arrives on eth0: .*\n +A frame arrives on eth0/);
        expect(out).includes("0 of 1 match");
      });
    }

    it("tells a frame that is missing in the recording", () => {
      const file = altered("deleted.jsonl", (events) => events.filter((_, index) => index !== fourth));
      const { code, out } = tapvs(["verify", file]);
      expect(code).equals(1);
      expect(out).includes("a frame was sent on eth1 that the recording does not have");
    });

    it("tells a frame that the emulator did not send", () => {
      const file = altered("added.jsonl", (events) =>
        events.flatMap((event, index) => (index === fourth ? [event, event] : [event])),
      );
      const { code, out } = tapvs(["verify", file]);
      expect(code).equals(1);
      expect(out).includes(`line ${fourth + 3}: the frame recorded on eth1 was not sent`);
    });

    it("tells a frame that left by another port", () => {
      const file = altered("port.jsonl", (events) =>
        events.map((event, index) => (index === fourth && event.do === "tx" ? { ...event, dev: "eth0" } : event)),
      );
      expect(tapvs(["verify", file]).out).includes("the frame recorded on eth0 was sent on eth1");
    });

    it("shows the line of a listing in which a counter differs", () => {
      const file = altered("counter.jsonl", (events) =>
        events.map((event) =>
          event.do === "ipvsadm" && event.args.includes("--stats")
            ? { ...event, out: event.out.replace(/ 4 +19 /, "4       20 ") }
            : event,
        ),
      );
      const { code, out } = tapvs(["verify", file]);
      expect(code).equals(1);
      expect(out).includes("output of ipvsadm -Ln --stats --exact differs");
      expect(out).matches(/^ +-TCP {2}10\.1\.0\.100:80 +4 +20 /m);
      expect(out).matches(/^ +\+TCP {2}10\.1\.0\.100:80 +4 +19 /m);
    });

    it("tells another exit code", () => {
      const file = altered("code.jsonl", (events) =>
        events.map((event, index) => (index === 0 && event.do === "ipvsadm" ? { ...event, code: 255 } : event)),
      );
      expect(tapvs(["verify", file]).out).matches(/line 2: ipvsadm .* ends with 0, recorded was 255/);
    });

    it("says the same as JSON", () => {
      const file = altered("json.jsonl", (events) =>
        events.map((event, index) =>
          index === fourth && event.do === "tx"
            ? { ...event, frame: event.frame.map((byte, at) => (at === 22 ? 17 : byte)) }
            : event,
        ),
      );
      const [one] = casesOf(file);
      expect(one?.outcome).equals("differs");
      expect(one?.difference).deep.includes({ kind: "frame", place: `line ${fourth + 2}` });
      expect(one?.difference?.fields).deep.equals([{ name: "IPv4 TTL", expected: "17", got: "63" }]);
      expect(one?.difference?.walk.length).greaterThan(5);
    });
  });

  describe("of a lab that was altered", () => {
    function copyOf(lab: string, name: string): string {
      cpSync(`${CAPTURES}/${lab}`, path(name), { recursive: true });
      return path(name);
    }

    /** Changes a byte of the n-th frame that the director sent on a port. */
    async function alterFrame(directory: string, chosen: (packet: Packet) => boolean, at: number): Promise<Packet> {
      const { packets } = await readSorted(join(directory, "wire.pcapng"));
      const packet = [...packets].find(chosen);
      if (packet === undefined) throw new Error("no such packet");
      const bytes = readFileSync(join(directory, "wire.pcapng"));
      // Behind the seven words that begin an enhanced packet block.
      const place = packet.offset + 28 + at;
      bytes[place] = (bytes[place] ?? 0) ^ 0x01;
      writeFileSync(join(directory, "wire.pcapng"), bytes);
      return packet;
    }

    const isSentBy =
      (mac: string) =>
      ({ bytes }: Packet): boolean =>
        Buffer.from(bytes.subarray(6, 12)).toString("hex") === mac;

    it("names packet and field of a sent frame, and how the emulator came to its own", async () => {
      const directory = copyOf("tun", "tun-altered");
      const isTunnelled = (packet: Packet): boolean => isSentBy("0200000d0002")(packet) && packet.bytes[23] === 4;
      const packet = await alterFrame(directory, isTunnelled, 22);
      const { code, out } = tapvs(["verify", directory]);
      expect(code).equals(1);
      expect(out).includes(`packet ${packet.record}: another frame was sent on eth1: IPv4 TTL\n`);
      expect(out).matches(/led there by packet \d+: a frame arrives on eth[01]/);
    });

    it("does not compare the identification of a tunnel's outer header without DF, nor a ping's answer's", async () => {
      const directory = copyOf("nat", "nat-identification");
      const isPong = (packet: Packet): boolean => isSentBy("0200000d0001")(packet) && packet.bytes[23] === 1;
      await alterFrame(directory, isPong, 19);
      expect(tapvs(["verify", directory]).code).equals(0);
      await alterFrame(directory, isPong, 22);
      expect(tapvs(["verify", directory]).out).includes("another frame was sent on eth0: IPv4 TTL\n");
    });

    it("compares ARP", async () => {
      const directory = copyOf("dr", "dr-arp");
      const packet = await alterFrame(
        directory,
        (one) => isSentBy("0200000d0001")(one) && one.bytes[13] === 6 && one.bytes[21] === 1,
        31,
      );
      expect(tapvs(["verify", directory]).out).includes(
        `packet ${packet.record}: another frame was sent on eth0: ARP sender IP\n`,
      );
    });

    it("compares counters and connections", () => {
      const directory = copyOf("nat", "nat-counters");
      const stats = readFileSync(join(directory, "stats.txt"), "utf8");
      writeFileSync(join(directory, "stats.txt"), stats.replace("4893", "4894"));
      const { code, out } = tapvs(["verify", directory]);
      expect(code).equals(1);
      expect(out).matches(/nat-counters: stats\.txt differs[\s\S]*-TCP .* 4894 [\s\S]*\+TCP .* 4893 /);
      writeFileSync(join(directory, "stats.txt"), stats);
      const entries = readFileSync(join(directory, "connections.txt"), "utf8");
      writeFileSync(join(directory, "connections.txt"), entries.replace("TIME_WAIT", "CLOSE    "));
      expect(tapvs(["verify", directory]).out).matches(
        /connections\.txt differs[\s\S]*-TCP .* CLOSE [\s\S]*\+TCP .* TIME_WAIT/,
      );
    });
  });
});
