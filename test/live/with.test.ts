/** Programs of the kernel's IPVS on a running director. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { describeLive, needs, skip } from "../support/machine.ts";
import { MAIN, TestDirector } from "./director.ts";
import { NAT } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

const LONGEST = 120_000;

describeLive("Debian's ipvsadm on a running director", () => {
  let network: Network;
  let director: TestDirector;

  before(async function () {
    needs(this, "ipvsadm", "curl");
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(this, obstacle);
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    await director.start();
  });

  after(async () => {
    await director?.close();
    await network?.close();
  });

  const withTapvs = (words: readonly string[], input = "") => {
    const all = [MAIN, "with", "--socket", director.socket, ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8", input, timeout: LONGEST });
    return { code: status, out: stdout, err: stderr };
  };

  it("sees and changes its tables", () => {
    expect(withTapvs(["--", "ipvsadm", "-A", "-t", "10.91.0.100:443", "-s", "sh"])).deep.equals({
      code: 0,
      out: "",
      err: "",
    });
    expect(withTapvs(["--", "ipvsadm", "-A", "-t", "10.91.0.100:443", "-s", "sh"])).deep.equals({
      code: 255,
      out: "",
      err: "Service already exists\n",
    });
    for (const words of [["-Ln"], ["-Sn"], ["-Ln", "--thresholds"], ["-L", "--timeout"]]) {
      expect(withTapvs(["--", "ipvsadm", ...words]), words.join(" ")).deep.equals(director.ipvsadm(...words));
    }
    expect(withTapvs(["--", "ipvsadm", "-D", "-t", "10.91.0.100:443"]).code).equals(0);
  });

  it("takes many rules in one go", () => {
    const rules = Array.from({ length: 200 }, (_, index) => `-A -u 10.91.0.100:${2000 + index} -s rr\n`).join("");
    expect(withTapvs(["--", "ipvsadm", "-R"], rules)).deep.equals({ code: 0, out: "", err: "" });
    expect(
      director
        .ipvsadm("-Sn")
        .out.split("\n")
        .filter((line) => line.startsWith("-A -u")),
    ).length(201);
    expect(withTapvs(["--", "ipvsadm", "-Sn"]).out).equals(director.ipvsadm("-Sn").out);
  });

  it("reads and writes its switches", function () {
    needs(this, "sysctl");
    const { code, out, err } = withTapvs(["--proc", "--", "sysctl", "-w", "net.ipv4.vs.expire_nodest_conn=1"]);
    expect({ code, out, err }).deep.equals({ code: 0, out: "net.ipv4.vs.expire_nodest_conn = 1\n", err: "" });
    const read = "cat /proc/sys/net/ipv4/vs/expire_nodest_conn; echo 0 > /proc/sys/net/ipv4/vs/expire_nodest_conn";
    expect(withTapvs(["--proc", "--", "sh", "-c", `${read}; ${read}`]).out).equals("1\n0\n");
  });

  it("finds connections in /proc, where it is asked for", () => {
    attempt(network.within("c", "curl", "-s", "-m", "2", "http://10.91.0.100:5201/"));
    const { code, out } = withTapvs(["--proc", "--", "ipvsadm", "-Lcn"]);
    expect(code).equals(0);
    expect(out).match(/TCP .* 10\.91\.0\.2:\d+ +10\.91\.0\.100:5201 /);
    const addresses = (listing: string): string[] => listing.match(/\d+\.[\d.]+:\d+/g) ?? [];
    expect(addresses(out)).deep.equals(addresses(director.ipvsadm("-Lcn").out));
    expect(withTapvs(["--", "ipvsadm", "-Lcn"]).out).not.contains("10.91.0.2");
  });
});
