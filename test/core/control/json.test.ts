/** The listings as objects. */

import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { LISTING_KINDS, listingJson } from "../../../src/core/control/json.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";
import { newServer } from "./world.ts";

const RULES = `-A -t 10.0.0.100:80 -s sh -b sh-port -p 60 -M 255.255.255.0
-a -t 10.0.0.100:80 -r 192.168.1.11:8080 -m -w 3 -x 10 -y 5
-a -t 10.0.0.100:80 -r 192.168.1.12 -i --tun-type gue --tun-port 6080 --tun-remcsum
-P -t 10.0.0.100:80 -z 192.168.1.200
-A -f 4294967295 -6 -s rr -o
`;
const ZERO = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
const QUIET = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, statistics: ZERO, rates: ZERO };

describe("listings as JSON", () => {
  it("tells all of services, in the order of listings", () => {
    const server = newServer();
    expect(runIpvsadm(["-R"], { server, stdin: RULES }).err).to.equal("");
    expect(listingJson("services", server)).to.deep.equal({
      v: 1,
      services: [
        {
          family: "IPv6",
          fwmark: 4294967295,
          scheduler: "rr",
          schedulerFlags: [],
          onePacket: true,
          statistics: ZERO,
          rates: ZERO,
          localAddresses: [],
          destinations: [],
        },
        {
          family: "IPv4",
          protocol: "TCP",
          address: "10.0.0.100",
          port: 80,
          scheduler: "sh",
          schedulerFlags: ["sh-port"],
          onePacket: false,
          persistence: { timeoutSeconds: 60, netmask: "255.255.255.0" },
          statistics: ZERO,
          rates: ZERO,
          localAddresses: [{ address: "192.168.1.200", connections: 0, conflicts: 0 }],
          destinations: [
            {
              address: "192.168.1.11",
              port: 8080,
              forwarding: "Masq",
              weight: 3,
              upperThreshold: 10,
              lowerThreshold: 5,
              overloaded: false,
              ...QUIET,
            },
            {
              address: "192.168.1.12",
              port: 80,
              forwarding: "Tunnel",
              tunnel: { type: "gue", port: 6080, checksum: "remote" },
              weight: 1,
              upperThreshold: 0,
              lowerThreshold: 0,
              overloaded: false,
              ...QUIET,
            },
          ],
        },
      ],
    });
  });

  it("tells of connections, timeouts and daemons", () => {
    const server = newServer();
    const row = server.connections.create(
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
      undefined,
    );
    server.connections.insert(row);
    server.connections.restartTimer(row);
    runIpvsadm(["--start-daemon", "backup", "--mcast-interface", "d0", "--syncid", "7"], { server });
    expect(listingJson("connections", server)).to.deep.equal({
      v: 1,
      connections: [
        {
          protocol: "TCP",
          template: false,
          state: "NONE",
          secondsLeft: 3,
          forwarding: "Masq",
          client: { address: "172.16.5.9", port: 5000 },
          virtual: { address: "10.0.0.100", port: 80 },
          destination: { address: "192.168.1.11", port: 8080 },
        },
      ],
    });
    expect(listingJson("timeouts", server)).to.deep.equal({
      v: 1,
      timeouts: { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 },
    });
    expect(listingJson("daemons", server)).to.deep.equal({
      v: 1,
      daemons: [
        { state: "backup", mcastInterface: "d0", syncId: 7, maxLength: 1472, group: "224.0.0.81", port: 8848, ttl: 1 },
      ],
    });
  });

  it("stands in for what -L and -G print, with their checks", () => {
    const server = newServer();
    runIpvsadm(["-R"], { server, stdin: RULES });
    const json = (line: string): unknown => JSON.parse(runIpvsadm(line.split(" "), { server, json: true }).out);
    expect(json("-Ln")).to.deep.equal(listingJson("services", server));
    expect(json("-Lnc")).to.deep.equal({ v: 1, connections: [] });
    expect(json("-L --timeout")).to.deep.equal(listingJson("timeouts", server));
    expect(json("-L --daemon")).to.deep.equal({ v: 1, daemons: [] });
    for (const line of ["-L -t 10.0.0.100:80", "-G -t 10.0.0.100:80"]) {
      expect(json(line)).to.have.property("services").that.has.lengthOf(1);
    }
    expect(runIpvsadm(["-L", "-t", "10.0.0.9:80"], { server, json: true }).code).to.equal(1);
    expect(runIpvsadm(["-L", "-w", "1"], { server, json: true }).code).to.equal(2);
    expect(runIpvsadm(["-Sn"], { server, json: true }).out).to.match(/^-A /);
  });

  it("holds nothing that JSON does not", () => {
    const server = newServer();
    runIpvsadm(["-R"], { server, stdin: RULES });
    for (const kind of LISTING_KINDS) {
      const listing = listingJson(kind, server);
      expect(JSON.parse(JSON.stringify(listing)), kind).to.deep.equal(listing);
    }
  });
});
