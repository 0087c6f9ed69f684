/** Labs with two directors: the active one is killed under connections that stay open, and none breaks, by each mode in both families. */
import { expect } from "chai";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { loseDirector } from "../../../src/lab/lose.ts";
import { isServed } from "../../../src/lab/requests.ts";
import { labOptions } from "../options.ts";
import { request, testName, withLab } from "./lab.ts";
import { describeLab, tapvs } from "./machine.ts";

const TWO = { kind: "vrrp", count: 2, advertised: "1s" } as const;
const CONNECTIONS = 40;

describeLab("live labs with two directors", function () {
  this.timeout(120_000);
  for (const mode of MODES) {
    for (const ipv6 of [false, true]) {
      it(`${mode}, ${ipv6 ? "IPv6" : "IPv4"}: the second one takes over when the first is killed, and nothing breaks`, async () => {
        const name = testName(`d${mode.slice(0, 3)}${ipv6 ? 6 : 4}`);
        await withLab(labOptions(mode, { name, several: TWO, ...(ipv6 && { ipv6 }) }), async ({ lab }) => {
          const status = async (host: string): Promise<string> =>
            (await tapvs(["lab", "exec", "--name", lab.name, host, "tapvs", "status"])).out;
          expect(await status("director")).to.match(/VRRP eth0 51: master/);
          expect(await status("director2")).to.match(/VRRP eth0 51: backup/);
          const loss = await loseDirector(lab, { host: "director", connections: CONNECTIONS });
          expect(await status("director2")).to.match(/VRRP eth0 51: master/);
          expect(loss.held, JSON.stringify(loss)).to.deep.equal({
            connections: CONNECTIONS,
            reset: 0,
            closed: 0,
            silent: 0,
            early: 0,
          });
          const after = await request(lab, 4);
          expect(after.every(isServed), JSON.stringify(after)).to.equal(true);
        });
      });
    }
  }
});
