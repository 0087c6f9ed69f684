import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { prefixed } from "../../src/core/host/config/config.ts";
import { ipv4 as ipv4Address } from "../../src/core/wire/address.ts";
import { describeConfigError, readConfig } from "../../src/io/config.ts";
import { configOf, ETH0, errorsOf } from "./config/director-yaml.ts";

describe("director.yaml", () => {
  for (const address of ["::/64", "::1/128", "ff02::1/64"]) {
    it(`gives no interface the address ${address}`, () => {
      expect(errorsOf(`interfaces: [{name: eth0, addresses: ["${address}"]}]`)).deep.equals([
        `director.yaml:1:39: interfaces[0].addresses[0]: expected an address that an interface can have: not multicast, :: or ::1, got "${address}"`,
      ]);
    });
  }

  it("is one document", () => {
    expect(errorsOf(`${ETH0}---\nrules: ""\n`)).deep.equals([
      "director.yaml:5:1: expected one document, and here a second one begins",
    ]);
  });

  it("gives an interface an address once, and two interfaces the same one", () => {
    expect(errorsOf("interfaces: [{name: eth0, addresses: [10.1.0.1/24, 10.1.0.1/24, 10.1.0.1/32]}]")).deep.equals([
      'director.yaml:1:52: interfaces[0].addresses[1]: expected another address than 10.1.0.1/24, which stands above, got "10.1.0.1/24"',
    ]);
    expect(errorsOf('interfaces: [{name: eth0, addresses: ["2001:db8::1/64", "2001:db8:0::1/128"]}]')).lengthOf(1);
    const one = "addresses: [10.1.0.1/24]}";
    expect(errorsOf(`interfaces: [{name: eth0, ${one}, {name: eth1, ${one}]`)).deep.equals([]);
  });

  it("has one MAC address for a neighbor on an interface", () => {
    const neighbors = (second: string): string[] =>
      errorsOf(`${ETH0}neighbors:
  - {address: 10.1.0.2, mac: "02:00:00:00:02:02", dev: eth0}
  - {address: 10.1.0.2, mac: "${second}", dev: eth0}
`);
    expect(neighbors("02:00:00:00:02:03")).deep.equals([
      'director.yaml:7:30: neighbors[1].mac: expected 02:00:00:00:02:02, which 10.1.0.2 has on eth0 above, got "02:00:00:00:02:03"',
    ]);
    expect(neighbors("02:00:00:00:02:02")).deep.equals([]);
  });

  it("takes sysctls with slashes, as sysctl(8) does", () => {
    expect(configOf(`${ETH0}sysctl: {net/ipv4/vs/expire_nodest_conn: 1}`).sysctl).deep.equals({
      "net.ipv4.vs.expire_nodest_conn": 1,
    });
  });

  it("may say everything", () => {
    const text = `# every key
interfaces:
  - name: eth0
    tap: tapvs0
    bridge: br0
    gro: true
    mac: 02:00:00:00:01:64
    mtu: 9000
    addresses: [10.1.0.254/24, 10.1.0.100/32]
  - name: eth1
routes:     [{to: default, via: 10.1.0.1}, {to: 10.9.0.0/16, dev: eth1}, {to: 10.8.0.1, via: 10.1.0.2, dev: eth0}]
neighbors:  [{address: 10.2.0.2, mac: "02:00:00:00:02:02", dev: eth1}]
marks:
  - {protocol: tcp, destination: 10.1.0.100, ports: "80", mark: 7}
  - {protocol: udp, destination: 10.1.0.0/24, ports: 8000:8010, mark: 0x10}
  - {protocol: tcp, destination: 10.1.0.100, ports: 0, mark: 7}
sysctl:
  net.ipv4.vs.conn_reuse_mode: 1
  net.ipv4.ip_local_port_range: 1024 65535
rules: |
  # a web service
  -A -t 10.1.0.100:80 -s rr

  -a -t 10.1.0.100:80 -r 10.2.0.2:80 -m -w 1
user: lvs
socket: /run/tapvs/control.sock
health:
  - {service: tcp 10.1.0.100:80, check: http}
`;
    expect(configOf(text)).deep.equals({
      interfaces: [
        {
          name: "eth0",
          tap: "tapvs0",
          bridge: "br0",
          gro: true,
          mac: Uint8Array.of(2, 0, 0, 0, 1, 0x64),
          mtu: 9000,
          addresses: [prefixed(0x0a0100fe, 24), prefixed(0x0a010064, 32)],
        },
        { name: "eth1", mtu: 1500, addresses: [] },
      ],
      routes: [
        { to: prefixed(0, 0), via: ipv4Address(0x0a010001) },
        { to: prefixed(0x0a090000, 16), dev: "eth1" },
        { to: prefixed(0x0a080001, 32), via: ipv4Address(0x0a010002), dev: "eth0" },
      ],
      neighbors: [{ address: ipv4Address(0x0a020002), mac: Uint8Array.of(2, 0, 0, 0, 2, 2), dev: "eth1" }],
      marks: [
        { protocol: 6, destination: prefixed(0x0a010064, 32), portFirst: 80, portLast: 80, mark: 7 },
        { protocol: 17, destination: prefixed(0x0a010000, 24), portFirst: 8000, portLast: 8010, mark: 16 },
        { protocol: 6, destination: prefixed(0x0a010064, 32), portFirst: 0, portLast: 0, mark: 7 },
      ],
      sysctl: { "net.ipv4.vs.conn_reuse_mode": 1, "net.ipv4.ip_local_port_range": "1024 65535" },
      rules: {
        file: "director.yaml",
        firstLine: 21,
        lines: ["# a web service", "-A -t 10.1.0.100:80 -s rr", "", "-a -t 10.1.0.100:80 -r 10.2.0.2:80 -m -w 1"],
      },
      user: "lvs",
      socket: "/run/tapvs/control.sock",
      health: [{ service: "tcp 10.1.0.100:80", check: "http" }],
    });
  });

  it("needs interfaces and nothing else; a key without a value counts as absent", () => {
    const absent = "routes:\nneighbors:\nmarks:\nsysctl:\nrules:\nhealth:\n";
    for (const text of ["interfaces: [{name: eth0}]", `interfaces: [{name: eth0, mac: , addresses: }]\n${absent}`]) {
      expect(configOf(text)).deep.equals({
        interfaces: [{ name: "eth0", mtu: 1500, addresses: [] }],
        routes: [],
        neighbors: [],
        marks: [],
        sysctl: {},
        rules: { file: "director.yaml", firstLine: 1, lines: [] },
      });
    }
  });

  it("may name interfaces, routes and neighbors by what tells them apart", () => {
    const short = `interfaces:
  eth0: {mac: "02:00:00:00:01:64", addresses: [10.1.0.254/24, 10.1.0.100/32]}
  eth1: [10.2.0.1/24, "2001:db8:2::1/64"]
  eth2:
routes: {10.9.0.0/16: 10.2.0.9, default: {dev: eth2}}
neighbors: {10.2.0.2: "02:00:00:00:02:02", "2001:db8:2::2": "02:00:00:00:02:03", "fe80::1": {mac: "02:00:00:00:02:04", dev: eth2}}
`;
    const long = `interfaces:
  - {name: eth0, mac: "02:00:00:00:01:64", addresses: [10.1.0.254/24, 10.1.0.100/32]}
  - {name: eth1, addresses: [10.2.0.1/24, "2001:db8:2::1/64"]}
  - {name: eth2}
routes: [{to: 10.9.0.0/16, via: 10.2.0.9}, {to: default, dev: eth2}]
neighbors:
  - {address: 10.2.0.2, mac: "02:00:00:00:02:02", dev: eth1}
  - {address: "2001:db8:2::2", mac: "02:00:00:00:02:03", dev: eth1}
  - {address: "fe80::1", mac: "02:00:00:00:02:04", dev: eth2}
`;
    expect(configOf(short)).deep.equals(configOf(long));
  });

  it("may use anchors and aliases", () => {
    const text = `${ETH0}neighbors:\n  - {address: 10.1.0.2, mac: &mac 02:00:00:00:02:02, dev: eth0}\n  - {address: 10.1.0.3, mac: *mac, dev: eth0}\n`;
    expect(configOf(text).neighbors.map(({ mac }) => [...mac])).deep.equals([
      [2, 0, 0, 0, 2, 2],
      [2, 0, 0, 0, 2, 2],
    ]);
  });

  for (const lab of ["nat", "dr", "tun"]) {
    it(`of the lab ${lab} is read with its rules`, () => {
      const file = `fixtures/captures/${lab}/director.yaml`;
      const result = readConfig(file);
      if (result.kind === "errors") return expect.fail(result.errors.map(describeConfigError).join("\n"));
      const { interfaces, rules } = result.config;
      expect(interfaces.map(({ name }) => name)).deep.equals(lab === "dr" ? ["eth0"] : ["eth0", "eth1"]);
      expect(rules).deep.includes({ file: `fixtures/captures/${lab}/rules.ipvs`, firstLine: 1 });
      expect(rules.lines.length).equals(3);
      expect(rules.lines[0]).matches(/^-A -t 12\.11\.0\.101:80 -s \w+$/);
    });
  }
});

