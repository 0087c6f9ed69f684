import { expect } from "chai";
import { ipv4 } from "../../../src/core/wire/address.ts";
import type { HealthCheck, LiveConfig } from "../../../src/io/config/live.ts";
import { describeConfigError, parseConfig } from "../../../src/io/config.ts";

const HEAD = "interfaces: [{name: eth0}]\n";

function liveOf(text: string): LiveConfig {
  const result = parseConfig(`${HEAD}${text}`, "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(describeConfigError).join("\n"));
  return result.live;
}

const errorsOf = (text: string): string[] => {
  const result = parseConfig(`${HEAD}${text}`, "director.yaml");
  return result.kind === "errors" ? result.errors.map(describeConfigError) : [];
};

const check = (text: string): HealthCheck | undefined => liveOf(`health: [{${text}}]\n`).health[0];

describe("director.yaml, what a live director reads", () => {
  it("has no user, no socket and no checks by default", () => {
    expect(liveOf("")).deep.equals({ health: [] });
  });

  it("takes a user by name or number, and a socket", () => {
    expect(liveOf("user: lvs\nsocket: /run/a.sock\n")).deep.equals({ user: "lvs", socket: "/run/a.sock", health: [] });
    expect(liveOf("user: 1000\n")).deep.equals({ user: 1000, health: [] });
  });

  it("takes how often connections are written down, and says what a time looks like", () => {
    expect(liveOf("state: {connections: 5s}\n").connectionsEvery).to.equal(5000);
    expect(liveOf("state: {connections: 100ms}\n").connectionsEvery).to.equal(100);
    for (const wrong of ["5", "99ms", "3601s", "1h", "-1s"]) {
      expect(errorsOf(`state: {connections: ${wrong}}\n`)[0]).contains(
        "expected a time from 100ms to 3600s, such as 5s",
      );
    }
    expect(errorsOf("state: {rules: 5s}\n")[0]).contains("unknown key; known here: connections");
  });

  it("fills in what a check does not say", () => {
    expect(check("service: tcp 10.1.0.100:80, check: tcp")).deep.equals({
      service: { protocol: "tcp", address: ipv4(0x0a010064), port: 80, mark: 0 },
      kind: "tcp",
      path: "/",
      status: [200, 399],
      interval: 2,
      timeout: 2,
      rise: 2,
      fall: 3,
      failure: "quiesce",
    });
  });

  it("takes all that a check can say", () => {
    const text =
      "service: fwmark 7, check: http, port: 8080, path: /health?a=b, host: example.org, status: 200-204, body: well, interval: 5, timeout: 1, rise: 1, fall: 1, failure: remove, sorry: '10.2.0.9:80', sorry-method: tun, via: netns rs1";
    expect(check(text)).deep.equals({
      service: { protocol: "fwmark", address: ipv4(0), port: 0, mark: 7 },
      kind: "http",
      port: 8080,
      path: "/health?a=b",
      host: "example.org",
      status: [200, 204],
      body: "well",
      interval: 5,
      timeout: 1,
      rise: 1,
      fall: 1,
      failure: "remove",
      sorry: { address: ipv4(0x0a020009), port: 80, method: "tun" },
      netns: "rs1",
    });
  });

  it("takes one status, and a service with an IPv6 address", () => {
    const read = check("service: 'udp [2001:db8::1]:53', check: icmp, status: 204");
    expect(read?.status).deep.equals([204, 204]);
    expect(read?.service).include({ protocol: "udp", port: 53 });
    expect(read?.service.address.family).equals(10);
  });

  for (const [what, text, message] of [
    ["an unknown key", "service: tcp 10.1.0.100:80, check: tcp, intervall: 1", "health[0].intervall: unknown key"],
    [
      "a service without its protocol",
      "service: 10.1.0.100:80, check: tcp",
      'health[0].service: expected a service such as "tcp 10.1.0.100:80"',
    ],
    ["a service without its port", "service: tcp 10.1.0.100, check: tcp", "health[0].service: expected a service"],
    ["the mark 0", "service: fwmark 0, check: tcp", "health[0].service: expected a service"],
    ["a port beyond 65535", "service: 'tcp 10.1.0.100:65536', check: tcp", "health[0].service: expected a service"],
    [
      "a check that there is not",
      "service: tcp 10.1.0.100:80, check: https",
      "health[0].check: expected one of icmp, tcp, http",
    ],
    ["no check", "service: tcp 10.1.0.100:80", "health[0].check: missing: expected one of icmp, tcp, http"],
    [
      "an interval of 0",
      "service: tcp 10.1.0.100:80, check: tcp, interval: 0",
      "health[0].interval: expected a whole number from 1 to 3600",
    ],
    [
      "a status backwards",
      "service: tcp 10.1.0.100:80, check: http, status: 299-200",
      "health[0].status: expected a status such as 200",
    ],
    [
      "a path without a slash",
      "service: tcp 10.1.0.100:80, check: http, path: health",
      "health[0].path: expected a path that begins with /",
    ],
    [
      "a sorry server without a port",
      "service: tcp 10.1.0.100:80, check: tcp, sorry: 10.2.0.9",
      "health[0].sorry: expected an address and a port",
    ],
    [
      "a way that there is not",
      "service: tcp 10.1.0.100:80, check: tcp, via: ssh rs1",
      'health[0].via: expected "netns" and the name of a namespace',
    ],
    ["a namespace with a slash", "service: tcp 10.1.0.100:80, check: tcp, via: netns ../x", "health[0].via: expected"],
  ] as const) {
    it(`tells of ${what}`, () => {
      const errors = errorsOf(`health: [{${text}}]\n`);
      expect(errors).lengthOf(1);
      expect(errors[0])
        .match(/^director\.yaml:2:\d+: /)
        .and.contains(message);
    });
  }

  it("tells of a user that is neither name nor number", () => {
    expect(errorsOf("user: [a]\n")[0]).contains("user: expected the name or number of a user");
    expect(errorsOf("user: -1\n")[0]).contains("user: expected a whole number");
  });
});
