/** Labs with two directors: the active one is killed, and the client is served again, by each mode. */
import { expect } from "chai";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { isServed } from "../../../src/lab/requests.ts";
import { labOptions } from "../options.ts";
import { processesOf, request, testName, withLab } from "./lab.ts";
import { describeLab, tapvs } from "./machine.ts";

const TWO = { kind: "vrrp", count: 2, advertised: "1s" } as const;

describeLab("live labs with two directors", function () {
  this.timeout(120_000);
  for (const mode of MODES) {
    it(`${mode}: the second one takes over when the first is killed`, async () => {
      const options = { ...labOptions(mode), name: testName(`d${mode.slice(0, 3)}`), several: TWO };
      await withLab(options, async ({ lab }) => {
        const before = await request(lab, 4);
        expect(before.every(isServed), JSON.stringify(before)).to.equal(true);
        const status = async (host: string): Promise<string> =>
          (await tapvs(["lab", "exec", "--name", lab.name, host, "tapvs", "status"])).out;
        expect(await status("director")).to.match(/VRRP eth0 51: master/);
        expect(await status("director2")).to.match(/VRRP eth0 51: backup/);
        const first = processesOf(lab).find(({ host, program }) => host === "director" && program === "run");
        process.kill(first?.pid ?? 0, "SIGKILL");
        for (let tries = 0; tries < 60 && !/VRRP eth0 51: master/.test(await status("director2")); tries++);
        const after = await request(lab, 4);
        expect(after.every(isServed), JSON.stringify(after)).to.equal(true);
      });
    });
  }
});
