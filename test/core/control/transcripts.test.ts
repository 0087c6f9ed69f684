/** Replays every recorded run of ipvsadm 1.31, record by record. */
import { expect } from "chai";
import type { Outcome } from "../../../src/core/control/environment.ts";
import { expectSame, without } from "./comparison.ts";
import { bootOf, hostsFile, notReplayed, type RecordedCommand, recordsOf, runNames, traffic } from "./records.ts";
import { Traffic } from "./traffic.ts";
import { World } from "./world.ts";

/** A command took about this long, in seconds. */
const COMMAND_TAKES = 0.06;

/** One run from its beginning. */
class Replay {
  readonly #world: World;
  readonly #packets: Traffic;

  constructor(run: string) {
    this.#world = new World(hostsFile(), bootOf(run));
    this.#packets = new Traffic(this.#world.server);
  }

  /** What came between this record and the one before it, and then the record's command. */
  run(record: RecordedCommand): Outcome | undefined {
    for (const line of traffic[record.id] ?? []) this.#packets.run(line);
    const outcome = this.#world.run(record);
    this.#packets.wait(COMMAND_TAKES);
    return outcome;
  }
}

/** Holds an outcome against its record, but for lines that are known not to be ours. */
function expectReplayed(outcome: Outcome | undefined, record: RecordedCommand): void {
  if (outcome === undefined) throw new Error(`nothing here runs ${record.command}`);
  const exception = notReplayed.lines[record.id];
  if (exception === undefined) {
    expectSame(outcome, record);
    return;
  }
  expect(() => expectSame(outcome, record), "all lines match: the exception is stale").to.throw();
  const strip = (text: string): string => without(text, new RegExp(exception.pattern)).text;
  expectSame(
    { ...outcome, out: strip(outcome.out) },
    { ...record, stdout: strip(record.stdout), stderr: strip(record.stderr) },
  );
}

describe("ipvsadm transcripts", () => {
  for (const run of runNames()) {
    describe(run, () => {
      const replay = new Replay(run);
      for (const record of recordsOf(run)) {
        if (notReplayed.records[record.id] !== undefined) continue;
        it(`${record.id} ${record.command.slice(0, 100)}`, () => expectReplayed(replay.run(record), record));
      }
    });
  }
});

describe("what is not replayed of the ipvsadm transcripts", () => {
  const records = new Map(runNames().flatMap((run) => recordsOf(run).map((record) => [record.id, record])));

  it("are records that exist, each with a reason", () => {
    const reasons = { ...notReplayed.records };
    for (const [id, { reason }] of Object.entries(notReplayed.lines)) {
      expect(reasons, `${id} stands twice`).not.to.have.property(id);
      reasons[id] = reason;
    }
    for (const [id, reason] of Object.entries(reasons)) {
      expect(records.has(id), id).to.equal(true);
      expect(reason, id).to.match(/\S/);
    }
  });

  it("leaves no traffic without a command", () => {
    for (const id of Object.keys(traffic)) {
      expect(records.has(id), id).to.equal(true);
      expect(notReplayed.records, id).not.to.have.property(id);
    }
  });

  for (const [id, reason] of Object.entries(notReplayed.records)) {
    it(`${id} does differ: ${reason}`, () => {
      const [run = ""] = id.split("/");
      const replay = new Replay(run);
      for (const record of recordsOf(run)) {
        if (record.id === id) {
          const outcome = replay.run(record);
          expect(() => expectReplayed(outcome, record), "the exception is stale").to.throw();
          return;
        }
        if (notReplayed.records[record.id] === undefined) replay.run(record);
      }
      expect.fail("there is no such record");
    });
  }
});
