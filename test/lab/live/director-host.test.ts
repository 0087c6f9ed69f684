/** A student on the director: the programs that configure a host, and files under /proc/sys, are the director's. */
import { expect } from "chai";
import { execute } from "../../../src/lab/execute.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import { labOptions } from "../options.ts";
import { testName, withLab } from "./lab.ts";
import { describeLab, tapvs } from "./machine.ts";

const TTL = "/proc/sys/net/ipv4/ip_default_ttl";
const FORWARD = "/proc/sys/net/ipv4/ip_forward";

describeLab("the director of a live lab", () => {
  it("is configured with ifconfig, route, ip, sysctl and /proc/sys, as any host", () =>
    withLab(labOptions("nat", { name: testName("host"), example: true }), async ({ lab }) => {
      const { name } = lab;
      const shell = (script: string) => tapvs(["lab", "exec", "--name", name, "director", "sh", "-c", script]);
      /** Until a file has a value: what a shell writes reaches the director a moment later. */
      const until = (file: string, value: string): string =>
        `tries=0; until [ "$(cat ${file})" = "${value}" ] || [ $tries -gt 500 ]; do sleep 0.02; tries=$((tries + 1)); done`;

      const shown = await shell(`ifconfig eth0; cat ${FORWARD}; sysctl -n net.ipv4.ip_forward`);
      expect(shown.out).to.match(/^eth0: flags=.*\n +inet 12\.11\.0\.101 {2}netmask 255\.255\.255\.0 /);
      expect(shown.out).to.match(/\n1\n1\n$/);

      const written = await shell(
        `echo 0 > ${FORWARD}; ${until("/proc/sys/net/ipv4/conf/eth0/forwarding", "0")}; sysctl -n net.ipv4.ip_forward`,
      );
      expect(written).to.deep.equal({ code: 0, out: "0\n", err: "" });
      const back = await shell(
        `sysctl -w net.ipv4.ip_forward=1; cat ${FORWARD}; echo maybe > ${TTL}; ${until(TTL, "64")}; cat ${TTL}`,
      );
      expect(back.out).to.equal("net.ipv4.ip_forward = 1\n1\n64\n");
      const hops = "/proc/sys/net/ipv6/conf/eth0/hop_limit";
      const ipv6 = await shell(
        `cat ${hops}; echo 9 > ${hops}; ${until(hops, "9")}; tries=0; until sysctl -n net.ipv6.conf.eth0.hop_limit | grep -x 9 || [ $tries -gt 50 ]; do tries=$((tries + 1)); done`,
      );
      expect(ipv6.out).to.equal("64\n9\n");
      const own = await execute(["ip", "netns", "exec", namespaceOf(name, "director"), "cat", FORWARD]);
      expect(own.out, "the kernel below stays a switch").to.equal("0\n");

      const configured = await shell(
        "ifconfig eth0:0 12.11.0.105 netmask 255.255.255.255 up && route add default gw 12.11.0.10 && ip route get 8.8.8.8",
      );
      expect(configured.out).to.match(/^8\.8\.8\.8 via 12\.11\.0\.10 dev eth0 src 12\.11\.0\.101 /);
      const service = await shell(
        "ipvsadm -A -t 12.11.0.105:80 -s rr && ipvsadm -a -t 12.11.0.105:80 -r 172.16.1.2:80 -m",
      );
      expect(service.code, service.err).to.equal(0);
      const curl = ["curl", "-s", "--max-time", "5", "http://12.11.0.105/"];
      const answer = await tapvs(["lab", "exec", "--name", name, "client", ...curl]);
      expect(JSON.parse(answer.out)).to.include({ server: "rs1" });

      const refused = await shell("ip netns; echo $?; ifconfig eth0 down; echo $?");
      expect(refused.out).to.equal("1\n1\n");
      expect(refused.err).to.match(
        /^tapvs: the director has no ip netns.*\ntapvs: an interface of the director cannot be set down/,
      );
      const status = await shell("tapvs status");
      expect(status.out).to.contain("eth0  12.11.0.101/24, 12.11.0.105/32");
      expect(status.out).to.contain("route default via 12.11.0.10 dev eth0");
      expect(status.out).to.contain("were changed by hand");
    }));
});
