import { expect } from "chai";
import { describeConfigError, parseConfig, readConfig } from "../../../src/io/config.ts";
import { ETH0, errorsOf } from "./director-yaml.ts";

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

    const levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) levels.push(`a${i}: &a${i} [${new Array(10).fill(`*a${i - 1}`).join(", ")}]`);
    expect(errorsOf(`${levels.join("\n")}\n`)).deep.equals([
      "director.yaml:1:1: Excessive alias count indicates a resource exhaustion attack",
    ]);
  });

  it("is no capture", () => {
    const file = "fixtures/captures/nat/wire.pcapng";
    expect(readConfig(file)).to.deep.equal({
      kind: "errors",
      errors: [
        {
          file,
          message:
            "this is a capture (pcapng), expected a director.yaml; tapvs replay, explain and adopt take a capture",
        },
      ],
    });
  });
});
