/** Bytes through a live director, in each mode, with the kernel's offloads and without: none may be wrong. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { TestDirector } from "./director.ts";
import { describeLive, hasProgram, skip } from "./machine.ts";
import { MODES, PORT, VIP } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

const STREAM = fileURLToPath(new URL("./stream.js", import.meta.url));
/** Each of two streams carries so much each way. */
const MEBIBYTES = 48;
/** Without offloads it is ten times slower. */
const FEW_MEBIBYTES = 12;

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

/** TCP segments that a host took for corrupt. */
function corrupt(network: Network, host: string): number {
  const { out } = attempt(network.within(host, "cat", "/proc/net/snmp"));
  const [names = [], values = []] = out
    .split("\n")
    .filter((line) => line.startsWith("Tcp:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("InCsumErrors")]);
}

describeLive("streams through a live director", function () {
  this.timeout(120_000);
  for (const mode of MODES) {
    for (const offloads of [true, false]) {
      describe(`${mode.name}, ${offloads ? "with" : "without"} offloads`, () => {
        let network: Network;
        let director: TestDirector;

        before(async () => {
          network = mode.build();
          director = new TestDirector(network, mode.yaml());
          await director.start({ words: offloads ? [] : ["--no-offload"] });
        });

        after(async () => {
          await director?.close();
          await network?.close();
        });

        it("two at a time arrive byte for byte, both ways", async () => {
          for (const host of ["s1", "s2"]) await serve(network, host);
          const size = offloads ? MEBIBYTES : FEW_MEBIBYTES;
          const reports = await Promise.all([stream(network, size), stream(network, size)]);
          expect(reports.map(({ thereWrong, backWrongAt }) => [thereWrong, backWrongAt])).deep.equals([
            [false, -1],
            [false, -1],
          ]);
          for (const host of ["c", "s1", "s2"]) expect(corrupt(network, host), `bad checksums at ${host}`).equals(0);
          const servers = director.ipvsadm("-Lnc").out.match(/10\.9[12]\.0\.\d:5201$/gm);
          expect(new Set(servers), "servers that had a connection").property("size", 2);
        });

        it("two of iperf3 run for seconds without a segment that is corrupt", async function () {
          if (!hasProgram("iperf3", "iperf3")) skip(this, "needs iperf3");
          await network.exec("d", "true");
          const port = String(PORT + 1);
          for (const rule of [`-A -t ${VIP}:${port} -s rr`, ...serverRules(mode.yaml(PORT + 1))]) {
            expect(director.ipvsadm(...rule.split(" ")).err).equals("");
          }
          for (const host of ["s1", "s2"]) network.start(host, ["iperf3", "-s", "-p", port]);
          await new Promise((resolve) => setTimeout(resolve, 300));
          // One connection for control and one for data, both to one server: persistence holds them together.
          expect(director.ipvsadm("-E", "-t", `${VIP}:${port}`, "-s", "rr", "-p", "60").err).equals("");
          const words = ["iperf3", "-c", VIP, "-p", port, "-t", "3", "-P", "2", "--json"];
          const { code, out } = await network.exec("c", ...words);
          expect(code, out.slice(0, 500)).equals(0);
          const { end } = JSON.parse(out) as { end: { sum_received: { bits_per_second: number } } };
          expect(end.sum_received.bits_per_second).greaterThan(10_000_000);
          for (const host of ["c", "s1", "s2"]) expect(corrupt(network, host), `bad checksums at ${host}`).equals(0);
        });
      });
    }
  }
});

/** The TCP rules of a configuration but for the service itself. */
const serverRules = (yaml: string): string[] =>
  yaml
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^-[Pa] -t /.test(line));
