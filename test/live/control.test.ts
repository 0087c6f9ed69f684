/** The control socket and the commands that speak through it. */
import { chmodSync, symlinkSync } from "node:fs";
import { expect } from "chai";
import { describeLive, needs } from "../support/machine.ts";
import { IPVSADM, TestDirector } from "./director.ts";
import { NAT } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

describeLive("the control socket of a live director", () => {
  let network: Network;
  let director: TestDirector;

  before(async () => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    await director.start();
  });

  after(async () => {
    await director.close();
    await network.close();
  });

  it("runs ipvsadm: output, errors and exit status are the program's", () => {
    expect(director.ipvsadm("-A", "-t", "10.91.0.100:443", "-s", "sh")).deep.equals({ code: 0, out: "", err: "" });
    expect(director.ipvsadm("-A", "-t", "10.91.0.100:443", "-s", "sh")).deep.equals({
      code: 255,
      out: "",
      err: "Service already exists\n",
    });
    expect(director.ipvsadm("--no-such")).property("code", 255);
    expect(director.ipvsadm("-L", "-c", "--rate")).include({ code: 2, err: "options conflicts in the list command\n" });
    expect(director.ipvsadm("-Ln", "-t", "10.91.0.100:443").out).contains("TCP  10.91.0.100:443 sh");
    expect(director.ipvsadm("-D", "-t", "10.91.0.100:443").code).equals(0);
    expect(director.ipvsadm().out).contains("IP Virtual Server version 1.2.1");
    expect(director.tapvs("ipvsadm", "-Ln").out).equals(director.ipvsadm("-Ln").out);
    expect(director.tapvs("ipvsadm", "-h").out).contains("Usage:");
  });

  it("reads rules from standard input", () => {
    const words = ["env", `TAPVS_SOCKET=${director.socket}`, process.execPath, IPVSADM, "-R"];
    expect(attempt(words, "-A -u 10.91.0.100:53 -s wlc\n-a -u 10.91.0.100:53 -r 10.92.0.2 -m\n")).deep.equals({
      code: 0,
      out: "",
      err: "",
    });
    expect(director.ipvsadm("-Sn").out).contains("-a -u 10.91.0.100:53 -r 10.92.0.2:53 -m -w 1");
    director.ipvsadm("-D", "-u", "10.91.0.100:53");
  });

  it("stands in for ipvsadm, ipvsadm-save and ipvsadm-restore by name", () => {
    chmodSync(IPVSADM, 0o755);
    for (const name of ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"]) symlinkSync(IPVSADM, director.path(name));
    const as = (name: string, input = "", ...words: readonly string[]) =>
      attempt(["env", `TAPVS_SOCKET=${director.socket}`, director.path(name), ...words], input);
    const saved = as("ipvsadm-save", "", "-n");
    expect(saved.out).equals(director.ipvsadm("-Sn").out);
    expect(as("ipvsadm", "", "-C").code).equals(0);
    expect(director.ipvsadm("-Sn").out).equals("");
    expect(as("ipvsadm-restore", saved.out).code).equals(0);
    expect(director.ipvsadm("-Sn").out).equals(saved.out);
    expect(as("ipvsadm", "", "-X").err).contains("ipvsadm");
  });

  it("answers in JSON, each answer with the version of its form", async () => {
    for (const path of ["status", "services", "connections", "timeouts", "daemons", "statistics", "health"]) {
      expect(await director.json(`/v1/${path}`), path).property("v", 1);
    }
    const status = await director.json<Record<string, unknown>>("/v1/status");
    expect(status).include({ name: "director", pid: director.pid, services: 2, destinations: 4 });
    expect((await director.ask("GET", "/v1/proc?name=ip_vs")).text).match(/^IP Virtual Server version/);
    expect((await director.ask("GET", "/v1/state")).text).match(/^--set \d+ \d+ \d+\n-A /);
  });

  it("answers datagrams of the kernel's netlink family", async () => {
    const ask = async (datagram: string) => director.ask("POST", "/v1/netlink", { datagram });
    // nlmsghdr of type 1023 with REQUEST and ACK, genlmsghdr of GET_INFO.
    const info = Buffer.from("14000000ff03050001000000000000000f010000", "hex").toString("base64");
    const { text } = await ask(info);
    const { datagrams } = JSON.parse(text) as { readonly datagrams: readonly string[] };
    expect(datagrams.map((one) => Buffer.from(one, "base64").length)).deep.equals([36, 36]);
    expect((await ask("no base64!")).status).equals(400);
    expect((await ask(Buffer.alloc(70_000).toString("base64"))).status).equals(413);
  });

  it("sets kernel switches", async () => {
    expect((await director.ask("POST", "/v1/sysctl", { name: "net.ipv4.vs.sloppy_tcp", value: 1 })).status).equals(200);
    expect((await director.ask("POST", "/v1/sysctl", { name: "net.ipv4.vs.no_such", value: 1 })).status).equals(404);
    expect((await director.ask("POST", "/v1/sysctl", { name: "net.ipv4.vs.sloppy_tcp" })).status).equals(400);
  });

  it("refuses what it does not know", async () => {
    for (const [method, path, body, status] of [
      ["GET", "/v1/no-such", undefined, 404],
      ["POST", "/v1/status", undefined, 405],
      ["GET", "/v1/proc?name=../etc/passwd", undefined, 404],
      ["POST", "/v1/ipvsadm", { words: "-L" }, 400],
      ["POST", "/v1/ipvsadm", { words: [1] }, 400],
    ] as const) {
      const answer = await director.ask(method, path, body);
      expect(answer.status, path).equals(status);
      expect(JSON.parse(answer.text)).property("error");
    }
  });

  it("can be asked by curl, and refuses what is no JSON", function () {
    needs(this, "curl");
    const words = ["curl", "-s", "--unix-socket", director.socket, "-d", "{", "http://director/v1/ipvsadm"];
    expect(attempt(words)).include({ code: 0, out: '{"v":1,"error":"the body is no JSON"}\n' });
  });

  it("is where status and top look", () => {
    const { out } = director.tapvs("status");
    expect(out)
      .match(/^director director, process \d+, up \d\d:\d\d:\d\d, tapvs /)
      .and.match(/^eth0 +received \d+ frames/m);
    expect(JSON.parse(director.tapvs("status", "--json").out)).property("v", 1);
    expect(director.tapvs("top", "--once").out)
      .match(/^TCP 10\.91\.0\.100:5201 rr +0 +0 +0 +0 +0$/m)
      .and.match(/^ {2}-> 10\.92\.0\.2:5201 Masq +1 +0 +0 /m);
    expect(JSON.parse(director.tapvs("top", "--once", "--json").out)).property("v", 1);
  });

  it("lets the dataplane sleep again, however many requests came", async () => {
    const rounds = async (): Promise<number> => (await director.json<{ rounds: number }>("/v1/status")).rounds;
    await Promise.all(Array.from({ length: 300 }, rounds));
    const before = await rounds();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await rounds()) - before).lessThan(60);
  });

  it("is found by doctor, which is content with a machine where directors run", () => {
    const { code, out } = director.tapvs("doctor", "--json", "-c", director.config);
    const { v, findings } = JSON.parse(out) as { v: number; findings: { name: string; state: string }[] };
    expect([code, v]).deep.equals([0, 1]);
    const states = new Map(findings.map(({ name, state }) => [name, state]));
    for (const name of ["node", "tun", "cap-net-admin", "tap"]) expect(states.get(name), name).equals("ok");
    expect(director.tapvs("doctor").out).match(/^ok +a TAP device was opened/m);
  });

  it("ends commands with 3 where no director is", () => {
    const env = ["env", "TAPVS_SOCKET=/tmp/tvs-nobody.sock", process.execPath];
    const { code, err } = attempt([...env, IPVSADM, "-Ln"]);
    expect([code, err]).deep.equals([
      3,
      "ipvsadm: no director is running at /tmp/tvs-nobody.sock: there is no such socket\n",
    ]);
    const [, ...words] = director.words();
    expect(attempt([...env, words.find((word) => word.endsWith("main.js")) ?? "", "status"])).include({
      code: 3,
      err: "no director is running at /tmp/tvs-nobody.sock: there is no such socket\n",
    });
  });
});
