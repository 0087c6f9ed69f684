/** Labs whose director is another process than at the beginning, or of whose directors one is gone: commands look at those that are there. */
import { expect } from "chai";
import { checkLab } from "../../../src/lab/check.ts";
import { checkReport } from "../../../src/lab/check-report.ts";
import { socketOfLab } from "../../../src/lab/director-control.ts";
import { livingDirectors } from "../../../src/lab/living-directors.ts";
import { loseDirector } from "../../../src/lab/lose.ts";
import { until } from "../../live/director.ts";
import { labOptions } from "../options.ts";
import { processesOf, testName, withLab } from "./lab.ts";
import { describeLab, tapvs } from "./machine.ts";

const checked = (lab: Parameters<typeof checkLab>[0], statistics = false) =>
  checkLab(lab, processesOf(lab), { requests: 4, statistics });

describeLab("live labs whose directors are others than at the beginning", () => {
  it("after a handover nothing is missing", () =>
    withLab(labOptions("nat", { name: testName("over") }), async ({ lab }) => {
      const [before] = await livingDirectors(lab);
      expect((await tapvs(["handover", "--socket", socketOfLab(lab.name)])).code).to.equal(0);
      await until(
        async () => (await livingDirectors(lab))[0]?.pid !== before?.pid,
        () => "the handover",
      );
      expect((await checked(lab)).faults).to.deep.equal([]);
      const { labs } = JSON.parse((await tapvs(["lab", "list", "--json"])).out) as { labs: { name: string }[] };
      expect(labs.find(({ name }) => name === lab.name)).to.include({ state: "up" });
    }));

  it("the first of two is dead: the check asks the second one, and names what the first one lacks", () => {
    const several = { kind: "vrrp", count: 2, advertised: "50ms" } as const;
    return withLab(labOptions("nat", { name: testName("dead"), several }), async ({ lab }) => {
      const [first] = await livingDirectors(lab);
      process.kill(first?.pid ?? 0, "SIGKILL");
      await until(
        async () => (await livingDirectors(lab)).some(({ number, active }) => number === 2 && active),
        () => "the takeover",
      );
      const result = await checked(lab);
      expect(result).to.include({ scheduler: "rr", lost: 0 });
      expect(result.servers.map(({ weight, expected }) => [weight, expected?.least])).to.deep.equal([
        [1, 2],
        [1, 2],
      ]);
      expect(result.faults).to.deep.include({ host: "director", message: "tapvs does not run any more" });
      expect(new Set(result.faults.map(({ host }) => host))).to.deep.equal(new Set(["director"]));
    });
  });

  it("of several that share the work each shows its counters; the last one is not killed", () => {
    const several = { kind: "ecmp", count: 2, next: "multipath", synchronised: false } as const;
    return withLab(labOptions("dr", { name: testName("share"), several }), async ({ lab }) => {
      const result = await checked(lab, true);
      expect(result.faults).to.deep.equal([]);
      expect(checkReport(lab, result)).to.match(/^director:\nIP Virtual[\s\S]*^director2:\nIP Virtual/m);
      const [first] = await livingDirectors(lab);
      process.kill(first?.pid ?? 0, "SIGKILL");
      await until(
        async () => (await livingDirectors(lab)).length === 1,
        () => "the end of the first one",
      );
      const refused = await loseDirector(lab, { host: "director2", connections: 1 }).catch((error) => error.message);
      expect(refused).to.equal("director2 is the last director that runs: no other could stand in for it");
      expect((await livingDirectors(lab)).map(({ host }) => host)).to.deep.equal(["director2"]);
    });
  });
});
