/** A director that is killed under downloads and started again with what it wrote down: they go on, every byte as it was sent. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { beginDownloads, serveDownloads } from "./downloads.ts";
import { FULLNAT, NAT, PORT, type TestMode, VIP } from "./modes.ts";
import type { Network } from "./network.ts";

const STATE = "state: {connections: 200ms}\n";

for (const mode of [NAT, FULLNAT] satisfies TestMode[]) {
  describeLive(`a live director that is killed under downloads: ${mode.name}`, function () {
    this.timeout(120_000);
    let network: Network;
    let director: TestDirector;

    before(async () => {
      network = mode.build();
      director = new TestDirector(network, `${mode.yaml()}${STATE}`);
      await director.start();
      for (const host of ["s1", "s2"]) await serveDownloads(network, host, PORT);
    });

    after(async () => {
      await director?.close();
      await network?.close();
    });

    const file = (): string => director.path("test.rules.connections");
    const established = (): Promise<void> =>
      until(
        () => existsSync(file()) && JSON.parse(head(file())).connections === 10,
        () => `10 connections in ${existsSync(file()) ? head(file()) : file()}`,
      );

    it("starts again with --restore, and they go on", async () => {
      const { ended } = await beginDownloads(network, "c", { address: VIP, port: PORT, count: 10, seconds: 8 });
      await established();
      director.child.kill("SIGKILL");
      await once(director.child, "close");
      await director.start({ words: ["--restore"] });
      expect(director.log).contains(`10 connections restored from ${file()}`).and.not.contains("warning");
      const { done, broken, wrong, longestGap } = await ended;
      expect({ done, broken, wrong }).to.deep.equal({ done: 10, broken: 0, wrong: 0 });
      console.log(`      nothing came for ${longestGap} ms at most`);
    });

    it("restores none of a file that is not whole, and goes on without", async () => {
      await director.listing();
      await until(
        () => existsSync(file()),
        () => file(),
      );
      director.child.kill("SIGKILL");
      await once(director.child, "close");
      writeFileSync(file(), `${readFileSync(file(), "latin1")}x`, "latin1");
      await director.start({ words: ["--restore"] });
      expect(director.log).contains("is not whole; no connections restored");
      expect((await director.listing("-Lnc")).trim().split("\n")).to.have.length(2);
    });

    it("leaves nothing behind when it ends in order", async () => {
      await until(
        () => existsSync(file()),
        () => file(),
      );
      await director.stop();
      expect(existsSync(file())).to.equal(false);
    });
  });
}

const head = (file: string): string =>
  (readFileSync(file, "latin1").split("\n")[0] ?? "").slice("tapvs connections 1 ".length);
