import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { type HostAddresses, VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { AF_INET, ipv4, parseIpv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";
import { HeldServers } from "../../../src/io/live/held-servers.ts";
import { applyGoodRules, applyRules, loadRules, stateText } from "../../../src/io/live/rule-set.ts";

const host: HostAddresses = { isUnicastOrLocal: () => true, hasInterface: () => true };
const ip = (text: string) => ipv4(parseIpv4(text) ?? 0);

const KEY = { family: AF_INET, protocol: PROTOCOL_TCP, address: ip("10.1.0.100"), port: 80, fwmark: 0 } as const;
const SERVER = { address: ip("10.2.0.2"), port: 80 };
const OTHER = { address: ip("10.2.0.3"), port: 80 };

const RULES = [
  "-A -t 10.1.0.100:80 -s wrr -p 300",
  "-a -t 10.1.0.100:80 -r 10.2.0.2:80 -m -w 3 -x 9 -y 3",
  "-a -t 10.1.0.100:80 -r 10.2.0.3:80 -m -w 2",
  "-A -u 10.1.0.100:53 -s sh -o",
  "-P -u 10.1.0.100:53 -z 10.2.0.254",
  "-a -u 10.1.0.100:53 -r 10.2.0.2:53 -b -w 1",
  "-A -f 7 -s rr",
  "-a -f 7 -r 10.2.0.3:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum",
];

class World {
  readonly server = new VirtualServer({ host });
  readonly held = new HeldServers(this.server);

  constructor(rules: readonly string[] = RULES) {
    expect(loadRules(this.server, rules)).deep.equals([]);
  }

  apply(rules: readonly string[]) {
    return applyRules(this.server, this.held, rules, host);
  }

  ipvsadm(line: string): string {
    const { out, err } = runIpvsadm(wordsOf(line), { server: this.server });
    return out + err;
  }

  state(): string {
    return stateText(this.server, this.held);
  }

  weight(text: string): string | undefined {
    return new RegExp(`${text.replaceAll(".", "\\.")}:80 +Masq +(\\d+)`).exec(
      this.ipvsadm("-Ln -t 10.1.0.100:80"),
    )?.[1];
  }
}

describe("rules brought into force", () => {
  it("written down and loaded again make the same table, thresholds and timeouts with it", () => {
    const world = new World();
    world.ipvsadm("--set 100 20 30");
    const again = new World(world.state().trimEnd().split("\n"));
    for (const listing of ["-Sn", "-Ln --thresholds", "-L --timeout", "-G"]) {
      expect(again.ipvsadm(listing)).equals(world.ipvsadm(listing));
    }
    expect(again.state()).equals(world.state());
  });

  it("that are no command are refused by their first word", () => {
    const world = new World();
    expect(world.apply(["garbage"])).deep.equals([{ line: 1, message: "unexpected argument garbage" }]);
  });

  it("are the good ones where that is asked for, past refused lines and past wrong usage; each bad one is named", () => {
    const world = new World([]);
    const lines = [
      "-A -t 10.1.0.100:80 -s rr",
      "",
      "--no-such",
      "-A -t 10.1.0.100:81 -s none-such",
      "-A -u 10.1.0.100:53 -s sh",
    ];
    const refused = applyGoodRules(world.server, world.held, lines, host);
    expect(refused.map(({ line }) => line)).deep.equals([3, 4]);
    expect(refused.every(({ message }) => message !== "")).equals(true);
    expect(world.ipvsadm("-Sn")).equals("-A -t 10.1.0.100:80 -s rr\n-A -u 10.1.0.100:53 -s sh\n");
    expect(
      world.apply(lines).map(({ line }) => line),
      "all or nothing",
    ).deep.equals([3, 4]);
  });

  it("that say what is so change nothing: scheduler and servers are the same objects", () => {
    const world = new World();
    const before = world.server.services.list().map((service) => [service, service.scheduler, ...service.destinations]);
    expect(world.apply(RULES)).deep.equals([]);
    const after = world.server.services.list().map((service) => [service, service.scheduler, ...service.destinations]);
    for (const [index, objects] of before.entries()) {
      for (const [place, object] of objects.entries()) expect(after[index]?.[place]).equals(object);
    }
  });

  it("add, edit and remove what differs, and nothing else", () => {
    const world = new World();
    const kept = world.server.services
      .find(KEY)
      ?.destinations.find(({ address }) => address.words[0] === OTHER.address.words[0]);
    const rules = [
      "-A -t 10.1.0.100:80 -s rr",
      "-a -t 10.1.0.100:80 -r 10.2.0.3:80 -m -w 5",
      "-a -t 10.1.0.100:80 -r 10.2.0.4:80 -m -w 1",
      "-A -u 10.1.0.100:53 -s sh -o",
      "-P -u 10.1.0.100:53 -z 10.2.0.253",
    ];
    expect(world.apply(rules)).deep.equals([]);
    expect(world.ipvsadm("-Sn")).equals(new World(rules).ipvsadm("-Sn"));
    expect(world.server.services.find(KEY)?.destinations).includes(kept);
  });

  it("stand in the order that the rules make, as schedulers see them", () => {
    const world = new World([]);
    world.apply(RULES);
    expect(world.ipvsadm("-Ln --nosort")).equals(new World().ipvsadm("-Ln --nosort"));
  });

  it("of which one is wrong change nothing, and the wrong one is named", () => {
    const world = new World();
    const before = world.state();
    expect(world.apply([...RULES, "", "-a -t 10.9.9.9:80 -r 10.2.0.2 -m"])).deep.equals([
      { line: 10, message: "Service not defined" },
    ]);
    expect(world.state()).equals(before);
  });

  it("leave timeouts alone that they do not mention", () => {
    const world = new World();
    world.ipvsadm("--set 100 20 30");
    world.apply(RULES);
    expect(world.ipvsadm("-L --timeout")).contains("100 20 30");
    world.apply([...RULES, "--set 200 0 0"]);
    expect(world.ipvsadm("-L --timeout")).contains("200 120 300");
  });
});

describe("servers that checks hold out of service", () => {
  it("are written down as they were configured", () => {
    const world = new World();
    const before = world.state();
    expect(world.held.takeOut(KEY, SERVER, "quiesce")).equals(true);
    expect(world.held.takeOut(KEY, OTHER, "remove")).equals(true);
    expect([world.weight("10.2.0.2"), world.weight("10.2.0.3")]).deep.equals(["0", undefined]);
    expect(world.state()).equals(before);
  });

  it("come back as they were", () => {
    const world = new World();
    const before = world.ipvsadm("-Ln --thresholds") + world.ipvsadm("-Sn");
    world.held.takeOut(KEY, SERVER, "remove");
    world.held.takeOut(KEY, OTHER, "quiesce");
    expect([world.held.putBack(KEY, SERVER), world.held.putBack(KEY, OTHER)]).deep.equals([true, true]);
    expect(world.ipvsadm("-Ln --thresholds") + world.ipvsadm("-Sn")).equals(before);
    expect(world.held.putBack(KEY, SERVER), "a second time").equals(false);
  });

  it("stay out through a reload, and come back as the reload says", () => {
    const world = new World();
    world.held.takeOut(KEY, SERVER, "quiesce");
    world.held.takeOut(KEY, OTHER, "remove");
    const rules = RULES.map((rule) => rule.replace("-w 3", "-w 7").replace("-w 2", "-w 8"));
    expect(world.apply(rules)).deep.equals([]);
    expect([world.weight("10.2.0.2"), world.weight("10.2.0.3")]).deep.equals(["0", undefined]);
    world.held.putBack(KEY, SERVER);
    world.held.putBack(KEY, OTHER);
    expect([world.weight("10.2.0.2"), world.weight("10.2.0.3")]).deep.equals(["7", "8"]);
  });

  it("keep the weight that people give them meanwhile", () => {
    const world = new World();
    world.held.takeOut(KEY, SERVER, "quiesce");
    world.ipvsadm("-e -t 10.1.0.100:80 -r 10.2.0.2:80 -m -w 9");
    world.held.takeOut(KEY, SERVER, "quiesce");
    expect(world.weight("10.2.0.2")).equals("0");
    world.held.putBack(KEY, SERVER);
    expect(world.weight("10.2.0.2")).equals("9");
  });

  it("are forgotten when people delete them, or the reload does", () => {
    const world = new World();
    world.held.takeOut(KEY, SERVER, "quiesce");
    world.ipvsadm("-d -t 10.1.0.100:80 -r 10.2.0.2:80");
    expect(world.state()).not.contains("-r 10.2.0.2:80");
    world.held.takeOut(KEY, OTHER, "remove");
    world.apply(RULES.filter((rule) => !rule.includes("10.2.0.3:80")));
    expect(world.held.putBack(KEY, OTHER)).equals(false);
    world.held.takeOut(KEY, SERVER, "remove");
    world.ipvsadm("-D -t 10.1.0.100:80");
    expect(world.state()).not.contains("10.1.0.100:80 ");
  });

  it("have a sorry server, which neither a reload nor the state file knows of", () => {
    const world = new World();
    const before = world.state();
    const sorry = { address: ip("10.2.0.9"), port: 80 };
    const options = {
      forwarding: 0,
      weight: 1,
      upperThreshold: 0,
      lowerThreshold: 0,
      tunnelType: 0,
      tunnelPort: 0,
      tunnelFlags: 0,
    };
    expect(world.held.letStandIn(KEY, sorry, options)).equals(true);
    expect(world.held.letStandIn(KEY, sorry, options), "a second time").equals(false);
    expect(world.state()).equals(before);
    world.apply(RULES);
    expect(world.weight("10.2.0.9")).equals("1");
    expect([world.held.sendHome(KEY, sorry), world.held.sendHome(KEY, sorry)]).deep.equals([true, false]);
    expect(world.weight("10.2.0.9")).equals(undefined);
  });

  it("are not there for services and servers that are not", () => {
    const world = new World();
    const nobody = { ...KEY, port: 81 };
    expect(world.held.takeOut(nobody, SERVER, "quiesce")).equals(false);
    expect(world.held.takeOut(KEY, { ...SERVER, port: 81 }, "remove")).equals(false);
    expect(world.held.putBack(nobody, SERVER)).equals(false);
    expect(world.held.sendHome(nobody, SERVER)).equals(false);
  });
});
