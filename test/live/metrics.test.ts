/** Metrics of a live director: its own page, and Debian's node_exporter reading the files it keeps. */
import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { describeLive, needs } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { NAT, PORT, VIP } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

const EXPORTER = "prometheus-node-exporter";
const EXPORTER_PORT = 19100;

const IPVS_LINES = (text: string): string[] =>
  text.split("\n").filter((line) => /^(# (HELP|TYPE) )?node_ipvs_/.test(line));

describeLive("metrics of a live director", () => {
  let network: Network;
  let director: TestDirector;

  before(async () => {
    network = NAT.build();
    director = new TestDirector(
      network,
      `${NAT.yaml()}  -A -f 268439552 -s wrr\n  -a -f 268439552 -r 10.92.0.3:0 -g -w 20\n`,
    );
    await director.start({ words: ["--proc", director.path("proc")] });
    for (const host of ["s1", "s2"]) {
      network.start(host, [
        process.execPath,
        "-e",
        `require("node:net").createServer(s => s.end("well")).listen(${PORT}, () => console.log(1))`,
      ]);
    }
    const connectOften = `for (let i = 0; i < 5; i++) setTimeout(() => require("node:net").connect(${PORT}, "${VIP}").on("error", () => {}), 300 + i * 20)`;
    await network.exec("c", process.execPath, "-e", connectOften);
    // Counters are sampled every two seconds.
    await until(
      async () => /^node_ipvs_connections_total [1-9]/m.test((await director.ask("GET", "/metrics")).text),
      () => "counts",
    );
  });

  after(async () => {
    await director.close();
    await network.close();
  });

  it("has node_exporter's names on its own page, and more under its own", async () => {
    const { text } = await director.ask("GET", "/metrics");
    expect(text).match(/^node_ipvs_connections_total 5$/m);
    expect(text).match(
      /^node_ipvs_backend_weight\{local_address="10\.91\.0\.100",local_mark="",local_port="5201",proto="TCP",remote_address="10\.92\.0\.2",remote_port="5201"\} 1$/m,
    );
    expect(text).contains(
      'local_address="",local_mark="10001000",local_port="0",proto="FWM",remote_address="10.92.0.3",remote_port="0"',
    );
    expect(text).match(/^tapvs_port_received_frames_total\{port="eth0"\} [1-9]/m);
    expect(text).match(/^tapvs_packets_total\{verdict="sent"\} [1-9]/m);
    expect(text).match(/^tapvs_service_connections_total\{service="TCP 10\.91\.0\.100:5201"\} 5$/m);
    expect(text).match(/^tapvs_build_info\{version="[\d.]+"\} 1$/m);
  });

  it("is read by an unmodified node_exporter, which says the same", async function () {
    needs(this, EXPORTER);
    network.start("d", [
      EXPORTER,
      "--collector.disable-defaults",
      "--collector.ipvs",
      `--path.procfs=${director.path("proc")}`,
      `--web.listen-address=127.0.0.1:${EXPORTER_PORT}`,
    ]);
    let text = "";
    const own = async () => IPVS_LINES((await director.ask("GET", "/metrics")).text).toSorted();
    await until(
      async () => {
        const script = `require("node:http").get("http://127.0.0.1:${EXPORTER_PORT}/metrics", r => r.pipe(process.stdout)).on("error", () => {})`;
        text = (await network.exec("d", process.execPath, "-e", script)).out;
        // The files are written every second.
        return isDeepStrictEqual(IPVS_LINES(text).toSorted(), await own());
      },
      () => text,
    );
    expect(text).match(/^node_scrape_collector_success\{collector="ipvs"\} 1$/m);
  });

  it("passes promtool's check, where there is one", async function () {
    needs(this, "promtool");
    const { text } = await director.ask("GET", "/metrics");
    const { code, out, err } = attempt(["promtool", "check", "metrics"], text);
    expect([code, `${out}${err}`]).deep.equals([0, ""]);
  });

  it("removes its files in the end", async () => {
    await director.stop();
    expect(existsSync(director.path("proc/net"))).equals(false);
  });
});
