/** Real servers found by their own address: of all that fit, the one that came, or changed its way, last. */
import { expect } from "chai";
import fc from "fast-check";
import { Destination, type DestinationOptions } from "../../../src/core/ipvs/destination.ts";
import { METHODS } from "../../../src/core/ipvs/forwarding/methods.ts";
import { nat } from "../../../src/core/ipvs/forwarding/nat.ts";
import { tun } from "../../../src/core/ipvs/forwarding/tunnel.ts";
import { RealServerIndex } from "../../../src/core/ipvs/real-server-index.ts";
import { Service } from "../../../src/core/ipvs/service.ts";
import { AF_INET, ANY, ipv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";

const SERVICES = [
  { protocol: PROTOCOL_TCP, fwmark: 0 },
  { protocol: PROTOCOL_UDP, fwmark: 0 },
  { protocol: PROTOCOL_TCP, fwmark: 7 },
].map(
  (name) =>
    new Service(
      { ...name, family: AF_INET, address: ANY, port: 80 },
      { scheduler: "none", flags: 0, timeoutSeconds: 0, netmask: 0, persistenceEngine: "" },
    ),
);

function serverOf(service: Service, address: number, port: number, way: Partial<DestinationOptions>): Destination {
  const options = { weight: 1, upperThreshold: 0, lowerThreshold: 0, tunnelType: 0, tunnelPort: 0, tunnelFlags: 0 };
  const server = new Destination(service, ipv4(address), port, { forwarding: nat.number, ...options, ...way });
  server.handle = address;
  server.tunnelType = way.tunnelType ?? 0;
  server.tunnelPort = way.tunnelPort ?? 0;
  return server;
}

const servers = fc.record({
  service: fc.constantFrom(...SERVICES),
  address: fc.constantFrom(0x0a020002, 0x0a020003, -5),
  port: fc.constantFrom(0, 80, 81),
  forwarding: fc.constantFrom(...METHODS.map(({ number }) => number)),
  tunnelType: fc.constantFrom(0, 1, 2),
  tunnelPort: fc.constantFrom(0, 80, 6080),
});

describe("the index of real servers", () => {
  it("finds who a list, the last first, finds", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(servers, fc.nat(20))), (steps) => {
        const index = new RealServerIndex();
        const list: Destination[] = [];
        for (const step of steps) {
          if (typeof step !== "number") {
            const { service, address, port, ...way } = step;
            const server = serverOf(service, address, port, way);
            list.unshift(server);
            index.add(server);
            continue;
          }
          const [gone] = list.splice(step, 1);
          if (gone !== undefined) index.remove(gone);
        }
        for (const address of [0x0a020002, 0x0a020003, -5, 9]) {
          for (const port of [0, 80, 81, 6080]) {
            for (const protocol of [PROTOCOL_TCP, PROTOCOL_UDP]) {
              const fits = ({ forwarding, handle, port: own, service }: Destination): boolean =>
                forwarding === nat.number &&
                handle === address &&
                own === port &&
                (service.fwmark !== 0 || service.protocol === protocol);
              expect(index.masqueraded(protocol, address, port)).equals(list.find(fits));
            }
            // A tunnel that needs no port, and was given one, is found by none.
            const ends = ({ forwarding, handle, tunnelPort, tunnelType }: Destination): boolean =>
              forwarding === tun.number &&
              handle === address &&
              tunnelPort === port &&
              (tunnelType === 1 || tunnelPort === 0);
            expect(index.tunnel(address, port)).equals(list.find(ends));
          }
        }
      }),
    );
  });

  it("forgets a server that is not there without harm", () => {
    const index = new RealServerIndex();
    const [service] = SERVICES;
    if (service === undefined) throw new Error("no service");
    const [first, second] = [80, 81].map((port) => serverOf(service, 1, port, {}));
    if (first === undefined || second === undefined) throw new Error("no server");
    index.add(first);
    index.remove(second);
    expect(index.masqueraded(PROTOCOL_TCP, 1, 80)).equals(first);
  });
});
