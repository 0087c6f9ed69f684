import { expect } from "chai";
import { buildLab } from "../../src/lab/build.ts";
import { directorYaml, serviceRules } from "../../src/lab/director-yaml.ts";
import { readService } from "../../src/lab/live-service.ts";
import { endpointText, urlOf } from "../../src/lab/plan.ts";
import { shellScript } from "../../src/lab/script.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { installedPaths, labOptions } from "./options.ts";

describe("a lab in IPv6", () => {
  const dr = planLab(labOptions("dr", { ipv6: true }));

  it("has the same numbers, and no address of IPv4", () => {
    expect(dr.service.address).equals("fd00:1::100");
    expect(dr.service.servers.map(({ address }) => address)).deep.equals(["fd00:1::11", "fd00:1::12"]);
    const script = shellScript(buildLab(dr, installedPaths("dr")));
    expect(script).includes("ip -n tvs-dr-client addr add fd00::10/64 dev eth0");
    expect(script).includes("ip -n tvs-dr-client route add default via fd00::1");
    expect(script).not.matches(/\b\d+\.\d+\.\d+\.\d+\b/);
    expect(script).not.includes("disable_ipv6=1");
  });

  it("keeps a real server of direct routing quiet by having the address on lo, and by nothing else", () => {
    const server = dr.hosts.find(({ role }) => role === "server");
    expect(server?.settings.map(({ kind, ...rest }) => [kind, "dev" in rest ? rest.dev : ""])).deep.equals([
      ["address", "lo"],
      ["route", ""],
    ]);
  });

  it("takes tunnels apart by a program of its own, which has the address on the tunnel's end", () => {
    const script = shellScript(buildLab(planLab(labOptions("tun", { ipv6: true })), installedPaths("tun")));
    expect(script).includes("ip -n tvs-tun-rs1 addr add fd00:1::100/128 dev tunl0");
    expect(script).includes("/decapsulator.js tunl0 --ipv6");
    expect(script).not.includes("rp_filter");
  });

  it("with NAT64 has real servers and local addresses of IPv4, which know nothing of IPv6", () => {
    const lab = planLab(labOptions("fullnat", { ipv6: true, nat64: true }));
    expect(serviceRules(lab)).deep.equals([
      "-A -t [fd00:1::100]:80 -s rr --toa dpvs",
      "-P -t [fd00:1::100]:80 -z 10.2.0.201",
      "-P -t [fd00:1::100]:80 -z 10.2.0.202",
      "-a -t [fd00:1::100]:80 -r 10.2.0.11:80 -b -w 1",
      "-a -t [fd00:1::100]:80 -r 10.2.0.12:80 -b -w 1",
    ]);
    const script = shellScript(buildLab(lab, installedPaths("fullnat")));
    expect(script).includes("ip netns exec tvs-fullnat-rs1 sysctl -qew net.ipv6.conf.all.disable_ipv6=1");
    expect(script).includes('addresses: ["fd00:1::254/64", "fd00:1::100/128"]');
    expect(script).includes("addresses: [10.2.0.254/24, 10.2.0.201/32, 10.2.0.202/32]");
  });

  it("forwards on its router", () => {
    const router = dr.hosts.find(({ role }) => role === "router");
    expect(router?.settings.map((setting) => setting.kind === "sysctl" && setting.key)).deep.equals([
      "net.ipv6.conf.all.forwarding",
    ]);
  });

  it("adds the client's own address last, for Linux prefers that one", () => {
    const added = [...shellScript(buildLab(dr, installedPaths("dr"))).matchAll(/tvs-dr-client addr add (\S+)/g)];
    expect(added.at(-1)?.[1]).equals("fd00::10/64");
  });

  it("is written into director.yaml and read from ipvsadm with brackets", () => {
    const yaml = directorYaml(dr, serviceRules(dr));
    expect(yaml).includes('addresses: ["fd00:1::254/64", "fd00:1::100/128"]');
    expect(yaml).includes("-a -t [fd00:1::100]:80 -r [fd00:1::11]:80 -g -w 1");
    const service = readService(
      "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:1::11]:80 -g -w 3\n",
      endpointText(dr.service.address, 80),
    );
    expect(service?.weights.get("fd00:1::11")).equals(3);
    expect([urlOf("fd00:1::100"), urlOf("10.1.0.100"), urlOf("fd00:1::100", 81)]).deep.equals([
      "http://[fd00:1::100]/",
      "http://10.1.0.100/",
      "http://[fd00:1::100]:81/",
    ]);
  });
});
