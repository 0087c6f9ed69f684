/** Health checks of a live director: servers that fail are taken out, and come back. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import type { HealthReport } from "../../src/io/health/report.ts";
import { describeLive, skip } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { NAT, VIP } from "./modes.ts";
import { end, type Network } from "./network.ts";

const PORT = 8080;

const RULES = [
  `  -A -t ${VIP}:${PORT} -s wrr`,
  `  -a -t ${VIP}:${PORT} -r 10.92.0.2:${PORT} -m -w 3 -x 100 -y 50`,
  `  -a -t ${VIP}:${PORT} -r 10.92.0.3:${PORT} -m -w 2`,
  "",
].join("\n");

const health = (text: string): string =>
  `${NAT.yaml()}${RULES}health:\n  - {service: tcp ${VIP}:${PORT}, interval: 1, rise: 1, fall: 2, ${text}}\n`;

describeLive("health checks", () => {
  let network: Network;
  let director: TestDirector;
  const servers = new Map<string, ChildProcess>();

  async function begin(yaml: string, words: readonly string[] = []): Promise<void> {
    director = new TestDirector(network, yaml);
    for (const host of ["s1", "s2"]) await serve(host);
    await director.start({ words });
  }

  beforeEach(() => {
    network = NAT.build();
    // Checks go through the director's own network, which is that of its namespace.
    network.ip("d", "addr add 10.92.0.250/24 dev tvsb1");
  });

  afterEach(async () => {
    await director.close();
    await network.close();
    servers.clear();
  });

  /** Resolves when the server listens. */
  async function serve(host: string, answer = "well"): Promise<void> {
    const script = `require("node:http").createServer((q, r) => { r.statusCode = q.url === "/health" ? 200 : 404; r.end("${answer}") }).listen(${PORT}, () => console.log("ready"))`;
    const server = network.start(host, [process.execPath, "-e", script]);
    servers.set(host, server);
    if (server.stdout !== null) await once(server.stdout, "data");
  }

  async function fail(host: string): Promise<void> {
    const server = servers.get(host);
    if (server !== undefined) await end(server);
  }

  const SERVICE = ["-Ln", "-t", `${VIP}:${PORT}`];
  const listing = (): Promise<string> => director.listing(...SERVICE);
  const listed = (pattern: RegExp): Promise<void> => director.lists(SERVICE, (text) => pattern.test(text));
  const gone = (server: string): Promise<void> => director.lists(SERVICE, (text) => !text.includes(server));
  const reports = async (): Promise<string> =>
    JSON.stringify((await director.json<HealthReport>("/v1/health")).servers);

  it("quiesce a server that refuses connections, and give it its weight back", async () => {
    await begin(health("check: tcp"));
    await fail("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    expect(await listing()).match(/10\.92\.0\.2:8080 +Masq +3 /);
    await director.says(/^warning: TCP 10\.91\.0\.100:8080: 10\.92\.0\.3:8080 is down, quiesced: connection refused$/m);
    // What is to survive a crash is what people configured.
    expect((await director.ask("GET", "/v1/state")).text).contains("-r 10.92.0.3:8080 -m -w 2");
    expect(await reports()).contains('"server":"10.92.0.3:8080","state":"down"');
    expect((await director.ask("GET", "/metrics")).text).match(
      /^tapvs_health_up\{destination="10\.92\.0\.3:8080",service="TCP 10\.91\.0\.100:8080"\} 0$/m,
    );
    await serve("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
    await director.says(/10\.92\.0\.3:8080 is up again$/m);
  });

  it("keep what people change meanwhile", async () => {
    await begin(health("check: tcp"));
    await fail("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    const edit = director.ipvsadm(...`-e -t ${VIP}:${PORT} -r 10.92.0.3:${PORT} -m -w 9`.split(" "));
    expect(edit.code).equals(0);
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    director.child.kill("SIGHUP");
    await director.says(/^reloaded$/m);
    expect(await listing()).match(/10\.92\.0\.3:8080 +Masq +0 /);
    await serve("s2");
    // The reload took it back to what the file says.
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
  });

  it("remove a server whose page is not well, let the sorry server stand in, and put all back", async () => {
    await begin(
      health(
        "check: http, path: /health, status: 200, body: well, failure: remove, sorry: '10.92.0.9:80', sorry-method: nat",
      ),
    );
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
    await fail("s1");
    await serve("s1", "ill");
    await gone("10.92.0.2:8080");
    await director.says(/10\.92\.0\.2:8080 is down, removed: the body does not have "well"/);
    await fail("s2");
    await listed(/10\.92\.0\.9:80 +Masq +1 /);
    expect(await listing()).not.contains("10.92.0.3");
    expect((await director.ask("GET", "/v1/state")).text)
      .contains("-r 10.92.0.2:8080 -m -w 3 -x 100 -y 50")
      .and.not.contains("10.92.0.9");
    await fail("s1");
    await serve("s1");
    await listed(/10\.92\.0\.2:8080 +Masq +3 /);
    await gone("10.92.0.9");
    expect(director.ipvsadm("-Ln", "--thresholds", "-t", `${VIP}:${PORT}`).out).match(/10\.92\.0\.2:8080 +100 +50 /);
  });

  it("see a wrong status", async () => {
    await begin(health("check: http, path: /elsewhere, status: 200-299"));
    await listed(/10\.92\.0\.2:8080 +Masq +0 /);
    await director.says(/status 404, expected 200-299/);
  });

  it("ping through a raw socket, also as an unprivileged user", async function () {
    await begin(`${health("check: icmp")}user: nobody\n`);
    if (director.log.includes("raw-socket")) skip(this, "needs the npm package raw-socket");
    await until(
      async () => (await reports()).includes('"state":"up"'),
      () => director.log,
    );
    network.ip("s2", "link set eth0 down");
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    await director.says(/no answer within 1 s/);
    network.ip("s2", "link set eth0 up");
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
  });

  it("are made from another namespace, where they are told to", async () => {
    network.ip("d", "addr del 10.92.0.250/24 dev tvsb1");
    await begin(health(`check: tcp, via: netns ${network.netns("s1")}`));
    await until(
      async () => (await reports()).split('"up"').length === 3,
      () => director.log,
    );
    await fail("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
  });

  it("say why they cannot be made, and leave servers alone", async () => {
    await begin(health("check: tcp, via: netns tvs-no-such"));
    await director.says(
      /error: health of TCP 10\.91\.0\.100:8080: the namespace tvs-no-such: no such file or directory/,
    );
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await listing()).match(/10\.92\.0\.3:8080 +Masq +2 /);
    expect(director.log.match(/tvs-no-such/g)).lengthOf(1);
  });

  it("end with the configuration that had them: servers go back into service", async () => {
    await begin(health("check: tcp"));
    await fail("s2");
    await listed(/10\.92\.0\.3:8080 +Masq +0 /);
    director.configure(`${NAT.yaml()}${RULES}`);
    director.child.kill("SIGHUP");
    await director.says(/^reloaded$/m);
    await listed(/10\.92\.0\.3:8080 +Masq +2 /);
    expect(await reports()).equals("[]");
  });
});
