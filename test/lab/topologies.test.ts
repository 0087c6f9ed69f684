import { expect } from "chai";
import { runRules } from "../../src/core/control/restore.ts";
import { Director } from "../../src/core/host/director.ts";
import { MODES } from "../../src/core/simulator/layout.ts";
import { parseConfig } from "../../src/io/config.ts";
import { directorYaml, serviceRules } from "../../src/lab/director-yaml.ts";
import {
  ECMP_KINDS,
  type EcmpKind,
  type Lab,
  SESSION_KINDS,
  type SeveralDirectors,
  withoutPrefix,
} from "../../src/lab/plan.ts";
import { EXAMPLES, MOST_SERVERS, planLab } from "../../src/lab/topologies.ts";
import { labOptions } from "./options.ts";

const behind = (next: EcmpKind): SeveralDirectors => ({ kind: "ecmp", count: 3, next, synchronised: true });

const TWO: SeveralDirectors = { kind: "vrrp", count: 2, advertised: "1s" };

const LABS: readonly (readonly [title: string, lab: Lab])[] = [
  ...MODES.map((mode) => [mode, planLab(labOptions(mode))] as const),
  ...MODES.map(
    (mode) => [`${mode} with ${MOST_SERVERS} servers`, planLab(labOptions(mode, { servers: MOST_SERVERS }))] as const,
  ),
  ...MODES.map((mode) => [`${mode} in IPv6`, planLab(labOptions(mode, { ipv6: true }))] as const),
  ...ECMP_KINDS.map((next) => [`dr behind ${next}`, planLab(labOptions("dr", { several: behind(next) }))] as const),
  ["nat in IPv6 with two directors", planLab(labOptions("nat", { ipv6: true, several: TWO }))],
  ["NAT64", planLab(labOptions("fullnat", { ipv6: true, nat64: true }))],
  ...EXAMPLES.map((mode) => [`${mode}, the example`, planLab(labOptions(mode, { example: true }))] as const),
  ...SESSION_KINDS.map(
    (sessions) => [`nat with sessions ${sessions}`, planLab(labOptions("nat", { sessions }))] as const,
  ),
];

/** A director of core made from the lab's director.yaml. */
function directorOf(lab: Lab): Director {
  const result = parseConfig(directorYaml(lab, serviceRules(lab)), "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(({ message }) => message).join("; "));
  const director = new Director(result.config, { link: { send() {} } });
  const outcome = runRules(result.config.rules.lines.join("\n"), { server: director.server });
  expect(outcome.err).to.equal("");
  return director;
}

const allNics = (lab: Lab) => [...lab.hosts.flatMap(({ nics }) => nics), ...lab.director.ports];

describe("the topologies", () => {
  for (const [title, lab] of LABS) {
    describe(title, () => {
      it("gives a director.yaml whose service a director takes", () => {
        const [service, ...others] = directorOf(lab).server.services.list();
        expect(others).to.have.length(0);
        expect(service?.destinations).to.have.length(lab.service.servers.length);
        expect(service?.scheduler?.name).to.equal(lab.service.scheduler);
      });

      it("has every address and every MAC address once", () => {
        const addresses = [
          ...allNics(lab).flatMap((nic) => nic.addresses.map(withoutPrefix)),
          withoutPrefix(lab.director.probe.address),
        ];
        const macs = allNics(lab).map(({ mac }) => mac);
        expect(addresses).to.deep.equal([...new Set(addresses)]);
        expect(macs).to.deep.equal([...new Set(macs)]);
      });

      it("plugs every NIC into a segment that is there, with an address of its network", () => {
        const networks = new Map(
          lab.segments.map(({ name, network }) => [name, network.replace(/\.0\/24$/, ".").replace(/\/64$/, "")]),
        );
        for (const { segment, addresses } of allNics(lab)) {
          const network = networks.get(segment);
          expect(network, segment).to.be.a("string");
          for (const address of addresses) expect(address.startsWith(network ?? "?"), address).to.equal(true);
        }
      });

      it("has gateways that are on the host's own segment", () => {
        const on = (segment: string): string[] =>
          allNics(lab)
            .filter((nic) => nic.segment === segment)
            .flatMap((nic) => nic.addresses.map(withoutPrefix));
        for (const { name, nics, settings } of lab.hosts) {
          for (const setting of settings) {
            if (setting.kind !== "route") continue;
            const near = nics.flatMap(({ segment }) => on(segment));
            expect(near, `the gateway of ${name}`).to.include(setting.via);
          }
        }
      });
    });
  }

  for (const mode of MODES) {
    it(`can have its real servers checked: ${mode}`, () => {
      const lab = planLab(labOptions(mode, { health: true }));
      const result = parseConfig(directorYaml(lab, serviceRules(lab)), "director.yaml");
      if (result.kind === "errors") throw new Error(result.errors.map(({ message }) => message).join("; "));
      expect(result.config.health).to.have.length(1);
      expect(result.config.health?.[0]).to.include({
        service: `tcp ${lab.service.address}:80`,
        check: "http",
        fall: 2,
      });
    });
  }

  it("gives real servers of FULLNAT no route to anywhere", () => {
    const { hosts } = planLab(labOptions("fullnat"));
    expect(hosts.filter(({ role }) => role === "server").flatMap(({ settings }) => settings)).to.deep.equal([]);
  });

  it("has the addresses of the worked examples", () => {
    const nat = planLab(labOptions("nat", { example: true }));
    expect(serviceRules(nat)).to.deep.equal([
      "-A -t 12.11.0.101:80 -s rr",
      "-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 1",
      "-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 1",
    ]);
    expect(nat.director.ports[1]?.addresses).to.deep.equal(["172.16.1.1/24"]);
    const dr = planLab(labOptions("dr", { example: true }));
    expect(serviceRules(dr)).to.deep.equal([
      "-A -t 12.11.0.101:80 -s rr",
      "-a -t 12.11.0.101:80 -r 12.11.0.103:80 -g -w 1",
      "-a -t 12.11.0.101:80 -r 12.11.0.104:80 -g -w 1",
    ]);
    expect(dr.director.ports[0]?.addresses).to.deep.equal(["12.11.0.102/24", "12.11.0.101/32"]);
  });
});
