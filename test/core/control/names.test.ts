/** Names of hosts and ports, and how listings use them. */

import { expect } from "chai";
import { endpointText } from "../../../src/core/control/listing/endpoint-text.ts";
import { namesFrom, portNamesOnly } from "../../../src/core/control/names.ts";
import { ANY, ipv4, parseAddress } from "../../../src/core/wire/address.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";

const HOSTS = `
127.0.0.1 localhost
10.0.0.100  vip.example.test\tvip   # the service
2001:db8::100 vip6.example.test
10.0.0.200 vip
not-an-address nobody
10.0.0.100 second.example.test
`;

describe("names of hosts", () => {
  const names = namesFrom({ hosts: HOSTS });

  it("finds the first name of an address, of either family", () => {
    expect(names.hostOf(ipv4(0x0a000064))).to.equal("vip.example.test");
    expect(names.hostOf(parseAddress("2001:0db8:0::100") ?? ANY)).to.equal("vip6.example.test");
    expect(names.hostOf(ipv4(0x0a000065))).to.equal(undefined);
  });

  it("finds the first IPv4 address of a name or alias, whatever its case", () => {
    expect(names.addressOf("vip")).to.equal(0x0a000064);
    expect(names.addressOf("VIP.Example.test")).to.equal(0x0a000064);
    expect(names.addressOf("second.example.test")).to.equal(0x0a000064);
  });

  it("knows no IPv6 address by name, and nothing of broken lines and comments", () => {
    for (const name of ["vip6.example.test", "nobody", "the", "service", ""]) {
      expect(names.addressOf(name), name).to.equal(undefined);
    }
  });
});

describe("names of ports", () => {
  it("are those of Debian 12 unless a file says otherwise", () => {
    expect(portNamesOnly.serviceOf(80, PROTOCOL_TCP)).to.equal("http");
    expect(portNamesOnly.serviceOf(80, PROTOCOL_UDP)).to.equal(undefined);
    expect(portNamesOnly.portOf("www", PROTOCOL_TCP)).to.equal(80);
    expect(portNamesOnly.portOf("WWW", PROTOCOL_TCP)).to.equal(undefined);
    expect(portNamesOnly.portOf("amqp", PROTOCOL_SCTP)).to.equal(5672);
    expect(portNamesOnly.portOf("syslog", PROTOCOL_TCP)).to.equal(514);
    expect(portNamesOnly.serviceOf(514, PROTOCOL_TCP)).to.equal("shell");
  });

  it("come from a services file in the form of services(5)", () => {
    const names = namesFrom({
      services: "# mine\nfirst 7000/tcp one\nsecond 7000/tcp\nfirst 7001/udp # no\nodd x/tcp\n",
    });
    expect(names.serviceOf(7000, PROTOCOL_TCP)).to.equal("first");
    expect(names.portOf("one", PROTOCOL_TCP)).to.equal(7000);
    expect(names.portOf("second", PROTOCOL_TCP)).to.equal(7000);
    expect(names.portOf("first", PROTOCOL_UDP)).to.equal(7001);
    expect(names.portOf("http", PROTOCOL_TCP)).to.equal(undefined);
    expect(names.portOf("odd", PROTOCOL_TCP)).to.equal(undefined);
  });
});

describe("endpoints in listings", () => {
  it("are names where there are names, and numbers where none are wanted", () => {
    const names = namesFrom({ hosts: HOSTS });
    const vip6 = parseAddress("2001:db8::100") ?? ANY;
    expect(endpointText(ipv4(0x0a000064), 443, PROTOCOL_TCP, names)).to.equal("vip.example.test:https");
    expect(endpointText(ipv4(0x0a000064), 443, PROTOCOL_TCP, undefined)).to.equal("10.0.0.100:443");
    expect(endpointText(vip6, 443, PROTOCOL_SCTP, names)).to.equal("[vip6.example.test]:443");
  });

  it("end after 59 characters", () => {
    const name = "n".repeat(57);
    const names = namesFrom({ hosts: `10.0.0.1 ${name}\n` });
    expect(endpointText(ipv4(0x0a000001), 8080, PROTOCOL_TCP, names)).to.equal(`${name}:h`);
  });
});
