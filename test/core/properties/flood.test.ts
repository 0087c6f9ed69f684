/** Frames by the hundred thousand, most of them broken, commands and clock jumps between them: nothing throws, every frame ends in a verdict, and the tables stay true. */
import { expect } from "chai";
import { VERDICTS, verdictName } from "../../../src/core/trace/verdict.ts";
import { Frame, HEADROOM } from "../../../src/core/wire/frame.ts";
import { SEED } from "../../seed.ts";
import { audit } from "../../support/audit.ts";
import { type Lab, SERVER, SERVER2, VIP } from "../../support/lab.ts";
import { mutated } from "./mutations.ts";
import { type Dice, diceOf, pick } from "./random.ts";
import { arrivals, town } from "./town.ts";

/** TAPVS_FRAMES sets how many: a long run is `TAPVS_FRAMES=20000000 TAPVS_SEED=... mocha dist/test/core/properties/flood.test.js -t 0`. */
const FRAMES = Number(process.env.TAPVS_FRAMES ?? 300_000);
/** Distinct frames; so many of their own would take longer to make than to send. */
const DISTINCT = 20_000;
const BETWEEN_AUDITS = 100_000;
const BETWEEN_EDITS = 5_000;
/** How far the clock may jump between edits, in seconds: within a timeout, past all of them, and years. */
const JUMPS = [0, 0, 0, 0, 0, 0, 0.01, 1, 30, 61, 130, 1000, 86_400, 3e7] as const;

/** What an operator might do in the middle of it. */
const EDITS: readonly ((made: Lab) => void)[] = [
  (made) => made.ipvsadm(`-d -t ${VIP}:80 -r ${SERVER}:8080`),
  (made) => made.ipvsadm(`-a -t ${VIP}:80 -r ${SERVER}:8080 -m -w 3`),
  (made) => made.ipvsadm(`-e -t ${VIP}:81 -r ${SERVER} -g -w 0`),
  (made) => made.ipvsadm(`-e -t ${VIP}:81 -r ${SERVER} -i -w 1`),
  (made) => made.ipvsadm(`-d -u ${VIP}:55 -r ${SERVER2}:5555`),
  (made) => made.ipvsadm(`-a -u ${VIP}:55 -r ${SERVER2}:5555 -b`),
  (made) => made.ipvsadm(`-E -t ${VIP}:83 -s mh -p 30`),
  (made) => made.ipvsadm(`-D -t ${VIP}:84`),
  (made) => made.ipvsadm(`-A -t ${VIP}:84 -s rr`),
  ...[
    "schedule_icmp",
    "nat_icmp_send",
    "sloppy_tcp",
    "expire_nodest_conn",
    "expire_quiescent_template",
    "pmtu_disc",
  ].flatMap((name) => [(made: Lab) => made.sysctl(name, 1), (made: Lab) => made.sysctl(name, 0)]),
  ...[0, 3].flatMap((mode) =>
    ["secure_tcp", "drop_entry", "drop_packet"].map((name) => (made: Lab) => made.sysctl(name, mode)),
  ),
  ...[0, 1, 2].map((mode) => (made: Lab) => made.sysctl("conn_reuse_mode", mode)),
];

/** An edit that is refused (there is nothing to delete) is as good as one that is not. */
function edit(made: Lab, dice: Dice): void {
  try {
    pick(dice, EDITS)(made);
  } catch (refused) {
    if (!(refused instanceof Error) || !refused.message.startsWith("ipvsadm ")) throw refused;
  }
}

describe("a flood of broken frames", () => {
  it("is survived", () => {
    const dice = diceOf(SEED);
    const pool = arrivals(12);
    const distinct = Array.from({ length: DISTINCT }, () => mutated(dice, pool));
    const made = town({ silent: true, deaf: true, seed: SEED });
    const { director } = made;
    const frame = new Frame(new Uint8Array(4096));
    let spent = 0n;
    for (let sent = 0; sent < FRAMES; ) {
      const started = process.hrtime.bigint();
      for (const until = sent + BETWEEN_EDITS; sent < until; sent++) {
        const arrival = pick(dice, distinct);
        made.now += dice(4000);
        frame.bytes.set(arrival.bytes, HEADROOM);
        frame.reset(HEADROOM, HEADROOM + arrival.bytes.length);
        const verdict = director.receive(frame, arrival.port, made.now);
        if (!(verdict >= 0 && verdict < VERDICTS)) expect.fail(`seed ${SEED}, frame ${sent}: verdict ${verdict}`);
      }
      spent += process.hrtime.bigint() - started;
      edit(made, dice);
      made.now += Math.round(pick(dice, JUMPS) * 1e6);
      if (sent % BETWEEN_AUDITS === 0) audit(director.server);
    }
    const rate = FRAMES / (Number(spent) / 1e9);
    const seen = [...director.counts].map((count, verdict) => (count > 0 ? verdictName(verdict) : ""));
    const ends = seen.filter(Boolean).length;
    console.log(`      ${Math.round(rate / 1000)} 000 frames/s, ${ends} kinds of verdict, TAPVS_SEED=${SEED}`);
    expect(director.counts.reduce((sum, count) => sum + count, 0)).to.be.at.least(FRAMES);
    // Left alone, everything is forgotten.
    made.wait(3600);
    audit(director.server);
    expect(made.rows.count).to.equal(0);
  });
});
