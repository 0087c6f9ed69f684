import { expect } from "chai";
import { MODES } from "../../src/core/simulator/layout.ts";
import { buildLab } from "../../src/lab/build.ts";
import type { LabCommand } from "../../src/lab/command.ts";
import { ownPorts } from "../../src/lab/directors.ts";
import { ownerOf } from "../../src/lab/names.ts";
import { withoutPrefix } from "../../src/lab/plan.ts";
import { batches } from "../../src/lab/run.ts";
import { shellScript } from "../../src/lab/script.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { installedPaths, labOptions } from "./options.ts";

const commandsOf = (mode: (typeof MODES)[number]): LabCommand[] =>
  buildLab(planLab(labOptions(mode, { name: "x1", servers: 3 })), installedPaths("x1")).flatMap(
    ({ commands }) => commands,
  );

const netnsOf = (command: LabCommand): string | undefined => (command.kind === "write" ? undefined : command.netns);

describe("the commands that build a lab", () => {
  it("leave the services to keepalived, which has interfaces called as the director's, and starts once the director answers", () => {
    const lab = planLab(labOptions("nat", { keepalived: "/etc/keepalived/keepalived.conf" }));
    const script = shellScript(buildLab(lab, installedPaths("nat")));
    expect(script).not.includes("rules:");
    expect(script.split("\n")).to.include.members([
      "ip -n tvs-nat-director link add eth0 type veth peer name tvs-dir-0",
      "ip -n tvs-nat-director link set tvs-dir-0 master tvs-front up",
      "ip -n tvs-nat-director link set eth1 arp off up",
      "ip -n tvs-nat-director addr add 10.1.0.254/32 dev eth0",
    ]);
    const [, last = ""] = script.trimEnd().split("&\n").slice(-2);
    expect(last).matches(
      /^until tapvs status --socket \S+ .*; done\nip netns exec tvs-nat-director tapvs with --socket/m,
    );
    expect(last).includes("keepalived --dont-fork --log-console --use-file /etc/keepalived/keepalived.conf");
  });

  it("give the router each director's MAC address before the group of next hops that would be chosen by it", () => {
    const several = { kind: "ecmp", count: 3, next: "multipath", synchronised: true } as const;
    const lab = planLab(labOptions("dr", { several }));
    const lines = shellScript(buildLab(lab, installedPaths("dr"))).split("\n");
    const group = lines.findIndex((line) => line.includes("nexthop add id 100 group 1/2/3"));
    for (const number of [1, 2, 3]) {
      const [port] = ownPorts(lab, number);
      const address = withoutPrefix(port?.addresses[0] ?? "");
      const neighbor = `ip -n tvs-dr-router neigh add ${address} lladdr ${port?.mac} dev eth1 nud permanent`;
      expect(lines.indexOf(neighbor), neighbor).to.be.within(0, group);
    }
  });

  for (const mode of MODES) {
    const commands = commandsOf(mode);

    it(`${mode}: touch only namespaces of the lab, each after it was made`, () => {
      const made = new Set<string>();
      for (const command of commands) {
        const netns = netnsOf(command);
        if (netns !== undefined) expect(made, netns).to.include(netns);
        if (command.kind === "ip" && netns === undefined) {
          const [object, action, name = ""] = command.words;
          if (object === "netns") made.add(name);
          // A veth pair: both of its ends say where they go.
          else
            expect([object, action, command.words.filter((word) => word === "netns").length]).to.deep.equal([
              "link",
              "add",
              2,
            ]);
        }
      }
      expect([...made].every((name) => ownerOf(name)?.lab === "x1")).to.equal(true);
    });

    it(`${mode}: set kernel parameters before there are devices that take them over`, () => {
      const withDevices = new Set<string>();
      for (const command of commands) {
        if (command.kind === "ip") {
          const netns = command.words[0] === "link" && command.words[1] === "add" ? command.words.indexOf("netns") : -1;
          if (netns >= 0) withDevices.add(command.words[netns + 1] ?? "");
        }
        if (command.kind === "sysctl") expect(withDevices, command.netns).not.to.include(command.netns);
      }
      expect(withDevices.size).to.be.greaterThan(3);
    });

    it(`${mode}: have no word that ip -batch would take for two`, () => {
      const words = commands.flatMap((command) => (command.kind === "ip" ? command.words : []));
      expect(words.filter((word) => !/^[\w.:/-]+$/.test(word))).to.deep.equal([]);
    });

    it(`${mode}: are run in batches that keep their order`, () => {
      const groups = batches(commands);
      expect(groups.flat()).to.deep.equal(commands);
      for (const group of groups) {
        expect(new Set(group.map(netnsOf)).size).to.equal(1);
        if (group.length > 1) expect(group.every(({ kind }) => kind === "ip")).to.equal(true);
      }
    });
  }

  it("unpack IPIP by the kernel, where it can", () => {
    const lab = planLab(labOptions("tun", { ipip: "kernel" }));
    const commands = buildLab(lab, installedPaths("tun")).flatMap((section) => section.commands);
    const words = commands.flatMap((command) => (command.kind === "ip" ? [command.words.join(" ")] : []));
    expect(words.filter((line) => line.includes("tunl0"))).to.deep.equal([
      "link set tunl0 up",
      "addr add 10.1.0.100/32 dev tunl0",
      "link set tunl0 up",
      "addr add 10.1.0.100/32 dev tunl0",
    ]);
    expect(commands.filter((command) => command.kind === "start" && command.program === "decapsulator")).to.deep.equal(
      [],
    );
  });
});