describe("rules", () => {
  const first = (rules: string): [number, string | undefined] => {
    const config = configOf(`${ETH0}${rules}`);
    return [config.rules.firstLine, config.rules.lines[0]];
  };

  it("know the line they begin in", () => {
    expect(first("rules: |\n  -C\n  -Z\n")).deep.equals([6, "-C"]);
    expect(first("rules: |- # comment\n\n  -C")).deep.equals([6, ""]);
    expect(first("rules:\n  |2+\n  -C\n")).deep.equals([7, "-C"]);
    expect(first('rules: "-C"')).deep.equals([5, "-C"]);
    expect(first("rules:\n\n    -C")).deep.equals([7, "-C"]);
    expect(first("x: &x |\n  -C\nrules: *x\n".replace("x: ", "user: "))).deep.equals([6, "-C"]);
  });

  it("tells the path of a file of rules as it stands beside the configuration", () => {
    const directory = mkdtempSync(join(tmpdir(), "tapvs-"));
    try {
      const file = join(directory, "director.yaml");
      writeFileSync(join(directory, "web.ipvs"), "-C\r\n-Z\r\n");
      for (const rules of ["web.ipvs", "./web.ipvs", join(directory, "web.ipvs")]) {
        writeFileSync(file, `${ETH0}rules: ${rules}\n`);
        const result = readConfig(file);
        expect(result.kind === "config" && result.config.rules).deep.equals({
          file: join(directory, "web.ipvs"),
          firstLine: 1,
          lines: ["-C", "-Z"],
        });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
