/** A live director's life: what it makes and removes, whom it refuses, what it gives up, how it reloads and restores. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { DirectorStatus } from "../../src/io/live/messages.ts";
import { probeTap } from "../../src/io/tap/tap-device.ts";
import { describeLive, needs, skip } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { NAT, VIP } from "./modes.ts";
import { attempt, type Network } from "./network.ts";
import { NotifySocket } from "./notify-socket.ts";

const CAP_NET_ADMIN = 1n << 12n;

const YAML = NAT.yaml();
const WITHOUT_URING = fileURLToPath(new URL("./without-uring.js", import.meta.url));

/** Runs what follows as nobody, who is allowed nothing. */
const UNPRIVILEGED = ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set=-all"];

/** Runs what follows where all may open /dev/net/tun: `ip netns exec` gives it mounts of its own. */
const withOpenTun = (file: string): string[] => {
  const open = `mknod -m 666 ${file} c 10 200 && mount --bind ${file} /dev/net/tun && exec "$@"`;
  return ["sh", "-c", open, "sh"];
};

/** The capabilities of every thread of a process, each set once. */
function capabilities(pid: number): Set<string> {
  const sets = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
    return ["CapPrm", "CapEff", "CapBnd"].map((name) => new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(text)?.[1] ?? "");
  });
  return new Set(sets);
}

