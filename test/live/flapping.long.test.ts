/** Two directors, and a link that comes and goes under downloads and requests: nothing breaks, and in the end the better one is master. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { beginDownloads, beginRequests, serveDownloads } from "./downloads.ts";
import { MODES, PORT, VIP } from "./modes.ts";
import type { Network } from "./network.ts";
import { fileOf } from "./two-directors.ts";

interface RouterStatus {
  readonly state: string;
  readonly takeovers: number;
}

const SERVICE = { address: VIP, port: PORT };
const FLAPS = 8;
/** Milliseconds: longer than three advertisements, so that the other one takes over, and long enough for it to yield again. */
const DOWN = 500;
const UP = 700;

/** What happens to the first director's port in front. */
const WAYS: readonly {
  readonly what: string;
  readonly mode: string;
  readonly down: readonly string[];
  readonly up: readonly string[];
}[] = [
  {
    what: "its cable is pulled: both are master until it is back",
    mode: "dr",
    down: ["link set tvs10 nomaster"],
    up: ["link set tvs10 master tvsb0"],
  },
  {
    what: "its link goes down: it is at fault, and so is its group",
    mode: "nat",
    down: ["link set tvs10 down"],
    up: ["link set tvs10 up"],
  },
];

for (const { what, mode: name, down, up } of WAYS) {
  const mode = MODES.find((one) => one.name === name);
  if (mode === undefined) throw new Error(`there is no mode ${name}`);
  describeLive(`two live directors and a link that flaps, ${name}: ${what}`, function () {
    this.timeout(200_000);
    let network: Network;
    let directors: readonly TestDirector[] = [];

    const routersOf = async (index: number): Promise<readonly RouterStatus[]> =>
      (await directors[index]?.json<{ ha: RouterStatus[] }>("/v1/status"))?.ha ?? [];

    async function become(...states: readonly string[]): Promise<void> {
      for (const [index, wanted] of states.entries()) {
        await until(
          async () => (await routersOf(index)).every(({ state }) => state === wanted),
          () => `director ${index + 1} to be ${wanted}: ${directors[index]?.log}`,
        );
      }
    }

    before(async () => {
      network = mode.build();
      directors = [1, 2].map((number) => new TestDirector(network, fileOf(mode, number, "50ms")));
      for (const director of directors) await director.start();
      await become("master", "backup");
      for (const host of ["s1", "s2"]) await serveDownloads(network, host, PORT);
    });

    after(async () => {
      for (const director of directors) await director.close();
      await network?.close();
    });

    it("nothing breaks", async () => {
      const downloads = await beginDownloads(network, "c", { ...SERVICE, count: 20, seconds: 14 });
      const requests = await beginRequests(network, "c", { ...SERVICE, rate: 50, seconds: 12 });
      for (let flap = 0; flap < FLAPS; flap++) {
        network.ip("d", ...down);
        await sleep(DOWN);
        network.ip("d", ...up);
        await sleep(UP);
      }
      await become("master", "backup");
      const { reset, lost, why, outage } = await requests.ended;
      const { done, broken, wrong, longestGap } = await downloads.ended;
      console.log(`      no request answered for ${outage} ms, nothing on a download for ${longestGap} ms`);
      expect({ reset, lost, why }).to.deep.equal({ reset: 0, lost: 0, why: {} });
      expect({ done, broken, wrong }).to.deep.equal({ done: 20, broken: 0, wrong: 0 });
      const [router] = await routersOf(1);
      expect(router?.takeovers, "the other one took over each time").to.be.at.least(FLAPS);
    });
  });
}
