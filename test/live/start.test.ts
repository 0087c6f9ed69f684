/** How a live director begins and begins again: rules before frames, no new privileges, its socket, its links. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { askDirector } from "../../src/io/control/client.ts";
import { describeLive } from "../support/machine.ts";
import { sendMutated } from "../support/raw-requests.ts";
import { killed } from "./crash-loop.ts";
import { TestDirector, until } from "./director.ts";
import { NAT, PORT, VIP } from "./modes.ts";
import type { Network } from "./network.ts";

const YAML = NAT.yaml();
const ECHO = `require("node:net").createServer((s) => s.on("error", () => {}).end()).listen(${PORT})`;
/** Begins a connection every 5 ms, and tells how each has ended: s for one that stood, or the error. */
const KNOCK = `
  const { connect } = require("node:net");
  setInterval(() => {
    const socket = connect(${PORT}, "${VIP}");
    let stood = false;
    socket.on("connect", () => { stood = true; process.stdout.write("s\\n"); socket.destroy(); });
    socket.on("error", ({ code }) => { if (!stood) process.stdout.write(code + "\\n"); });
  }, 5);
`;

describeLive("the start of a live director", () => {
  let network: Network;
  let director: TestDirector;

  beforeEach(() => {
    network = NAT.build();
    director = new TestDirector(network, YAML);
  });

  afterEach(async () => {
    await director.close();
    await network.close();
  });

  it("has its rules before it takes a frame: of clients that knock every 5 ms through start, restart, crash and reload, none is refused", async () => {
    for (const host of ["s1", "s2"]) network.start(host, [process.execPath, "-e", ECHO]);
    // Knocks come as soon as there is a device: nobody asks first who has the address.
    network.ip("c", `neigh add ${VIP} lladdr 02:00:00:00:91:01 nud permanent dev eth0`);
    const client = network.start("c", [process.execPath, "-e", KNOCK]);
    let heard = "";
    client.stdout?.on("data", (piece) => {
      heard += piece;
    });
    const ends = (): string[] => heard.split("\n").filter(Boolean);
    /** Resolves when fifty more have stood. */
    const served = async (): Promise<void> => {
      const before = ends().length;
      while (ends().length < before + 50) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await director.start();
    await served();
    await director.stop();
    await director.start();
    await served();
    await killed(director);
    await director.start({ words: ["--restore"] });
    await served();
    for (const weight of [7, 3, 9]) {
      director.configure(YAML.replace(/ -m$/gm, ` -m -w ${weight}`).replace(/-s rr/g, "-s wrr"));
      director.child.kill("SIGHUP");
      await served();
    }
    await until(
      () => director.log.includes("reloaded"),
      () => director.log,
    );
    expect(new Set(ends())).deep.equals(new Set(["s"]));
  });

  // Each is a moment in which nobody can obey: the program's modules load, or nothing else may run.
  for (const [when, part, name, begunAnew] of [
    ["while its modules load", "process", "dlopen", false],
    ["while it takes the lock of its socket", 'require("node:fs")', "ftruncateSync", false],
    ["while it begins anew without privileges", "process", "dlopen", true],
  ] as const)
    it(`obeys a SIGHUP that comes ${when}`, async () => {
      const hook = director.path("hook.cjs");
      writeFileSync(
        hook,
        `const part = ${part};
        const { ${name}: original } = part;
        part.${name} = function (...words) {
          const isThen = (process.env.TAPVS_HANDOVER !== undefined) === ${begunAnew};
          if (isThen && require("node:worker_threads").isMainThread) process.kill(process.pid, "SIGHUP");
          return original.apply(this, words);
        };`,
      );
      await director.start({ env: { NODE_OPTIONS: `--require=${hook}` } });
      await director.says(/reloaded$/m);
      expect(await director.stop()).equals(0);
    });

  it("gives up new privileges, in all of its threads, also where it becomes a user", async () => {
    for (const yaml of [YAML, `${YAML}user: nobody\n`]) {
      director.configure(yaml);
      await director.start();
      const states = readdirSync(`/proc/${director.pid}/task`).map(
        (task) => /^NoNewPrivs:\s*(\d)/m.exec(readFileSync(`/proc/${director.pid}/task/${task}/status`, "utf8"))?.[1],
      );
      expect(new Set(states)).deep.equals(new Set(["1"]));
      await director.stop();
    }
  });

  it("makes devices that hold more than the kernel's default, and leaves those of others as they are", async () => {
    network.ip("d", "tuntap add tvs1 mode tap vnet_hdr");
    await director.start();
    const queue = (device: string): string | undefined =>
      /qlen (\d+)/.exec(network.ip("d", `link show ${device}`))?.[1];
    expect([queue("tvs0"), queue("tvs1")]).to.deep.equal(["4096", "1000"]);
  });

  it("says where its addresses are when it begins: a client that knew them elsewhere does not wait", async () => {
    network.ip("c", `neigh replace ${VIP} lladdr 02:00:00:00:00:99 dev eth0 nud reachable`);
    // Linux does not believe it within a second (net.ipv4.neigh.DEVICE.locktime).
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await director.start();
    await until(
      () => network.ip("c", `neigh show ${VIP}`).includes("02:00:00:00:91:01"),
      () => network.ip("c", "neigh show"),
    );
  });

  it("takes TAPVS_SOCKET for its socket where none is named, as all other commands do", async () => {
    const env = { TAPVS_SOCKET: director.path("by-name.sock") };
    await director.start({ env, named: false });
    expect(readdirSync(director.folder)).includes("by-name.sock").and.not.includes("test.sock");
    expect((await askDirector(env.TAPVS_SOCKET, "GET", "/v1/status")).status).equals(200);
  });

  it("tells when a link goes down, and when it is back", async () => {
    await director.start();
    network.ip("d", "link set tvs1 down");
    await director.says(/^warning: eth1: its device tvs1 is down: no frame arrives or leaves there$/m);
    expect(director.ipvsadm("-Ln").code).equals(0);
    network.ip("d", "link set tvs1 up");
    await director.says(/^eth1: its device tvs1 is up again$/m);
    expect(director.log.match(/tvs[01] is (down|up)/g)).lengthOf(2);
  });

  it("is not undone by mutated and cut-off requests", async () => {
    await director.start();
    await sendMutated({ path: director.socket }, 1000, 8);
    const { code, err } = director.ipvsadm("-Ln");
    expect(code, err).equals(0);
    expect(director.log).not.match(/bug|error/);
  });
});
