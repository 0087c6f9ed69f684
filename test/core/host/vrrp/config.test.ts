import { expect } from "chai";
import { describeProblem, PlainValue, type Problem } from "../../../../src/core/host/config/plain-value.ts";
import { readHostConfig } from "../../../../src/core/host/config/reader.ts";
import { hostConfigValues } from "../../../../src/core/host/config/writer.ts";

const interfaces = [{ name: "eth0", addresses: ["10.1.0.1/24"] }, { name: "eth1" }];
const router = { interface: "eth0", id: 51, addresses: ["10.1.0.100/32"] };

function read(ha: unknown) {
  const problems: Problem[] = [];
  const config = readHostConfig(new PlainValue({ interfaces, ha }, [], problems));
  return { config, problems: problems.map(describeProblem) };
}

const problem = (more: object): string => read({ vrrp: [{ ...router, ...more }] }).problems.join("\n");

describe("ha in a configuration", () => {
  it("fills in what is not said as the RFC and keepalived have it", () => {
    expect(read({ vrrp: [router] }).config.ha?.vrrp[0]).to.deep.include({
      version: 3,
      priority: 100,
      interval: 100,
      preempt: true,
      preemptDelay: 0,
      virtualMac: false,
      announce: { repeat: 5, delay: 5, refresh: 0 },
    });
  });

  it("is written as it was read", () => {
    const full = {
      vrrp: [
        {
          ...router,
          version: 2,
          priority: 150,
          interval: "2s",
          preempt: false,
          "preempt-delay": 30,
          group: "web",
          peers: ["10.1.0.2", "10.1.0.3"],
          auth: { pass: "secret" },
          announce: { repeat: 1, delay: 0, refresh: 60 },
        },
        { ...router, id: 52, addresses: ["fe80::100/64", "2001:db8::100/128"], interval: "50ms" },
        { ...router, id: 53, addresses: ["10.1.0.101/32"], "virtual-mac": true },
      ],
      sync: { interface: "eth1", id: 7, group: "224.0.0.82", port: 9000, prompt: false },
    };
    const { config, problems } = read(full);
    expect(problems).to.deep.equal([]);
    expect(read(hostConfigValues(config).ha).config.ha).to.deep.equal(config.ha);
  });

  for (const [what, more, expected] of [
    ["interface", { interface: "eth9" }, "expected the name of one of the interfaces"],
    ["id", { id: 0 }, "expected a whole number from 1 to 255"],
    ["priority", { priority: 256 }, "expected a whole number from 1 to 255"],
    ["interval", { interval: "5ms" }, "expected a time from 10ms to 40950ms in steps of 10ms"],
    ["interval of version 2", { version: 2, interval: "50ms" }, "expected whole seconds from 1s to 255s"],
    ["addresses", { addresses: [] }, "expected the addresses that move"],
    ["an own address", { addresses: ["10.1.0.1/32"] }, "expected an address that moves, got 10.1.0.1, which eth0 has"],
    ["version", { version: 4 }, "expected 2 or 3"],
    ["IPv6 in version 2", { version: 2, addresses: ["2001:db8::1/64"] }, "version 2 is for IPv4"],
    ["a secret in version 3", { auth: { pass: "x" } }, "version 3 has no authentication"],
    ["a long secret", { version: 2, auth: { ah: "123456789" } }, "expected a secret of 1 to 8 characters"],
    ["peers", { peers: [] }, "expected the other directors' addresses"],
    ["a peer of the other family", { peers: ["2001:db8::2"] }, "expected an address of one director, of IPv4"],
    ["a group as a peer", { peers: ["224.0.0.18"] }, "expected an address of one director"],
    ["a MAC address that moves, with peers", { peers: ["10.1.0.2"], "virtual-mac": true }, "expected false"],
    ["preempt", { preempt: "yes" }, "expected true or false"],
    ["a key", { vrid: 51 }, "unknown key"],
  ] as const) {
    it(`says what is wrong with ${what}`, () => expect(problem(more)).to.contain(expected));
  }

  it("refuses one VRID twice on an interface, and one address with two routers", () => {
    expect(read({ vrrp: [router, { ...router, addresses: ["10.1.0.101/32"] }] }).problems).to.deep.equal([
      "ha.vrrp[1].id: expected another VRID than vrrp[0] has on eth0",
    ]);
    expect(read({ vrrp: [router, { ...router, id: 52 }] }).problems).to.deep.equal([
      "ha.vrrp[1].addresses: 10.1.0.100 is moved by vrrp[0] already",
    ]);
  });
});
