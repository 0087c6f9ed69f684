/** A director that gives its place to another process under downloads and datagrams: nobody notices. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { answerDatagrams, beginDatagrams, beginDownloads, serveDownloads } from "./downloads.ts";
import { FULLNAT, NAT, PORT, type TestMode, VIP } from "./modes.ts";
import type { Network } from "./network.ts";

const SERVICE = { address: VIP, port: PORT };

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

for (const mode of [NAT, FULLNAT] satisfies TestMode[]) {
  describeLive(`a live director that hands over: ${mode.name}`, function () {
    this.timeout(120_000);
    let network: Network;
    let director: TestDirector;
    /** Those that took over: no child of ours. */
    const successors: number[] = [];

    before(async () => {
      network = mode.build();
      director = new TestDirector(network, mode.yaml());
      await director.start();
      for (const host of ["s1", "s2"]) {
        await serveDownloads(network, host, PORT);
        await answerDatagrams(network, host, PORT);
      }
    });

    after(async () => {
      for (const pid of successors.filter(runs)) process.kill(pid, "SIGTERM");
      await until(
        () => !successors.some(runs),
        () => "the successors' end",
      );
      await director?.close();
      await network?.close();
    });

    async function handOver(): Promise<number> {
      const { status, text } = await director.ask("POST", "/v1/handover");
      expect(status, text).to.equal(200);
      const { pid } = JSON.parse(text) as { pid: number };
      successors.push(pid);
      return pid;
    }

    const statusPid = async (): Promise<number> => (await director.json<{ pid: number }>("/v1/status")).pid;

    it("loses no packet and breaks no download, twice in a row", async () => {
      await director.listing("-A", "-t", `${VIP}:443`, "-s", "wlc");
      const rules = await director.listing("-Sn");
      const downloads = await beginDownloads(network, "c", { ...SERVICE, count: 5, seconds: 8 });
      const datagrams = await beginDatagrams(network, "c", { ...SERVICE, rate: 1000, seconds: 6 });
      const first = await handOver();
      expect(await statusPid()).to.equal(first);
      await until(
        () => !runs(director.pid) || director.child.exitCode !== null,
        () => "the predecessor's end",
      );
      expect(director.child.exitCode).to.equal(0);
      const second = await handOver();
      expect(await statusPid()).to.equal(second);
      expect(await director.listing("-Sn")).to.equal(rules);
      expect(readFileSync(`${director.socket}.lock`, "utf8")).to.equal(`${second}\n`);
      const { sent, answered } = await datagrams.ended;
      expect(answered, "datagrams answered").to.equal(sent);
      const { done, broken, wrong, longestGap } = await downloads.ended;
      expect({ done, broken, wrong }).to.deep.equal({ done: 5, broken: 0, wrong: 0 });
      console.log(`      ${sent} datagrams; nothing came on a download for ${longestGap} ms at most`);
    });

    it("has counted what its predecessor has", async () => {
      const listed = (): Promise<string> => director.listing("-Ln", "--stats", "--exact");
      const received = async (): Promise<number> =>
        (await director.json<{ ports: { received: number }[] }>("/v1/status")).ports[0]?.received ?? 0;
      // Nothing comes any more, and what came has been sampled.
      let before = "";
      await until(
        async () => {
          const last = before;
          before = await listed();
          await new Promise((resolve) => setTimeout(resolve, 2500));
          return before === last;
        },
        () => `no more packets: ${before}`,
      );
      expect(before).to.match(new RegExp(`${VIP}:${PORT} +\\d+ +[1-9]\\d+ `));
      const frames = await received();
      await handOver();
      expect(await listed()).to.equal(before);
      expect(await received()).at.least(frames);
    });

    it("goes on itself where the successor does not start, and says why", async () => {
      const before = await statusPid();
      director.configure("interfaces: [");
      const { status, text } = await director.ask("POST", "/v1/handover");
      expect(status).to.equal(503);
      expect(text).contains("the successor ended with 2; its log says why");
      expect(await statusPid()).to.equal(before);
      director.configure(mode.yaml());
    });
  });
}
