/** Debian's ldirectord, unmodified, drives a live director through the stand-in for ipvsadm. */

import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { describeLive, needs } from "../support/machine.ts";
import { IPVSADM, TestDirector } from "./director.ts";
import { NAT, VIP } from "./modes.ts";
import { end, type Network } from "./network.ts";

const PORT = 8080;
const NAME = "tvsldirectord";

const CONFIGURATION = (quiescent: boolean): string =>
  [
    // Generous: a busy machine may take its time to answer a check.
    "checktimeout=4",
    "negotiatetimeout=4",
    "checkinterval=1",
    "failurecount=1",
    "autoreload=no",
    `quiescent=${quiescent ? "yes" : "no"}`,
    `virtual=${VIP}:${PORT}`,
    `    real=10.92.0.2:${PORT} masq 3`,
    `    real=10.92.0.3:${PORT} masq 2`,
    "    scheduler=wrr",
    "    persistent=60",
    "    protocol=tcp",
    "    service=http",
    "    checktype=connect",
    "",
  ].join("\n");

describeLive("ldirectord through the stand-in for ipvsadm", () => {
  let network: Network;
  let director: TestDirector;
  let servers: ChildProcess[];
  let ldirectord: ChildProcess | undefined;

  before(function () {
    needs(this, "ldirectord");
  });

  beforeEach(async () => {
    network = NAT.build();
    // ldirectord asks the servers itself, from the director's namespace.
    network.ip("d", "addr add 10.92.0.250/24 dev tvsb1");
    director = new TestDirector(network, NAT.yaml());
    await director.start();
    chmodSync(IPVSADM, 0o755);
    symlinkSync(IPVSADM, director.path("ipvsadm"));
    servers = ["s1", "s2"].map((host) => serve(host));
  });

  afterEach(async () => {
    if (ldirectord !== undefined) await end(ldirectord);
    ldirectord = undefined;
    await director?.close();
    await network?.close();
    // Its own notes, named after its configuration.
    for (const name of readdirSync("/var/run").filter((entry) => entry.startsWith(`ldirectord.${NAME}`)))
      rmSync(`/var/run/${name}`);
  });

  const serve = (host: string): ChildProcess =>
    network.start(host, [
      process.execPath,
      "-e",
      `require("node:http").createServer((q, r) => r.end("well")).listen(${PORT})`,
    ]);

  /** With `-d` it stays in the foreground, and takes ./ipvsadm where there is one. */
  function startLdirectord(quiescent: boolean): void {
    const file = director.path(`${NAME}.cf`);
    writeFileSync(file, CONFIGURATION(quiescent));
    const [program = "", ...words] = network.within("d", "ldirectord", "-d", file, "start");
    const env = { ...process.env, TAPVS_SOCKET: director.socket };
    ldirectord = spawn(program, words, { cwd: director.folder, env, stdio: "ignore" });
  }

  const SERVICE = ["-Ln", "-t", `${VIP}:${PORT}`];
  const listing = (): Promise<string> => director.listing(...SERVICE);
  const listed = (pattern: RegExp): Promise<void> => director.lists(SERVICE, (text) => pattern.test(text));
  const gone = (server: string): Promise<void> => director.lists(SERVICE, (text) => !text.includes(server));

  it("adds service and servers, quiesces one that fails, restores it, and removes all in the end", async () => {
    startLdirectord(true);
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
    expect(await listing()).match(/^TCP +10\.91\.0\.100:8080 wrr +persistent 60$/m);
    const [, second] = servers;
    if (second !== undefined) await end(second);
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
    serve("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
    if (ldirectord !== undefined) await end(ldirectord);
    expect(director.ipvsadm("-Ln").out).not.contains(`${VIP}:${PORT}`);
    // What others configured is as it was.
    expect(director.ipvsadm("-Ln").out).contains(`${VIP}:5201`);
  });

  it("removes a server that fails, where it is told so", async () => {
    startLdirectord(false);
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
    const [first] = servers;
    if (first !== undefined) await end(first);
    await gone("10.92.0.2:8080");
    serve("s1");
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
  });

  it("edits a service that is there already instead of adding it", async () => {
    expect(director.ipvsadm("-A", "-t", `${VIP}:${PORT}`, "-s", "rr").err).equals("");
    startLdirectord(true);
    await listed(/^TCP +10\.91\.0\.100:8080 wrr +persistent 60$/m);
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
  });
});
