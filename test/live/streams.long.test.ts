/** Seconds of iperf3 through a live director, in each mode, with the kernel's offloads and without. */
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { until } from "./director.ts";
import { corruptSegments, inEachMode } from "./each-mode.ts";
import { PORT, VIP } from "./modes.ts";

describeLive(
  "iperf3 through a live director",
  function () {
    this.timeout(120_000);

    inEachMode((running) => {
      it("runs for seconds, two streams at a time, without a segment that is corrupt", async () => {
        const { mode, network, director } = running;
        const port = String(PORT + 1);
        for (const rule of [`-A -t ${VIP}:${port} -s rr`, ...serverRules(mode.yaml(PORT + 1))]) {
          expect(director.ipvsadm(...rule.split(" ")).err).equals("");
        }
        for (const host of ["s1", "s2"]) {
          network.start(host, ["iperf3", "-s", "-p", port]);
          await until(
            async () => (await network.exec(host, "cat", "/proc/net/tcp", "/proc/net/tcp6")).out.includes(listening),
            () => `iperf3 at ${host}`,
          );
        }
        // One connection for control and one for data, both to one server: persistence holds them together.
        expect(director.ipvsadm("-E", "-t", `${VIP}:${port}`, "-s", "rr", "-p", "60").err).equals("");
        const words = ["iperf3", "-c", VIP, "-p", port, "-t", "3", "-P", "2", "--json"];
        const { code, out } = await network.exec("c", ...words);
        expect(code, out.slice(0, 500)).equals(0);
        const { end } = JSON.parse(out) as { end: { sum_received: { bytes: number } } };
        expect(end.sum_received.bytes).greaterThan(1_000_000);
        for (const host of ["c", "s1", "s2"]) {
          expect(corruptSegments(network, host), `bad checksums at ${host}`).equals(0);
        }
      });
    });
  },
  "iperf3",
);

/** How the kernel lists a socket that listens at the port of iperf3: no other end, state 0A. */
const listening = `:${(PORT + 1).toString(16).toUpperCase()} `;

/** The TCP rules of a configuration but for the service itself. */
const serverRules = (yaml: string): string[] =>
  yaml
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^-[Pa] -t /.test(line));
