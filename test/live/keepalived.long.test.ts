/** Two directors whose virtual addresses Debian's keepalived moves, with the files of examples/keepalived/two-directors: one machine dies under downloads. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { describeLive, skip } from "../support/machine.ts";
import { MAIN, TestDirector, until } from "./director.ts";
import { beginDownloads, serveDownloads } from "./downloads.ts";
import { NAT, PORT, VIP } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

const EXAMPLE = "examples/keepalived/two-directors";
const SERVERS = ["10.92.0.2", "10.92.0.3"] as const;
const GATEWAY = "10.92.0.254";
/** Linux's own times: a connection is told of with its third packet, and up to two seconds later. */
const TOLD_WITHIN = 4000;
const RELOADS = 5;

/** A director without services or virtual addresses: keepalived gives it both. */
const yamlOf = (number: number): string => `interfaces:
  - {name: eth0, tap: tvs${number}0, bridge: tvsb0, mac: "02:00:00:00:91:0${number}", addresses: [10.91.0.25${number}/24]}
  - {name: eth1, tap: tvs${number}1, bridge: tvsb1, mac: "02:00:00:00:92:0${number}", addresses: [10.92.0.25${number}/24]}
`;

/** A machine with a director and a keepalived, which speaks VRRP by an interface of its own. */
class Machine {
  readonly director: TestDirector;
  readonly #network: Network;
  readonly #host: string;
  readonly #files: readonly [conf: string, script: string];
  #keepalived: ChildProcess | undefined;
  #log = "";

  constructor(network: Network, number: 1 | 2) {
    this.#network = network;
    this.#host = `k${number}`;
    network.host(this.#host, { bridge: "tvsb0", address: `10.91.0.1${number}/24` });
    network.attach(this.#host, "eth1", "tvsb1", `10.92.0.1${number}/24`);
    this.director = new TestDirector(network, yamlOf(number));
    const { director } = this;
    const tapvs = this.#write("tapvs", `#!/bin/sh\nTAPVS_SOCKET=${director.socket} ${process.execPath} ${MAIN} "$@"\n`);
    const script = readFileSync(`${EXAMPLE}/addresses.sh`, "utf8")
      .replace("tapvs address", `${tapvs} address`)
      .replace("10.1.0.100/32", `${VIP}/32`)
      .replace("10.2.0.254/24", `${GATEWAY}/24`);
    const conf = readFileSync(`${EXAMPLE}/keepalived.conf`, "utf8")
      .replace("/run/keepalived-addresses", director.path("fifo"))
      .replace("/etc/keepalived/addresses.sh", director.path("addresses.sh"))
      .replace("/run/tapvs/director.sock", director.socket)
      .replace("br-front", "eth0")
      .replace("priority 150", `priority ${number === 1 ? 150 : 100}`)
      .replace("10.1.0.100 80", `${VIP} ${PORT}`)
      .replace("10.2.0.11 80", `${SERVERS[0]} ${PORT}`)
      .replace("10.2.0.12 80", `${SERVERS[1]} ${PORT}`);
    this.#files = [this.#write("keepalived.conf", conf, 0o644), this.#write("addresses.sh", script)];
  }

  #write(name: string, text: string, mode = 0o755): string {
    const file = this.director.path(name);
    writeFileSync(file, text, { mode });
    return file;
  }

  async start(): Promise<void> {
    await this.director.start();
    const { director } = this;
    const pids = ["p", "r", "c"].flatMap((one) => [`-${one}`, director.path(`${one}.pid`)]);
    const program = ["keepalived", "-n", "-l", "-f", this.#files[0], ...pids];
    const child = this.#network.start(this.#host, [
      ...[process.execPath, MAIN, "with", "--socket", director.socket, "--"],
      ...program,
    ]);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (piece) => {
        this.#log += piece;
      });
    }
    this.#keepalived = child;
  }

  /** Its keepalived reads its file for this time. */
  async reload(time: number): Promise<void> {
    process.kill(Number(readFileSync(this.director.path("p.pid"), "utf8")), "SIGHUP");
    const isDone = (): boolean => this.#log.split("Reload complete").length > time;
    await until(isDone, () => `a reload: ${this.#log}`);
  }

  /** Its director and all that keepalived consists of, at once. */
  async die(): Promise<void> {
    const pids = attempt(["ip", "netns", "pids", this.#network.netns(this.#host)]).out;
    for (const pid of [...pids.split("\n").filter(Boolean).map(Number), this.director.pid])
      process.kill(pid, "SIGKILL");
    if (this.#keepalived !== undefined) await once(this.#keepalived, "close");
  }

  /** Whether its director has the addresses, and its sync daemon the role that goes with that. */
  async becomes(role: "master" | "backup"): Promise<void> {
    let seen = "";
    await until(
      async () => {
        const status = await this.director.json<{ addresses: Record<string, string[]> }>("/v1/status");
        const addresses = Object.values(status.addresses).flat();
        const daemons = await this.director.listing("-L", "--daemon");
        seen = `${addresses.join(" ")}, ${daemons}`;
        const has = [`${VIP}/32`, `${GATEWAY}/24`].every((one) => addresses.includes(one));
        return has === (role === "master") && daemons.startsWith(`${role} sync daemon (mcast=eth1, syncid=51`);
      },
      () => `the ${role} of two keepaliveds: ${seen}\n${this.#log}`,
    );
  }
}

describeLive(
  "two live directors whose addresses keepalived moves",
  function () {
    this.timeout(200_000);
    // What one test has killed, the next starts.
    this.retries(0);
    let network: Network;
    let machines: readonly [Machine, Machine] | undefined;

    before(async function () {
      const obstacle = await tryFilter();
      if (obstacle !== undefined) skip(this, obstacle);
      network = NAT.build();
      machines = [new Machine(network, 1), new Machine(network, 2)];
      for (const host of ["s1", "s2"]) await serveDownloads(network, host, PORT);
      for (const machine of machines) await machine.start();
      await machines[0].becomes("master");
      await machines[1].becomes("backup");
    });

    after(async () => {
      for (const { director } of machines ?? []) await director.close();
      await network?.close();
    });

    async function whole(act: (machines: readonly [Machine, Machine]) => Promise<void>): Promise<void> {
      if (machines === undefined) throw new Error("there are no machines");
      const downloads = { address: VIP, port: PORT, count: 20, seconds: 14 };
      const { ended } = await beginDownloads(network, "c", downloads);
      await new Promise((resolve) => setTimeout(resolve, TOLD_WITHIN));
      await act(machines);
      const { done, broken, wrong } = await ended;
      expect({ done, broken, wrong }).to.deep.equal({ done: downloads.count, broken: 0, wrong: 0 });
    }

    it("keepalived reads its file again and again: nothing changes", () =>
      whole(async ([first]) => {
        for (let time = 1; time <= RELOADS; time++) {
          await first.reload(time);
          await first.becomes("master");
        }
      }));

    it("the active machine dies: the other one has addresses and connections, and downloads go on", () =>
      whole(async ([first, second]) => {
        await first.die();
        await second.becomes("master");
      }));

    it("it returns and is master again", () =>
      whole(async ([first, second]) => {
        await first.start();
        await first.becomes("master");
        await second.becomes("backup");
      }));
  },
  "keepalived",
  "curl",
);
