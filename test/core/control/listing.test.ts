/** What the recordings do not reach of the listings: large figures, wrapping counters, orders, FULLNAT's local side. */

import { expect } from "chai";
import fc from "fast-check";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { largeNumber } from "../../../src/core/control/listing/large-number.ts";
import { sortedDestinations, sortedServices } from "../../../src/core/control/listing/sort.ts";
import { firstWord, ipv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";
import { newServer } from "./world.ts";

describe("figures in listings", () => {
  it("lose digits by the thousand, without rounding", () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, "        0"],
      [99_999_999, " 99999999"],
      [100_000_000, "  100000K"],
      [999_999_999, "  999999K"],
      [1_000_000_000, "    1000M"],
      [99_999_999_999, "   99999M"],
      [100_000_000_000, "     100G"],
      [99_999_999_999_999, "   99999G"],
      [100_000_000_000_000, "     100T"],
    ];
    for (const [value, text] of cases) expect(largeNumber(value, false), String(value)).to.equal(text);
  });

  it("keep all digits if they are to be exact", () => {
    expect(largeNumber(12_345_678, true)).to.equal(" 12345678");
    expect(largeNumber(123_456_789, true)).to.equal(" 123456789");
  });

  it("wrap at 2^32 for a destination's packets, not for a service's", () => {
    const server = newServer();
    runIpvsadm(["-A", "-t", "10.0.0.100:80", "-s", "rr"], { server });
    runIpvsadm(["-a", "-t", "10.0.0.100:80", "-r", "192.168.1.11", "-m"], { server });
    const [service] = server.services.list();
    const [destination] = service?.destinations ?? [];
    for (const statistics of [service?.statistics, destination?.statistics]) {
      statistics?.live.set([2 ** 32 + 1, 2 ** 32 + 2, 2 ** 32 + 3, 2 ** 32 + 4, 2 ** 32 + 5]);
    }
    server.advance(2_000_000);
    const lines = runIpvsadm(["-Ln", "--stats", "--exact"], { server }).out.split("\n");
    expect(lines[3]).to.match(/^TCP .* 4294967297 4294967298 4294967299 4294967300 4294967301$/);
    expect(lines[4]).to.match(/^ {2}-> \S+ +1 +2 +3 4294967300 4294967301$/);
  });
});

describe("the order of listings", () => {
  const services = (addresses: readonly number[]) => {
    const server = newServer();
    for (const address of addresses) {
      const key = { family: 2, protocol: PROTOCOL_TCP, address: ipv4(address), port: 80, fwmark: 0 } as const;
      const options = { scheduler: "rr", flags: 0, timeoutSeconds: 0, netmask: 0xffffffff, persistenceEngine: "" };
      if (server.services.find(key) === undefined) server.addService(key, options);
    }
    return server.services.list();
  };

  it("is that of the addresses as long as none are 2^31 apart", () => {
    const addresses = fc.array(fc.integer({ min: 0, max: 0x7fffffff }), { maxLength: 30 });
    fc.assert(
      fc.property(addresses, (list) => {
        const sorted = sortedServices(services(list)).map(({ address }) => firstWord(address));
        expect(sorted).to.deep.equal([...new Set(list)].sort((a, b) => a - b));
      }),
    );
  });

  it("loses and doubles nothing, however far apart they are", () => {
    const addresses = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 30 });
    fc.assert(
      fc.property(addresses, (list) => {
        expect(sortedServices(services(list)).map(({ address }) => firstWord(address))).to.have.members([
          ...new Set(list),
        ]);
      }),
    );
  });

  it("is empty for nobody", () => {
    expect(sortedServices([])).to.deep.equal([]);
    expect(sortedDestinations([])).to.deep.equal([]);
  });
});

describe("a connection by FULLNAT", () => {
  it("shows in upstream's columns", () => {
    const server = newServer();
    runIpvsadm(["-A", "-t", "10.0.0.100:80", "-s", "rr"], { server });
    runIpvsadm(["-a", "-t", "10.0.0.100:80", "-r", "192.168.1.11:8080", "-b"], { server });
    const [destination] = server.services.list()[0]?.destinations ?? [];
    const { connections } = server;
    const row = connections.create(
      {
        protocol: PROTOCOL_TCP,
        clientAddress: 0xac100509,
        clientPort: 5000,
        virtualAddress: 0x0a000064,
        virtualPort: 80,
        destinationAddress: 0xc0a8010b,
        destinationPort: 8080,
        flags: 0,
        fwmark: 0,
      },
      destination,
    );
    connections.insert(row);
    connections.restartTimer(row);
    const lines = runIpvsadm(["-Lnc"], { server }).out.split("\n");
    expect(lines[2]).to.equal("TCP 00:03  NONE        172.16.5.9:5000    10.0.0.100:80      192.168.1.11:8080");
    expect(runIpvsadm(["-Ln"], { server }).out).to.contain("FullNat 1      0          1         \n");
  });
});
