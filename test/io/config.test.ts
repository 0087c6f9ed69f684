import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type DirectorConfig, prefixed } from "../../src/core/host/config/config.ts";
import { ipv4 as ipv4Address } from "../../src/core/wire/address.ts";
import { describeConfigError, parseConfig, readConfig } from "../../src/io/config.ts";

const ETH0 = `interfaces:
  - name: eth0
    mac: 02:00:00:00:01:64
    addresses: [10.1.0.254/24]
`;

const configOf = (text: string): DirectorConfig => {
  const result = parseConfig(text, "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(describeConfigError).join("\n"));
  return result.config;
};

const errorsOf = (text: string): string[] => {
  const result = parseConfig(text, "director.yaml");
  return result.kind === "errors" ? result.errors.map(describeConfigError) : [];
};

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
});

describe("director.yaml with mistakes", () => {
  const below = (text: string): string => `${ETH0}${text}`;
  const mac = "expected the MAC address of one station, such as 02:00:00:00:01:64";
  const prefixed = "expected an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64";
  const device = "expected the name of a network device, 1 to 15 characters";
  const dev = "expected the name of one of the interfaces";
  const network = 'expected a network such as 10.9.0.0/16 or 2001:db8::/32, or "default"';
  const ports = 'expected a port such as "80", or a range such as "8000:8010"';
  const tops =
    "interfaces, routes, neighbors, marks, sysctl, modules, kernel, connections, ha, rules, user, socket, state, health";
  const mark = (changes: string): string =>
    below(`marks:\n  - {protocol: tcp, destination: 10.1.0.100, ports: 80, mark: 7}\n  - {${changes}}\n`);

  const cases: readonly (readonly [title: string, text: string, ...errors: string[]])[] = [
    ["nothing at all", "", "1:1: missing: expected a mapping"],
    ["a list", "- a\n", "1:1: expected a mapping, got a list"],
    ["no interfaces", "routes: []\n", "1:1: interfaces: missing: expected at least one interface"],
    [
      "an empty list of interfaces",
      "interfaces: []\n",
      "1:13: interfaces: expected at least one interface, got an empty list",
    ],
    [
      "interfaces that are no list",
      "interfaces: eth0\n",
      '1:13: interfaces: expected a list, or a mapping by name, got "eth0"',
    ],
    [
      "a list's item without its dash",
      "interfaces: {name: eth0}\n",
      '1:20: interfaces.name: expected an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64, got "eth0"',
    ],
    ["an interface by a bad name", "interfaces: {a/b: }\n", `1:14: interfaces["a/b"]: ${device}, got "a/b"`],
    [
      "an interface with two names",
      "interfaces: {eth0: {name: eth1}}\n",
      '1:21: interfaces.eth0.name: unknown key: the name is "eth0" already',
    ],
    [
      "a neighbor by its address with a bad MAC address",
      below('neighbors: {10.1.0.1: "02:00"}\n'),
      '5:23: neighbors["10.1.0.1"]: expected the MAC address of one station, such as 02:00:00:00:01:64, got "02:00"',
    ],
    ["an interface that is no mapping", "interfaces: [eth0]\n", '1:14: interfaces[0]: expected a mapping, got "eth0"'],
    ["an interface without a name", "interfaces:\n  - mtu: 1500\n", `2:5: interfaces[0].name: missing: ${device}`],
    ["a key alone, without a value", "interfaces: [{name}]\n", `1:15: interfaces[0].name: missing: ${device}`],
    ["an unknown key", below("route: []\n"), `5:1: route: unknown key; known here: ${tops}`],
    [
      "an unknown key of an interface",
      "interfaces:\n  - name: eth0\n    address: 10.1.0.1/24\n",
      "3:5: interfaces[0].address: unknown key; known here: name, mac, mtu, addresses, tap, bridge, gro",
    ],
    [
      "gro that is neither true nor false",
      "interfaces: [{name: eth0, gro: 1}]\n",
      "1:32: interfaces[0].gro: expected true or false, got 1",
    ],
    [
      "a bad MAC address",
      "interfaces:\n  - name: eth0\n    mac: 02:00:00:00:01\n",
      `3:10: interfaces[0].mac: ${mac}, got "02:00:00:00:01"`,
    ],
    [
      "a MAC address that is a number",
      "interfaces: [{name: eth0, mac: 2}]\n",
      `1:32: interfaces[0].mac: ${mac}, got 2`,
    ],
    [
      "a group's MAC address",
      "interfaces: [{name: eth0, mac: 01:00:5e:00:00:01}]\n",
      `1:32: interfaces[0].mac: ${mac}, got "01:00:5e:00:00:01"`,
    ],
    [
      "a MAC address of zeros",
      "interfaces: [{name: eth0, mac: 00:00:00:00:00:00}]\n",
      `1:32: interfaces[0].mac: ${mac}, got "00:00:00:00:00:00"`,
    ],
    [
      "an MTU below 68",
      "interfaces: [{name: eth0, mtu: 67}]\n",
      "1:32: interfaces[0].mtu: expected a whole number from 68 to 65535, got 67",
    ],
    [
      "an MTU above 65535",
      "interfaces: [{name: eth0, mtu: 65536}]\n",
      "1:32: interfaces[0].mtu: expected a whole number from 68 to 65535, got 65536",
    ],
    [
      "an MTU that is a text",
      'interfaces: [{name: eth0, mtu: "1500"}]\n',
      '1:32: interfaces[0].mtu: expected a whole number from 68 to 65535, got "1500"',
    ],
    [
      "addresses: no prefix, bad prefix, bad address",
      "interfaces:\n  - name: eth0\n    addresses:\n      - 10.1.0.1\n      - 10.1.0.1/33\n      - 10.1.0.256/24\n",
      `4:9: interfaces[0].addresses[0]: ${prefixed}, got "10.1.0.1"`,
      `5:9: interfaces[0].addresses[1]: ${prefixed}, got "10.1.0.1/33"`,
      `6:9: interfaces[0].addresses[2]: ${prefixed}, got "10.1.0.256/24"`,
    ],
    [
      "a name that Linux refuses",
      "interfaces: [{name: eth0/1}]\n",
      `1:21: interfaces[0].name: ${device}, got "eth0/1"`,
    ],
    [
      "two interfaces of one name, MAC address and TAP device",
      "interfaces:\n  - {name: eth0, mac: 02:00:00:00:0a:01, tap: t0}\n  - {name: eth0, mac: 02:00:00:00:0A:01, tap: t0}\n",
      '3:12: interfaces[1].name: expected another name than interfaces[0] has, got "eth0"',
      '3:23: interfaces[1].mac: expected another mac than interfaces[0] has, got "02:00:00:00:0A:01"',
      '3:47: interfaces[1].tap: expected another tap than interfaces[0] has, got "t0"',
    ],
    [
      "a route to nowhere",
      below("routes: [{to: 10.9.0.0/16}]\n"),
      "5:10: routes[0]: expected a route with via or dev, got a mapping",
    ],
    ["a route without a target", below("routes: [{via: 10.1.0.1}]\n"), `5:10: routes[0].to: missing: ${network}`],
    [
      "a route by a name",
      below("routes: [{to: default, via: router}]\n"),
      '5:29: routes[0].via: expected an address such as 10.1.0.1 or 2001:db8::1, got "router"',
    ],
    [
      "a route out of an unknown interface",
      below("routes: [{to: default, dev: eth1}]\n"),
      `5:29: routes[0].dev: ${dev}, got "eth1"`,
    ],
    [
      "a route with bits beyond its prefix",
      below("routes: [{to: 10.9.0.1/16, dev: eth0}]\n"),
      '5:15: routes[0].to: expected an address with no bits set beyond its prefix of 16, got "10.9.0.1/16"',
    ],
    [
      "a neighbor with everything wrong",
      below("neighbors:\n  - {address: 10.1.0, mac: 2, dev: eth9, nud: permanent}\n"),
      '6:15: neighbors[0].address: expected an address such as 10.1.0.1 or 2001:db8::1, got "10.1.0"',
      `6:28: neighbors[0].mac: ${mac}, got 2`,
      `6:36: neighbors[0].dev: ${dev}, got "eth9"`,
      "6:42: neighbors[0].nud: unknown key; known here: address, mac, dev",
    ],
    [
      "a neighbor in the network of no interface",
      below("neighbors: [{address: 10.9.0.1, mac: 02:00:00:00:01:01}]\n"),
      "5:13: neighbors[0].dev: missing: expected the name of the interface that it is on, as no interface has a network with 10.9.0.1",
    ],
    [
      "a protocol that has no ports",
      mark("protocol: icmp, destination: 10.1.0.1, ports: 80, mark: 1"),
      '7:16: marks[1].protocol: expected "tcp" or "udp", got "icmp"',
    ],
    [
      "a range of ports that goes back",
      mark('protocol: udp, destination: 10.1.0.1, ports: "90:80", mark: 1'),
      `7:51: marks[1].ports: ${ports}, got "90:80"`,
    ],
    [
      "a port above 65535",
      mark('protocol: udp, destination: 10.1.0.1, ports: "80:65536", mark: 1'),
      `7:51: marks[1].ports: ${ports}, got "80:65536"`,
    ],
    [
      "a port that is a number above 65535",
      mark("protocol: udp, destination: 10.1.0.1, ports: 65536, mark: 1"),
      "7:51: marks[1].ports: expected a whole number from 0 to 65535, got 65536",
    ],
    [
      "a mark of 0",
      mark("protocol: udp, destination: 10.1.0.1, ports: 1, mark: 0"),
      "7:60: marks[1].mark: expected a whole number from 1 to 4294967295, got 0",
    ],
    [
      "a mark without ports",
      mark("protocol: udp, destination: 10.1.0.1, mark: 1"),
      `7:5: marks[1].ports: missing: ${ports}`,
    ],
    [
      "a mark for a network with bits beyond its prefix",
      mark("protocol: udp, destination: 10.1.0.1/24, ports: 1, mark: 1"),
      '7:34: marks[1].destination: expected an address with no bits set beyond its prefix of 24, got "10.1.0.1/24"',
    ],
    [
      "a sysctl that is a truth value",
      below("sysctl:\n  net.ipv4.ip_forward: true\n"),
      '6:24: sysctl["net.ipv4.ip_forward"]: expected a whole number or a text, got true',
    ],
    [
      "a sysctl with a fraction",
      below("sysctl: {net.ipv4.ip_forward: 1.5}\n"),
      '5:31: sysctl["net.ipv4.ip_forward"]: sysctl: setting key "net.ipv4.ip_forward": Invalid argument',
    ],
    [
      "a sysctl that IPVS does not have",
      below("sysctl: {net.ipv4.vs.slopy_tcp: 1}\n"),
      '5:33: sysctl["net.ipv4.vs.slopy_tcp"]: sysctl: cannot stat /proc/sys/net/ipv4/vs/slopy_tcp: No such file or directory',
    ],
    [
      "a sysctl of an interface that there is not",
      below("sysctl: {net.ipv4.conf.eth7.rp_filter: 1}\n"),
      '5:40: sysctl["net.ipv4.conf.eth7.rp_filter"]: sysctl: cannot stat /proc/sys/net/ipv4/conf/eth7/rp_filter: No such file or directory',
    ],
    [
      "a TTL that does not fit its field",
      below("sysctl: {net.ipv4.ip_default_ttl: 99999}\n"),
      '5:35: sysctl["net.ipv4.ip_default_ttl"]: sysctl: setting key "net.ipv4.ip_default_ttl": Invalid argument',
    ],
    ["sysctl as a list", below("sysctl: [1]\n"), "5:9: sysctl: expected a mapping, got a list"],
    [
      "rules that are no text",
      below("rules: [-C]\n"),
      "5:8: rules: expected a file of rules, or a block of lines as ipvsadm -S prints them, got a list",
    ],
    [
      "rules that are not there",
      below("rules: no/such.ipvs\n"),
      "5:8: rules: cannot read no/such.ipvs: no such file or directory",
    ],
    ["health that is no list of mappings", below("health: [1, {}]\n"), "5:10: health[0]: expected a mapping, got 1"],
    ["a key twice", below("routes: []\nroutes: []\n"), "6:1: Map keys must be unique"],
    [
      "no YAML",
      below("routes: [\n"),
      "6:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a tag that nobody knows", below("user: !lvs a\n"), "5:7: Unresolved tag: !lvs"],
    ["an alias to nothing", below("user: *nobody\n"), "5:7: nothing before this has the anchor &nobody"],
    [
      "a mistake behind an alias",
      `${below("routes: [&r {to: default}, *r]\n")}`,
      "5:13: routes[0]: expected a route with via or dev, got a mapping",
      "5:28: routes[1]: expected a route with via or dev, got a mapping",
    ],
    [
      "a long text, cut",
      `interfaces: [{name: ${"a".repeat(100)}}]\n`,
      `1:21: interfaces[0].name: ${device}, got "${"a".repeat(60)}..."`,
    ],
  ];

  for (const [title, text, ...errors] of cases) {
    it(title, () => {
      expect(errorsOf(text)).deep.equals(errors.map((error) => `director.yaml:${error}`));
    });
  }

  it("has all of them listed, in the order of the file", () => {
    const text = "sysctl: 7\ninterfaces:\n  - {name: a, mtu: 1}\n  - {mtu: 2}\nrules: 1\nextra: 1\n";
    expect(errorsOf(text)).deep.equals([
      "director.yaml:1:9: sysctl: expected a mapping, got 7",
      "director.yaml:3:20: interfaces[0].mtu: expected a whole number from 68 to 65535, got 1",
      `director.yaml:4:5: interfaces[1].name: missing: ${device}`,
      "director.yaml:4:11: interfaces[1].mtu: expected a whole number from 68 to 65535, got 2",
      "director.yaml:5:8: rules: expected a file of rules, or a block of lines as ipvsadm -S prints them, got 1",
      `director.yaml:6:1: extra: unknown key; known here: ${tops}`,
    ]);
  });

  it("to run lacks a device: tapvs run needs one for each interface, others do not", () => {
    const said = (text: string): string[] => {
      const result = parseConfig(text, "director.yaml", "run");
      return result.kind === "errors" ? result.errors.map(describeConfigError) : [];
    };
    const missing = "missing: expected the name of a TAP device, without which it cannot run";
    const listed = `${ETH0}    tap: tapvs0\n  - name: eth1\n    tap:\n`;
    expect(said(listed)).deep.equals([`director.yaml:7:9: interfaces[1].tap: ${missing}`]);
    expect(errorsOf(listed)).deep.equals([]);
    const named = "interfaces:\n  eth0: 10.1.0.1/24\n  eth1: {tap: tapvs1}\n";
    expect(said(named)).deep.equals([`director.yaml:2:9: interfaces.eth0.tap: ${missing}`]);
    expect(errorsOf(named)).deep.equals([]);
    expect(said(`${ETH0}    tap: tapvs0\n`)).deep.equals([]);
    expect(said("interfaces: 7\n")).deep.equals(errorsOf("interfaces: 7\n"));
  });

  it("may be absent, or expand without end", () => {
    const missing = readConfig("no/such/director.yaml");
    expect(missing).deep.equals({
      kind: "errors",
      errors: [{ file: "no/such/director.yaml", message: "no such file or directory" }],
    });

    it("is no capture", () => {
      const file = "fixtures/captures/nat/wire.pcapng";
      expect(readConfig(file)).to.deep.equal({
        kind: "errors",
        errors: [{ file, message: "expected a text, but there are bytes of 0 in it" }],
      });
    });
    const levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) levels.push(`a${i}: &a${i} [${new Array(10).fill(`*a${i - 1}`).join(", ")}]`);
    expect(errorsOf(`${levels.join("\n")}\n`)).deep.equals([
      "director.yaml:1:1: Excessive alias count indicates a resource exhaustion attack",
    ]);
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