describeLive("the life of a live director", () => {
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

  const devices = (): string[] =>
    [...network.ip("d", "-o link show").matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name ?? "");
  const files = (): string[] => readdirSync(director.folder).toSorted();

  it("makes devices and a socket for owner and group, and removes all of it in the end", async () => {
    const before = devices();
    await director.start();
    expect(devices().filter((name) => !before.includes(name))).deep.equals(["tvs0", "tvs1"]);
    expect(network.ip("d", "link show tvs0")).match(/master tvsb0 .*state UNKNOWN|state UP/);
    expect(statSync(director.socket).mode & 0o777).equals(0o660);
    expect(await director.stop()).equals(0);
    expect(devices()).deep.equals(before);
    expect(files()).deep.equals(["director.yaml"]);
    expect(director.log).match(/stopping$/m);
  });

  it("attaches to a device that is there already, and leaves it there", async () => {
    network.ip("d", "tuntap add tvs0 mode tap");
    network.ip("d", "link set tvs0 master tvsb0");
    await director.start();
    expect(director.log).contains("attached to TAP device tvs0").and.contains("created TAP device tvs1");
    await director.stop();
    expect(devices()).includes("tvs0").and.not.includes("tvs1");
  });

  it("keeps no capability but CAP_NET_ADMIN, in any of its threads", async () => {
    await director.start();
    expect([...capabilities(director.pid)].map((hex) => BigInt(`0x${hex}`))).deep.equals([CAP_NET_ADMIN]);
  });

  it("becomes the user that the configuration names, in all threads, and still stops in order", async () => {
    director.configure(`${YAML}user: nobody\n`);
    await director.start();
    const uids = readdirSync(`/proc/${director.pid}/task`).map(
      (task) => /^Uid:\s*(\d+)/m.exec(readFileSync(`/proc/${director.pid}/task/${task}/status`, "utf8"))?.[1],
    );
    expect(new Set(uids)).deep.equals(new Set(["65534"]));
    expect(statSync(director.socket).uid).equals(65534);
    // The folder is root's: told once, and no command fails for it.
    expect(director.log).match(
      /^warning: .*test\.rules: permission denied for nobody; the rules will not survive a crash$/m,
    );
    expect(director.ipvsadm("-A", "-u", "10.91.0.100:53")).deep.equals({ code: 0, out: "", err: "" });
    expect(await director.stop()).equals(0);
    expect(devices()).not.includes("tvs0");
  });

  it("refuses a second one on the same socket, and one on the same device, by name", async () => {
    await director.start();
    const again = attempt(director.words());
    expect([again.code, again.err]).deep.equals([
      1,
      `error: another director (process ${director.pid}) already runs at ${director.socket}\n`,
    ]);
    const words = director.words().map((word) => (word === director.socket ? director.path("other.sock") : word));
    const other = attempt(words);
    expect([other.code, other.err]).deep.equals([4, "error: the TAP device tvs0 is in use by another program\n"]);
    expect(files()).not.includes("other.sock.lock");
    expect(director.ipvsadm("-Ln").code).equals(0);
  });

  it("takes the place of one that was killed", async () => {
    await director.start();
    process.kill(director.pid, "SIGKILL");
    await until(
      () => director.child.signalCode !== null,
      () => "its end",
    );
    await director.start();
    expect(director.ipvsadm("-Ln").code).equals(0);
  });

  for (const [what, change, message] of [
    [
      "a bridge that is not there",
      ["bridge: tvsb1", "bridge: tvsb9"],
      "there is no bridge tvsb9 for tvs1 to join; ip link add tvsb9 type bridge",
    ],
    ["a device that is no bridge", ["bridge: tvsb1", "bridge: lo"], "lo is no bridge that tvs1 could join"],
    [
      "a device that is no TAP",
      ["tap: tvs1", "tap: tvsb1"],
      "tvsb1 exists and is no TAP device, or one with other flags",
    ],
  ] as const) {
    it(`ends with 4 for ${what}, and leaves nothing behind`, () => {
      const before = devices();
      director.configure(YAML.replace(...(change as [string, string])));
      const { code, err } = attempt(director.words());
      expect([code, err.trim().split("\n").at(-1)]).deep.equals([4, `error: ${message}`]);
      expect(devices()).deep.equals(before);
      expect(files()).deep.equals(["director.yaml"]);
    });
  }

  it("ends with 2 for an interface without a device, and touches none", () => {
    const before = devices();
    director.configure(YAML.replace("tap: tvs1, ", ""));
    const { code, err } = attempt(director.words());
    expect([code, err]).deep.equals([
      2,
      `${director.config}:3:5: interfaces[1].tap: missing: expected the name of a TAP device, without which it cannot run\n`,
    ]);
    expect(devices()).deep.equals(before);
    expect(files()).deep.equals(["director.yaml"]);
  });

  it("ends with 4 without the privilege, and says which", function () {
    needs(this, "setpriv");
    chmodSync(director.folder, 0o777);
    const { code, err } = attempt(director.wordsAs(UNPRIVILEGED));
    expect([code, err]).deep.equals([
      4,
      "error: /dev/net/tun: permission denied; run as root, or with the capability CAP_NET_ADMIN\n",
    ]);
  });

  for (const mode of [0o755, 0o700])
    it(`ends with 4 where a folder of mode ${mode.toString(8)} keeps it from its socket`, function () {
      needs(this, "setpriv");
      chmodSync(director.folder, 0o755);
      const folder = director.path("run");
      mkdirSync(folder, { mode });
      const words = director.wordsAs(UNPRIVILEGED, "--socket", `${folder}/a.sock`);
      const { code, err } = attempt(words);
      expect(code, err).equals(4);
      expect(err).match(
        /^error: .*\/run\/a\.(?:sock|rules): permission denied; run as root, or choose places of your own with --socket and --state\n$/,
      );
      expect(readdirSync(folder)).deep.equals([]);
    });

  it("ends with 4 when a device goes away, keeps its rules for a restart, and removes all else", async () => {
    await director.start();
    network.ip("d", "link del tvs1");
    await director.says(/^error: the TAP device of eth1 was removed$/m);
    await until(
      () => director.child.exitCode !== null,
      () => "its end",
    );
    expect(director.child.exitCode).equals(4);
    expect(devices()).not.includes("tvs0");
    expect(files()).deep.equals(["director.yaml", "test.rules"]);
    await director.start({ words: ["--restore"] });
    expect(director.log).contains("rules restored from");
  });

  it("ends with 2 for a capture that cannot be written", () => {
    const { code, err } = attempt(director.words("--capture", "/no/such/folder/out.pcapng"));
    expect([code, err]).deep.equals([2, "/no/such/folder/out.pcapng: no such file or directory\n"]);
  });

  it("runs without any privilege on devices that were made for its user", async function () {
    needs(this, "setpriv", "mknod", "mount");
    for (const [index, name] of ["tvs0", "tvs1"].entries()) {
      network.ip("d", `tuntap add ${name} mode tap user nobody`);
      network.ip("d", `link set ${name} master tvsb${index} up`);
    }
    director.configure(YAML.replaceAll(/, bridge: tvsb\d/g, ""));
    chmodSync(director.folder, 0o777);
    await director.start({ as: [...withOpenTun(director.path("tun")), ...UNPRIVILEGED] });
    expect([...capabilities(director.pid)].map((hex) => BigInt(`0x${hex}`))).deep.equals([0n]);
    expect(await network.reaches("c", VIP)).equals(true);
    expect(await director.stop()).equals(0);
    expect(files()).deep.equals(["director.yaml", "tun"]);
  });

  it("takes and sends frames by io_uring, and one by one where that is forbidden or not wanted", async function () {
    const calls = async (): Promise<string> => (await director.json<DirectorStatus>("/v1/status")).calls;
    await director.start({ as: [process.execPath, WITHOUT_URING] });
    expect(await network.reaches("c", VIP)).equals(true);
    expect(await calls()).equals("read and write");
    const refusal = "io_uring: operation not permitted: each frame is read and written by a call of its own";
    expect(director.log).contains(`${refusal}\n`);
    await director.stop();
    await director.start({ words: ["--no-io-uring"] });
    expect(await calls()).equals("read and write");
    expect(director.tapvs("status").out).contains(
      "frames come in and leave by read and write, each with a call of its own\n",
    );
    expect(director.log).not.contains("io_uring");
    await director.stop();
    if (probeTap().uringProblem !== undefined) skip(this, "the machine has no io_uring");
    await director.start();
    expect(await calls()).equals("io_uring");
    expect(await network.reaches("c", VIP)).equals(true);
    expect(director.tapvs("status").out).contains("frames come in and leave by io_uring, many with a call\n");
  });

  it("ends with 2 for rules that are wrong, before it touches any device", () => {
    director.configure(`${YAML}  -a -t 10.91.0.100:1 -r 10.92.0.2 -m\n`);
    const { code, err } = attempt(director.words());
    const line = YAML.split("\n").length;
    expect([code, err]).deep.equals([2, `${director.config}:${line}: Service not defined\n`]);
  });

  it("reads its configuration again at SIGHUP, and connections go on", async () => {
    await director.start();
    network.start("s1", [process.execPath, "-e", 'require("node:net").createServer(s => s.pipe(s)).listen(5201)']);
    network.start("s2", [process.execPath, "-e", 'require("node:net").createServer(s => s.pipe(s)).listen(5201)']);
    const talk = `(function again() {
      const s = require("node:net").connect(5201, "${VIP}");
      s.on("error", () => setTimeout(again, 100));
      s.on("data", () => process.stdout.write("x"));
      s.on("connect", () => setInterval(() => s.write("hello"), 50));
    })()`;
    const client = network.start("c", [process.execPath, "-e", talk]);
    let echoes = "";
    client.stdout?.on("data", (piece) => {
      echoes += piece;
    });
    await until(
      () => echoes.length > 3,
      () => "echoes",
    );
    const entry = (): string =>
      director
        .ipvsadm("-Lnc")
        .out.split("\n")
        .find((line) => line.includes("ESTABLISHED")) ?? "";
    const [, , , source] = entry().split(/\s+/);

    // Another weight, another service, another virtual address.
    const changed = YAML.replace(/-r 10\.92\.0\.2:5201 -m/g, "-r 10.92.0.2:5201 -m -w 7")
      .replace(`${VIP}/32`, `${VIP}/32, 10.91.0.101/32`)
      .concat("  -A -t 10.91.0.101:80 -s sh\n");
    director.configure(changed);
    director.child.kill("SIGHUP");
    await director.says(/^reloaded$/m);
    expect(director.ipvsadm("-Ln").out)
      .match(/10\.92\.0\.2:5201 +Masq +7 /)
      .and.contains("TCP  10.91.0.101:80 sh");
    expect(entry()).contains(source ?? "nothing");
    const seen = echoes.length;
    await until(
      () => echoes.length > seen + 3,
      () => "more echoes",
    );
    expect(await network.reaches("c", "10.91.0.101")).equals(true);
  });

  it("stays as it is where the new configuration is wrong, and says what is wrong", async () => {
    await director.start();
    const before = director.ipvsadm("-Sn").out;
    writeFileSync(director.config, YAML.replace("-s rr", "-s no-such"));
    director.child.kill("SIGHUP");
    await director.says(/^reloaded, with problems$/m);
    expect(director.log).match(/warning: .*director\.yaml:5: Scheduler or persistence engine not found/);
    expect(director.ipvsadm("-Sn").out).equals(before);
    writeFileSync(director.config, YAML.replace("mac:", "mac"));
    const { status, text } = await director.ask("POST", "/v1/reload");
    expect(status).equals(409);
    expect(JSON.parse(text)).property("problems").lengthOf.at.least(1);
    expect(director.ipvsadm("-Sn").out).equals(before);
  });

  it("is not reloaded from a file that is missing or no configuration, and says so", async () => {
    await director.start();
    const before = director.ipvsadm("-Sn").out;
    for (const spoil of [
      () => rmSync(director.config),
      () => director.configure("interfaces: 7\n"),
      () => director.configure(YAML.replace("tap: tvs1, ", "")),
    ]) {
      director.log = "";
      spoil();
      director.child.kill("SIGHUP");
      await director.says(/^warning: not reloaded: what is in force stays$/m);
      expect(director.log)
        .match(/^warning: .*director\.yaml.*: /m)
        .and.not.match(/^reloaded/m);
      expect(director.ipvsadm("-Sn").out).equals(before);
    }
    director.configure(YAML);
    director.child.kill("SIGHUP");
    await director.says(/^reloaded$/m);
  });

  it("says which changes need a restart", async () => {
    await director.start();
    director.configure(YAML.replace("02:00:00:00:92:01", "02:00:00:00:92:99"));
    const { text } = await director.ask("POST", "/v1/reload");
    expect(text).contains(
      "the interface eth1 has another name, device, bridge, MAC address or MTU: that needs a restart",
    );
  });

  it("restores live rules after a crash, with thresholds and timeouts; after an orderly end there is nothing to restore", async () => {
    await director.start();
    for (const words of [
      "-A -u 10.91.0.100:53 -s wlc -o",
      "-a -u 10.91.0.100:53 -r 10.92.0.3 -m -w 4 -x 9 -y 3",
      "--set 100 20 30",
    ]) {
      expect(director.ipvsadm(...words.split(" ")).err).equals("");
    }
    const rules = director.ipvsadm("-Sn").out;
    process.kill(director.pid, "SIGKILL");
    await until(
      () => director.child.signalCode !== null,
      () => "its end",
    );
    await director.start({ words: ["--restore"] });
    expect(director.log).contains("rules restored from");
    expect(director.ipvsadm("-Sn").out).equals(rules);
    expect(director.ipvsadm("-Ln", "--thresholds").out).match(/10\.92\.0\.3:53 +9 +3 /);
    expect(director.ipvsadm("-L", "--timeout").out).contains("100 20 30");
    await director.stop();
    await director.start({ words: ["--restore"] });
    expect(director.ipvsadm("-Sn").out).not.contains("10.91.0.100:53");
  });

  it("tells systemd how it is: ready, reloading, alive, stopping", async () => {
    const heard = new NotifySocket(director.path("notify"));
    try {
      await director.start({ env: { NOTIFY_SOCKET: heard.path, WATCHDOG_USEC: "200000" } });
      await until(
        () => heard.messages.includes("WATCHDOG=1"),
        () => "WATCHDOG=1",
      );
      director.child.kill("SIGHUP");
      await director.says(/^reloaded$/m);
      await director.stop();
      await until(
        () => heard.messages.includes("STOPPING=1"),
        () => "STOPPING=1",
      );
    } finally {
      heard.close();
    }
    const told = heard.messages.filter((message) => message !== "WATCHDOG=1");
    expect(told[0]).equals("READY=1\nSTATUS=directing on eth0 (tvs0), eth1 (tvs1)");
    expect(told[1]).match(/^RELOADING=1\nMONOTONIC_USEC=\d{7,}$/);
    expect(told[2]).match(/^READY=1\n/);
    expect(told[3]).equals("STOPPING=1");
  });

  it("logs as JSON where it is asked to, and with priorities where the journal listens", async () => {
    await director.start({ words: ["--log-format", "json"] });
    await director.stop();
    const lines = director.log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { level: string; message: string; time: string });
    expect(lines.map(({ message }) => message)).includes.members(["ready", "stopping"]);
    expect(lines.every(({ time, level }) => !Number.isNaN(Date.parse(time)) && level !== "")).equals(true);
    await director.start({ env: { JOURNAL_STREAM: "8:1" } });
    await director.stop();
    expect(
      director.log
        .trim()
        .split("\n")
        .every((line) => /^<[3-7]>/.test(line)),
    ).equals(true);
    expect(director.log).contains("<5>ready");
  });
});
