/** Bytes through a live director, in each mode, with the kernel's offloads and without: none may be wrong. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { corruptSegments, inEachMode } from "./each-mode.ts";
import { PORT, VIP } from "./modes.ts";
import type { Network } from "./network.ts";

const STREAM = fileURLToPath(new URL("./stream.js", import.meta.url));
/** Each of two streams carries so much each way. */
const MEBIBYTES = 16;
/** Without offloads it is ten times slower. */
const FEW_MEBIBYTES = 4;

interface StreamReport {
  readonly thereWrong: boolean;
  readonly backWrongAt: number;
}

async function serve(network: Network, host: string): Promise<void> {
  const child = network.start(host, [process.execPath, STREAM, "serve", String(PORT)]);
  if (child.stdout !== null) await once(child.stdout, "data");
}

async function stream(network: Network, mebibytes: number): Promise<StreamReport> {
  const { out, err } = await network.exec("c", process.execPath, STREAM, "send", VIP, String(PORT), String(mebibytes));
  if (out === "") throw new Error(`the stream failed: ${err}`);
  return JSON.parse(out) as StreamReport;
}

describeLive("streams through a live director", () => {
  inEachMode((running) => {
    it("two at a time arrive byte for byte, both ways", async () => {
      const { network, director, offloads } = running;
      for (const host of ["s1", "s2"]) await serve(network, host);
      const size = offloads ? MEBIBYTES : FEW_MEBIBYTES;
      const reports = await Promise.all([stream(network, size), stream(network, size)]);
      expect(reports.map(({ thereWrong, backWrongAt }) => [thereWrong, backWrongAt])).deep.equals([
        [false, -1],
        [false, -1],
      ]);
      for (const host of ["c", "s1", "s2"])
        expect(corruptSegments(network, host), `bad checksums at ${host}`).equals(0);
      const servers = director.ipvsadm("-Lnc").out.match(/10\.9[12]\.0\.\d:5201$/gm);
      expect(new Set(servers), "servers that had a connection").property("size", 2);
    });
  });
});
