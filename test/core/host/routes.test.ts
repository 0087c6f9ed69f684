/** Routes: the longest prefix wins, against a naive search; and what the host takes for its own. */

import { expect } from "chai";
import fc from "fast-check";
import { type HostConfig, prefixed } from "../../../src/core/host/config/config.ts";
import { HostSysctl } from "../../../src/core/host/host-sysctl.ts";
import { makeInterfaces } from "../../../src/core/host/interfaces.ts";
import { LOOPBACK, RoutingTable } from "../../../src/core/host/routes.ts";
import { type Address, ANY_IPV6, firstWord, ipv4 as ipv4Address, parseIpv6 } from "../../../src/core/wire/address.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { CLIENT, DIRECTOR, INSIDE, LOCAL, labConfig, SERVER, VIP } from "../../support/lab.ts";
import { ip } from "../../support/packet.ts";

const tableOf = (config: HostConfig): RoutingTable => {
  const addresses = new AddressTable();
  return new RoutingTable(addresses, makeInterfaces(config, addresses), config, new HostSysctl([]));
};
const lab = (routes: HostConfig["routes"] = []): RoutingTable => tableOf(labConfig({ routes }));
const to = (text: string, prefix: number) => prefixed(ip(text), prefix);

const parsed = (text: string): Address => parseIpv6(text) ?? ANY_IPV6;

const handle = (text: string): number => ip(text) | 0;

