import { expect } from "chai";
import type { Mode } from "../../src/core/simulator/layout.ts";
import { type HostFacts, lacks, readDevices, readRoutes, readSysctls } from "../../src/lab/facts.ts";
import { hostNamed, type LabHost } from "../../src/lab/plan.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { labOptions } from "./options.ts";

function serverOf(mode: Mode): LabHost {
  const host = hostNamed(planLab(labOptions(mode)), "rs1");
  if (host === undefined) throw new Error("no rs1");
  return host;
}

/** The facts of a host on which everything is as planned. */
const asPlanned = (host: LabHost): HostFacts => ({
  devices: [
    ...host.nics.map(({ name, addresses }) => ({ name, up: true, addresses })),
    ...["lo", "tunl0"].map((name) => ({
      name,
      up: true,
      addresses: host.settings.flatMap((setting) =>
        setting.kind === "address" && setting.dev === name ? [setting.address] : [],
      ),
    })),
  ],
  routes: host.settings.flatMap((setting) => (setting.kind === "route" ? [{ to: setting.to, via: setting.via }] : [])),
  sysctls: new Map(
    host.settings.flatMap((setting) => (setting.kind === "sysctl" ? [[setting.key, setting.value]] : [])),
  ),
});

describe("what a host lacks", () => {
  for (const mode of ["nat", "dr", "tun", "fullnat"] as const) {
    it(`nothing, if all is as planned: ${mode}`, () => {
      const host = serverOf(mode);
      expect(lacks(host, asPlanned(host))).to.deep.equal([]);
    });
  }

  it("names the parameter, its value, and why it matters", () => {
    const host = serverOf("dr");
    const facts = asPlanned(host);
    const sysctls = new Map([...facts.sysctls, ["net.ipv4.conf.all.arp_ignore", "0"]]);
    const [line, ...others] = lacks(host, { ...facts, sysctls });
    expect(others).to.deep.equal([]);
    expect(line).to.match(/^net\.ipv4\.conf\.all\.arp_ignore is 0, not 1\. The VIP is on this server too/);
  });

  it("names the VIP that is not on lo", () => {
    const host = serverOf("dr");
    const facts = asPlanned(host);
    const devices = facts.devices.map((device) =>
      device.name === "lo" ? { ...device, addresses: ["127.0.0.1/8"] } : device,
    );
    expect(lacks(host, { ...facts, devices })[0]).to.match(/^lo lacks 10\.1\.0\.100\/32\. /);
  });

  it("names the gateway that is not the director", () => {
    const host = serverOf("nat");
    const facts = asPlanned(host);
    expect(lacks(host, { ...facts, routes: [] })[0]).to.match(/^there is no route to default by 10\.2\.0\.254\. /);
    expect(lacks(host, { ...facts, routes: [{ to: "default", via: "10.2.0.1" }] })[0]).to.match(
      /^the route to default is by 10\.2\.0\.1, not by 10\.2\.0\.254\. The director must see the answers/,
    );
  });

  it("names the tunnel's end that is missing, once", () => {
    const host = serverOf("tun");
    const facts = asPlanned(host);
    const devices = facts.devices.filter(({ name }) => name !== "tunl0");
    expect(lacks(host, { ...facts, devices }).map((line) => line.split(".")[0])).to.deep.equal(["there is no tunl0"]);
  });

  it("names a NIC that is down, or gone", () => {
    const host = serverOf("fullnat");
    const facts = asPlanned(host);
    const down = facts.devices.map((device) => ({ ...device, up: device.name !== "eth0" }));
    expect(lacks(host, { ...facts, devices: down })).to.deep.equal(["eth0 is down"]);
    expect(lacks(host, { ...facts, devices: [] })).to.deep.equal(["there is no eth0"]);
  });
});

describe("facts from iproute2 and sysctl", () => {
  it("reads ip -json addr, with the empty objects of newer versions", () => {
    const json = `[{},{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
      {"ifname":"tvs-eth0","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"master":"tvs-lan","addr_info":[]}]`;
    expect(readDevices(json)).to.deep.equal([
      { name: "lo", up: true, addresses: ["127.0.0.1/8"] },
      { name: "tvs-eth0", up: false, addresses: [], master: "tvs-lan" },
    ]);
  });

  it("reads ip -json route, and nothing where nothing was printed", () => {
    const json = `[{"dst":"default","gateway":"10.2.0.254","dev":"eth0","flags":[]},{"dst":"10.2.0.0/24","dev":"eth0"}]`;
    expect(readRoutes(json)).to.deep.equal([{ to: "default", via: "10.2.0.254" }, { to: "10.2.0.0/24" }]);
    expect(readRoutes("")).to.deep.equal([]);
  });

  it("reads sysctl", () => {
    expect([...readSysctls("net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.arp_ignore = 0\n")]).to.deep.equal([
      ["net.ipv4.ip_forward", "1"],
      ["net.ipv4.conf.all.arp_ignore", "0"],
    ]);
  });
});
