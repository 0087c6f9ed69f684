import { expect } from "chai";
import fc from "fast-check";
import { Destination } from "../../../src/core/ipvs/destination.ts";
import { nat } from "../../../src/core/ipvs/forwarding/nat.ts";
import { Service } from "../../../src/core/ipvs/service.ts";
import { afterBind, afterEdit, afterUnbind } from "../../../src/core/ipvs/thresholds.ts";
import { AF_INET, ipv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";

const key = { family: AF_INET, protocol: PROTOCOL_TCP, address: ipv4(0x0a000064), port: 80, fwmark: 0 } as const;
const SERVICE = new Service(key, { scheduler: "none", flags: 0, timeoutSeconds: 0, netmask: 0, persistenceEngine: "" });

function server(upper: number, lower: number, active = 0, inactive = 0, overloaded = false): Destination {
  const tunnel = { tunnelType: 0, tunnelPort: 0, tunnelFlags: 0 };
  const thresholds = { upperThreshold: upper, lowerThreshold: lower };
  const destination = new Destination(SERVICE, ipv4(0xc0a8010b), 80, {
    forwarding: nat.number,
    weight: 1,
    ...thresholds,
    ...tunnel,
  });
  return Object.assign(destination, {
    ...thresholds,
    activeConnections: active,
    inactiveConnections: inactive,
    overloaded,
  });
}

describe("thresholds", () => {
  it("a connection that reaches the upper threshold overloads; active and inactive count alike", () => {
    for (const [active, inactive, overloaded] of [
      [3, 0, false],
      [4, 0, true],
      [0, 4, true],
      [2, 2, true],
      [9, 0, true],
    ] as const) {
      const destination = server(4, 0, active, inactive);
      afterBind(destination);
      expect(destination.overloaded, `${active} + ${inactive}`).to.equal(overloaded);
    }
  });

  it("without an upper threshold nothing overloads", () => {
    const destination = server(0, 0, 1_000_000);
    afterBind(destination);
    expect(destination.overloaded).to.equal(false);
  });

  it("a release ends the overload below the lower threshold", () => {
    for (const [connections, overloaded] of [
      [2, true],
      [1, false],
    ] as const) {
      const destination = server(8, 2, connections, 0, true);
      afterUnbind(destination);
      expect(destination.overloaded, `${connections} connections`).to.equal(overloaded);
    }
  });

  it("without a lower threshold, below three quarters of the upper", () => {
    for (const [upper, connections, overloaded] of [
      [4, 3, true],
      [4, 2, false],
      [8, 6, true],
      [8, 5, false],
      [1, 0, false],
    ] as const) {
      const destination = server(upper, 0, 0, connections, true);
      afterUnbind(destination);
      expect(destination.overloaded, `${connections} of ${upper}`).to.equal(overloaded);
    }
  });

  it("with neither threshold any release ends it", () => {
    const destination = server(0, 0, 50, 0, true);
    afterUnbind(destination);
    expect(destination.overloaded).to.equal(false);
  });

  it("an edit ends it only if it removes or raises the upper threshold", () => {
    for (const [newUpper, overloaded] of [
      [0, false],
      [3, true],
      [4, true],
      [5, false],
    ] as const) {
      const destination = server(4, 1, 9, 0, true);
      afterEdit(destination, newUpper, 2);
      expect(destination.overloaded, `4 to ${newUpper}`).to.equal(overloaded);
      expect([destination.upperThreshold, destination.lowerThreshold]).to.deep.equal([newUpper, 2]);
    }
  });

  it("an edit never overloads", () => {
    const destination = server(0, 0, 9);
    afterEdit(destination, 4, 0);
    expect(destination.overloaded).to.equal(false);
  });

  it("a server with upper threshold N takes exactly N connections at once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (upper) => {
        const destination = server(upper, 0);
        let taken = 0;
        for (; !destination.overloaded; taken++) {
          destination.inactiveConnections++;
          afterBind(destination);
        }
        expect(taken).to.equal(upper);
      }),
    );
  });
});
