import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import type { Packet } from "../../../src/core/capture/packet.ts";
import { KnownConnectionSentences } from "../../../src/core/explain/sentences/known-connection.ts";
import { verdictSentence } from "../../../src/core/explain/sentences/sentences.ts";
import type { DirectorConfig } from "../../../src/core/host/config/config.ts";
import { type Arrival, CaptureRun } from "../../../src/core/replay/capture-run.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { feedTranscript } from "../../../src/core/replay/transcript-packets.ts";
import { readInOrder } from "../../../src/io/capture-file.ts";
import { readConfig } from "../../../src/io/config.ts";
import { parseTranscriptFile } from "../../../src/io/transcript-file.ts";

/** A run that says a sentence of each arrival: by its walk, or of plain packets by their connection. */
function speaking(config: DirectorConfig, contentWithKnown: boolean) {
  const said: string[] = [];
  let known = 0;
  const run: CaptureRun = new CaptureRun(config, {
    listensTo: () => true,
    wantsCauses: false,
    contentWithKnown,
    skipped: () => {},
    arrived: (arrival: Arrival) => {
      if (arrival.known === undefined) said.push(verdictSentence(arrival.events));
      else {
        known++;
        said.push(sentences.of(arrival.known.row, arrival.known.answer, arrival.known.port));
      }
    },
  });
  const sentences = new KnownConnectionSentences(
    run.director.path,
    run.director.interfaces.map(({ name }) => name),
  );
  return { run, said, known: () => known };
}

describe("the sentence of a packet of a known connection", () => {
  for (const lab of ["fixtures/captures/nat", "fixtures/captures/tun-ipv6", "examples/dr", "examples/fullnat"])
    it(`is that of its walk: ${lab}`, async () => {
      const loaded = readConfig(`${lab}/director.yaml`);
      if (loaded.kind === "errors") return expect.fail(loaded.errors.map(({ message }) => message).join("\n"));
      const [short, long] = [true, false].map((content) => speaking(loaded.config, content));
      if (short === undefined || long === undefined) return;
      for (const { run } of [short, long]) {
        loadRules(run.director, loaded.config.rules);
        await readInOrder(`${lab}/wire.pcapng`, (packet: Packet) => run.packet(packet));
      }
      expect(short.said).deep.equals(long.said);
      expect(long.known()).equals(0);
      if (lab !== "examples/fullnat") expect(short.known()).greaterThan(5);
    });

  it("is that of its walk in recordings of the kernel", () => {
    let known = 0;
    const files = readdirSync("fixtures/golden").filter((name) => name.endsWith(".jsonl"));
    for (const name of files) {
      const read = parseTranscriptFile(name, readFileSync(`fixtures/golden/${name}`, "utf8"));
      if (read.kind === "errors") return expect.fail(name);
      const { transcript } = read;
      const config = { ...transcript.head, rules: { file: name, firstLine: 1, lines: [] } };
      const [short, long] = [true, false].map((content) => speaking(config, content));
      if (short === undefined || long === undefined) return;
      for (const { run } of [short, long]) feedTranscript(run, transcript, () => {});
      expect(short.said, name).deep.equals(long.said);
      known += short.known();
    }
    expect(known).greaterThan(50);
  });
});
