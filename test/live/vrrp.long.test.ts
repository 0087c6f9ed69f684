/** A director and Debian's keepalived on one link, each as master and as backup of the other. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { end, Network } from "./network.ts";

const VIP = "10.91.0.100";

interface RouterStatus {
  readonly state: string;
  readonly cause: string;
  readonly refused: Readonly<Record<string, number>>;
}

const KINDS: readonly { readonly name: string; readonly ours: string; readonly theirs: string }[] = [
  { name: "version 2", ours: "version: 2", theirs: "version 2\n advert_int 1" },
  {
    name: "version 2 with a password",
    ours: "version: 2, auth: {pass: secret}",
    theirs: "version 2\n advert_int 1\n authentication {\n auth_type PASS\n auth_pass secret\n }",
  },
  {
    name: "version 2 with an authentication header",
    ours: "version: 2, auth: {ah: secret}",
    theirs: "version 2\n advert_int 1\n authentication {\n auth_type AH\n auth_pass secret\n }",
  },
  {
    name: "version 2 with an authentication header, to a peer",
    ours: "version: 2, auth: {ah: secret}, peers: [10.91.0.3]",
    theirs:
      "version 2\n advert_int 1\n authentication {\n auth_type AH\n auth_pass secret\n }\n unicast_peer {\n 10.91.0.254\n }",
  },
  {
    name: "version 3 to a peer",
    ours: "version: 3, peers: [10.91.0.3]",
    theirs: "version 3\n advert_int 1\n unicast_peer {\n 10.91.0.254\n }",
  },
  { name: "version 3 every 100 ms", ours: "version: 3, interval: 100ms", theirs: "version 3\n advert_int 0.1" },
];

describeLive(
  "VRRP between a live director and keepalived",
  function () {
    this.timeout(120_000);
    let network: Network;
    let director: TestDirector;
    let peer: ChildProcess | undefined;

    const yaml = (more: string, priority: number): string => `interfaces:
  - {name: eth0, tap: tvs0, bridge: tvsb0, mac: "02:00:00:00:91:01", addresses: [10.91.0.254/24]}
ha:
  vrrp:
    - {interface: eth0, id: 51, priority: ${priority}, addresses: [${VIP}/32], ${more}}
`;

    before(() => {
      network = new Network("tvsb0");
      network.host("k", { bridge: "tvsb0", address: "10.91.0.3/24" });
      network.host("c", { bridge: "tvsb0", address: "10.91.0.2/24" });
    });

    afterEach(async () => {
      if (peer !== undefined) await end(peer);
      peer = undefined;
      await director?.close();
    });

    after(() => network?.close());

    async function start(ours: string, theirs: string, priority: number): Promise<void> {
      director = new TestDirector(network, yaml(ours, priority));
      const file = director.path("keepalived.conf");
      writeFileSync(
        file,
        `global_defs {\n router_id k\n}\nvrrp_instance web {\n interface eth0\n state BACKUP\n virtual_router_id 51\n priority 100\n ${theirs}\n virtual_ipaddress {\n ${VIP}/32\n }\n}\n`,
      );
      const pids = ["-p", director.path("k.pid"), "-r", director.path("v.pid")];
      const [program = "", ...words] = network.within("k", "keepalived", "-nlP", "-f", file, ...pids);
      peer = spawn(program, words, { stdio: "ignore" });
      await director.start();
    }

    const router = async (): Promise<RouterStatus | undefined> =>
      (await director.json<{ ha: RouterStatus[] }>("/v1/status")).ha[0];

    const becomes = (state: string): Promise<void> =>
      until(
        async () => (await router())?.state === state,
        () => `the director to be ${state}: ${director.log}`,
      );

    const theyHave = (): boolean => network.ip("k", "-4 addr show dev eth0").includes(`inet ${VIP}/`);

    const theyHaveIt = (wanted: boolean): Promise<void> =>
      until(
        () => theyHave() === wanted,
        () => `keepalived ${wanted ? "to have" : "not to have"} ${VIP}`,
      );

    /** The MAC address that a neighbor knows for the virtual address, without asking again. */
    const knownTo = (host: string): string => /lladdr (\S+)/.exec(network.ip(host, `neigh show ${VIP}`))?.[1] ?? "";

    for (const { name, ours, theirs } of KINDS) {
      it(`${name}: it preempts keepalived, and keepalived takes over at once when it ends`, async () => {
        await start(ours, theirs, 150);
        await becomes("master");
        await theyHaveIt(false);
        expect(await network.reaches("c", VIP)).to.equal(true);
        expect(knownTo("c")).to.equal("02:00:00:00:91:01");
        expect((await router())?.refused).to.deep.equal({});
        await director.stop();
        await theyHaveIt(true);
        await until(
          () => knownTo("c") !== "02:00:00:00:91:01",
          () => "keepalived's gratuitous ARP",
        );
      });

      it(`${name}: it is backup of keepalived, and takes over when that is gone`, async () => {
        await start(ours, theirs, 50);
        await theyHaveIt(true);
        expect(await network.reaches("c", VIP)).to.equal(true);
        expect((await router())?.state).to.equal("backup");
        expect((await router())?.refused).to.deep.equal({});
        if (peer !== undefined) await end(peer);
        await becomes("master");
        expect((await router())?.cause).to.equal("resignation");
        await until(
          () => knownTo("c") === "02:00:00:00:91:01",
          () => `our gratuitous ARP, not ${knownTo("c")}`,
        );
        expect(await network.reaches("c", VIP)).to.equal(true);
        expect(director.tapvs("status").out).to.match(/VRRP eth0 51: master for .*the master gave up/);
        expect((await director.ask("GET", "/metrics")).text).contains(
          'tapvs_vrrp_state{id="51",interface="eth0",state="master"} 1',
        );
      });
    }

    it("announces an address that comes by a reload or by hand", async () => {
      director = new TestDirector(network, yaml("preempt: true", 100));
      await director.start();
      const ask = async (address: string): Promise<void> => {
        network.ip("c", `neigh replace ${address} lladdr 02:00:00:00:00:99 dev eth0 nud stale`);
      };
      const isKnown = (address: string): Promise<void> =>
        until(
          () => network.ip("c", `neigh show ${address}`).includes("02:00:00:00:91:01"),
          () => `an announcement of ${address}`,
        );
      await ask("10.91.0.77");
      expect(director.tapvs("address", "add", "10.91.0.77/24", "dev", "eth0").code).to.equal(0);
      await isKnown("10.91.0.77");
      await ask("10.91.0.78");
      director.configure(yaml("preempt: true", 100).replace("10.91.0.254/24", "10.91.0.254/24, 10.91.0.78/24"));
      director.child.kill("SIGHUP");
      await isKnown("10.91.0.78");
    });
  },
  "keepalived",
);
