/** The same tests for each forwarding method, with offloads and io_uring and without one of them: around one network and one director. */
import { TestDirector } from "./director.ts";
import { MODES, type TestMode } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

export interface Running {
  readonly mode: TestMode;
  readonly offloads: boolean;
  network: Network;
  director: TestDirector;
}

const VARIANTS = [
  { title: "with offloads", offloads: true, words: [] },
  { title: "without offloads", offloads: false, words: ["--no-offload"] },
  { title: "without io_uring", offloads: true, words: ["--no-io-uring"] },
];

/** `body` describes tests; `running` has its network and director while they run. */
export function inEachMode(body: (running: Running) => void): void {
  for (const mode of MODES) {
    for (const { title, offloads, words } of VARIANTS) {
      describe(`${mode.name}, ${title}`, () => {
        const running = { mode, offloads } as Running;

        before(async () => {
          running.network = mode.build();
          running.director = new TestDirector(running.network, mode.yaml());
          await running.director.start({ words });
        });

        after(async () => {
          await running.director?.close();
          await running.network?.close();
        });

        body(running);
      });
    }
  }
}

/** TCP segments that a host took for corrupt. */
export function corruptSegments(network: Network, host: string): number {
  const { out } = attempt(network.within(host, "cat", "/proc/net/snmp"));
  const [names = [], values = []] = out
    .split("\n")
    .filter((line) => line.startsWith("Tcp:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("InCsumErrors")]);
}
