/** Sessions that are kept and lost, and the worked examples, as their pages show them. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { runExample } from "../../../src/lab/example-run.ts";
import type { SessionKind } from "../../../src/lab/plan.ts";
import { type SessionResult, tryoutSessions } from "../../../src/lab/session-binding.ts";
import { type Kept, keptOf, sessionReport } from "../../../src/lab/session-report.ts";
import { labOptions } from "../options.ts";
import { testName, withLab } from "./lab.ts";
import { describeLab } from "./machine.ts";

/** The blocks of text on a page, each with its line end. */
const blocksOf = (page: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(/^```text\n(.*?)^```$/gms)].map(([, text = ""]) => text);

const SERVERS = 3;

async function tryout(kind: SessionKind, look: (result: SessionResult) => void): Promise<void> {
  await withLab(labOptions("nat", { name: testName("sess"), servers: SERVERS, sessions: kind }), async ({ lab }) => {
    const result = await tryoutSessions(lab, kind);
    look(result);
    expect(blocksOf("docs/session-binding.md")).to.include(sessionReport(result));
  });
}

const all = (kept: Kept): boolean => kept.kept === kept.of && kept.of > 0;
const none = (kept: Kept): boolean => kept.kept === 0 && kept.of > 0;

/** Both servers of the service are asked in turn, and the third before it failed: the session is known to all. */
const knownToAll = ({ clients }: SessionResult): void => {
  for (const { before, after } of clients) {
    expect(new Set(before.map(({ server }) => server)).size).to.equal(SERVERS);
    expect([keptOf(before), keptOf(after)].every(all)).to.equal(true);
  }
};

/** A client stays with one server, and so with its session, until that server fails. */
const boundToOne = ({ clients, failed }: SessionResult): void => {
  for (const { before } of clients) {
    expect(new Set(before.map(({ server }) => server)).size).to.equal(1);
    expect(all(keptOf(before))).to.equal(true);
  }
  const lost = clients.filter(({ before }) => before[0]?.server === failed);
  expect(lost).not.to.deep.equal([]);
  expect(lost.every(({ after }) => none(keptOf(after)))).to.equal(true);
};

describeLab("live sessions", () => {
  it("are lost with every other server, where nothing binds them", () =>
    tryout("none", ({ clients }) => {
      for (const { before, after } of clients) {
        expect(keptOf(before)).to.deep.equal({ kept: 1, of: 5 });
        expect(none(keptOf(after))).to.equal(true);
      }
    }));

  it("are kept by the scheduler sh, until the server fails", () => tryout("sh", boundToOne));

  it("are kept by persistence, until the server fails; those of other servers go on", () =>
    tryout("persistent", (result) => {
      boundToOne(result);
      const others = result.clients.filter(({ before }) => before[0]?.server !== result.failed);
      expect(others.map(({ after }) => all(keptOf(after)))).to.deep.equal(others.map(() => true));
    }));

  it("are kept by replication, also when a server fails", () => tryout("replicated", knownToAll));
});

describeLab(
  "live sessions in a session server",
  () => {
    it("are kept, also when a server fails", () => tryout("store", knownToAll));
  },
  "redis-server",
);

describeLab("the worked examples, live", () => {
  for (const mode of ["nat", "dr"] as const) {
    it(`${mode}: print what docs/labs.md shows`, () =>
      withLab(labOptions(mode, { name: testName("worked"), example: true }), async (raised) => {
        let printed = "";
        await runExample(raised, (text) => {
          printed += text;
        });
        const [typed = "", statistics = ""] = printed.split("$ ipvsadm -L -n --stats\n");
        expect(blocksOf("docs/labs.md")).to.include(typed.trimStart());
        const requests = mode === "nat" ? 12 : 6;
        expect(statistics).to.match(new RegExp(`TCP +12\\.11\\.0\\.101:80 +${requests} `));
      }));
  }
});