describe("routes", () => {
  it("the host's own addresses are local, connected networks are on their ports", () => {
    const table = lab();
    for (const own of [DIRECTOR, VIP, INSIDE, LOCAL]) {
      expect(table.lookup(handle(own))).to.include({ local: true, ifindex: LOOPBACK, source: handle(own) });
    }
    expect(table.lookup(handle(CLIENT))).to.include({ local: false, ifindex: 0, gateway: 0, source: handle(DIRECTOR) });
    expect(table.lookup(handle(SERVER))).to.include({ local: false, ifindex: 1, gateway: 0, source: handle(INSIDE) });
    expect(table.lookup(handle("203.0.113.7"))).to.equal(undefined);
    expect(table.lookup(handle("127.0.0.1"))).to.include({ local: true, source: handle("127.0.0.1") });
  });

  it("the longest prefix wins, and of equal ones the first", () => {
    const prefix = fc.integer({ min: 0, max: 32 });
    const address = fc.oneof(
      // Multicast addresses have no handle of their own, and nobody asks for routes to them.
      fc.nat(0xffffffff).filter((drawn) => drawn >>> 28 !== 14),
      fc.nat(0xff).map((last) => 0xcb007100 + last),
    );
    const network = fc.tuple(address, prefix).map(([drawn, length]) => {
      const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
      return prefixed((drawn & mask) >>> 0, length);
    });
    fc.assert(
      fc.property(
        fc.array(network, { maxLength: 12 }),
        fc.array(address, { minLength: 1, maxLength: 10 }),
        (nets, asked) => {
          const routes = nets.map((net, index) => ({ to: net, via: ipv4Address(ip("198.51.100.9") + index) }));
          const table = lab(routes);
          for (const target of asked) {
            const matching = routes.filter(({ to: { address: net, prefix: length } }) => {
              const size = 2 ** (32 - length);
              return Math.floor(target / size) === Math.floor(firstWord(net) / size);
            });
            const longest = Math.max(...matching.map(({ to: { prefix: length } }) => length));
            const [best] = matching.filter(({ to: { prefix: length } }) => length === longest);
            const found = table.lookup(target | 0);
            if (found?.local === true || found?.gateway === 0) continue;
            expect(found === undefined ? undefined : found.gateway >>> 0).to.equal(best && firstWord(best.via));
          }
        },
      ),
    );
  });

  it("in IPv6 too; a link-local address is on the port that is meant", () => {
    const hextet = fc.constantFrom("fd00", "fe80", "0", "1", "ffff");
    const drawn = fc
      .tuple(
        fc.constantFrom("fd00", "fe80", "2001"),
        hextet,
        hextet,
        fc.constantFrom(0, 8, 10, 16, 24, 32, 48, 64, 128),
      )
      .map(([first, second, last, prefix]) => ({ address: parsed(`${first}:${second}::${last}`), prefix }));
    const route = fc.record({ to: drawn, dev: fc.constantFrom("eth0", "eth1") });
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 30 }),
        fc.array(drawn, { minLength: 1, maxLength: 10 }),
        (routes, asked) => {
          const addresses = new AddressTable();
          const config = labConfig({ routes });
          const interfaces = makeInterfaces(config, addresses);
          const table = new RoutingTable(addresses, interfaces, config, new HostSysctl([]));
          // The link-local networks of the ports stand before what the configuration adds.
          const connected = interfaces.map(({ name }) => ({
            to: { address: parsed("fe80::"), prefix: 64 },
            dev: name,
          }));
          const all = [...connected, ...routes].map(({ to: { address, prefix }, dev }) => ({
            handle: addresses.kept(address),
            prefix,
            ifindex: interfaces.findIndex(({ name }) => name === dev),
          }));
          for (const { address } of asked)
            for (const scope of [LOOPBACK, 0, 1]) {
              const target = addresses.of(address);
              const scoped = scope !== LOOPBACK && (address.words[0] & 0xffc00000) >>> 0 === 0xfe800000;
              const best = all
                .filter(({ handle: net, prefix }) => addresses.samePrefix(net, target, prefix))
                .filter(({ ifindex }) => !scoped || ifindex === scope)
                .reduce<(typeof all)[number] | undefined>(
                  (a, b) => (a === undefined || b.prefix > a.prefix ? b : a),
                  undefined,
                );
              const found = table.lookup(target, scope);
              if (found?.local === true) continue;
              expect(found?.ifindex).to.equal(best?.ifindex);
              expect(table.prefixTo(target, scope)).to.equal(best?.prefix ?? 128);
            }
        },
      ),
    );
  });

  it("a route by a gateway leaves on the port towards it, from that network's address", () => {
    const table = lab([{ to: to("0.0.0.0", 0), via: ipv4Address(ip("192.168.1.9")) }]);
    expect(table.lookup(handle("8.8.8.8"))).to.include({ ifindex: 1, source: handle(INSIDE), local: false });
    expect((table.lookup(handle("8.8.8.8"))?.gateway ?? 0) >>> 0).to.equal(ip("192.168.1.9"));
  });

  it("a route to a device needs no gateway, one by an unknown gateway is none", () => {
    const table = lab([
      { to: to("203.0.113.0", 25), dev: "eth1" },
      { to: to("192.0.2.0", 24), via: ipv4Address(ip("8.8.8.8")) },
    ]);
    expect(table.lookup(handle("203.0.113.7"))).to.include({ ifindex: 1, gateway: 0 });
    expect(table.lookup(handle("192.0.2.1"))).to.equal(undefined);
  });

  it("broadcast are the last address of a connected network, 255.255.255.255, and 0.0.0.0", () => {
    const table = lab();
    for (const address of ["198.51.100.255", "192.168.1.255", "255.255.255.255", "0.0.0.0"]) {
      expect(table.isBroadcast(handle(address)), address).to.equal(true);
      expect(table.isBroadcast(handle(address) | 0), `${address}, signed`).to.equal(true);
    }
    for (const address of ["198.51.100.254", "203.0.113.255", VIP]) {
      expect(table.isBroadcast(handle(address)), address).to.equal(false);
    }
  });

  it("networks of two addresses have no broadcast address", () => {
    const config = labConfig({});
    const [port] = config.interfaces;
    if (port === undefined) return expect.fail("a lab has interfaces");
    const table = tableOf({
      ...config,
      interfaces: [{ ...port, addresses: [to("198.51.100.2", 31), to("203.0.113.1", 32)] }],
    });
    expect(table.isBroadcast(handle("198.51.100.3"))).to.equal(false);
    expect(table.lookup(handle("198.51.100.3"))).to.include({ ifindex: 0 });
    return undefined;
  });

  it("a learnt path MTU holds for 600 s, never grows, and is no smaller than 552", () => {
    const table = lab();
    const route = table.lookup(handle(SERVER));
    if (route === undefined) return expect.fail("no route");
    const mtu = (now: number): number => table.pathMtu(route, handle(SERVER), now);
    expect(mtu(0)).to.equal(1500);
    expect(table.learnPathMtu(handle(SERVER), 1400, 0)).to.equal(true);
    expect(mtu(1)).to.equal(1400);
    expect(table.learnPathMtu(handle(SERVER), 1450, 1), "larger").to.equal(false);
    expect(table.learnPathMtu(handle(SERVER), 68, 2)).to.equal(true);
    expect(mtu(3)).to.equal(552);
    expect(mtu(2 + 600e6 - 1)).to.equal(552);
    expect(mtu(2 + 600e6)).to.equal(1500);
    expect(table.learnPathMtu(handle("203.0.113.7"), 1400, 0), "without a route").to.equal(false);
    return undefined;
  });

  it("an address of a network that an earlier address has is secondary: never a source", () => {
    const config = labConfig({});
    const [port] = config.interfaces;
    if (port === undefined) return expect.fail("a lab has interfaces");
    const addresses = [to("203.0.113.1", 24), to("198.51.100.7", 24), to("198.51.100.8", 24)];
    const [made] = makeInterfaces({ ...config, interfaces: [{ ...port, addresses }] }, new AddressTable());
    expect(made?.ipv4.map(({ secondary }) => secondary)).to.deep.equal([false, false, true]);
    const table = tableOf({ ...config, interfaces: [{ ...port, addresses }] });
    expect(table.sourceFor(0, handle("198.51.100.9"))).to.equal(handle("198.51.100.7"));
    expect(table.sourceFor(0, handle("8.8.8.8"))).to.equal(handle("203.0.113.1"));
    return undefined;
  });

  it("an address of 32 bits and a secondary one bring no route and no broadcast address", () => {
    const config = labConfig({});
    const [port] = config.interfaces;
    if (port === undefined) return expect.fail("a lab has interfaces");
    const own = (...addresses: ReturnType<typeof to>[]) => tableOf({ ...config, interfaces: [{ ...port, addresses }] });
    const single = own(to("203.0.113.1", 32), to("198.51.100.8", 24));
    expect(single.lookup(handle("203.0.113.1"))?.local).to.equal(true);
    expect(single.sourceFor(0, handle("198.51.100.9"))).to.equal(handle("198.51.100.8"));
    expect(single.broadcasts.map(({ address }) => address)).to.deep.equal([handle("198.51.100.255")]);
    const double = own(to("198.51.100.7", 24), to("198.51.100.8", 24));
    expect(double.broadcasts.map(({ address }) => address)).to.deep.equal([handle("198.51.100.255")]);
    expect(double.lookup(handle("198.51.100.9"))?.source).to.equal(handle("198.51.100.7"));
    return undefined;
  });

  it("a claimed address is the host's own until it is released; a configured one stays", () => {
    const table = lab();
    const claimed = ip("192.168.1.150");
    expect(table.isOwn(claimed)).to.equal(false);
    table.claim(claimed);
    expect([table.isOwn(claimed), table.lookup(claimed)?.local]).to.deep.equal([true, true]);
    table.release(claimed);
    expect([table.isOwn(claimed), table.lookup(claimed)?.ifindex]).to.deep.equal([false, 1]);
    table.claim(handle(LOCAL));
    table.release(handle(LOCAL));
    expect(table.isOwn(handle(LOCAL))).to.equal(true);
  });
});
