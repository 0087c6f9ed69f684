import { expect } from "chai";
import { parseConfig } from "../../src/io/config.ts";
import { examine } from "../../src/io/doctor/doctor.ts";
import type { FindingState } from "../../src/io/doctor/finding.ts";
import type { Machine } from "../../src/io/doctor/machine.ts";

const ALL = "000001ffffffffff";
const STATUS = (effective: string): string => `Name:\tnode\nCapEff:\t${effective}\n`;

interface MadeUp {
  readonly files?: Readonly<Record<string, string>>;
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  readonly machine?: Partial<Machine>;
}

/** A machine on which all is well, but for what is said. */
function machine({ files = {}, folders = {}, machine: more = {} }: MadeUp): Machine {
  const all: Readonly<Record<string, string>> = {
    "/dev/net/tun": "",
    "/proc/self/status": STATUS(ALL),
    "/sys/module/ipip": "",
    ...files,
  };
  return {
    nodeVersion: "20.20.2",
    kernelRelease: "6.1.0",
    read: (path) => all[path],
    exists: (path) => path in all,
    list: (path) => folders[path] ?? [],
    addresses: { lo: ["127.0.0.1"], eth0: ["192.0.2.1"] },
    packageProblem: () => undefined,
    tryTap: async () => ({ kind: "works", udpSegmentation: true, uringProblem: undefined }),
    tryFilter: async () => undefined,
    forwardPolicy: () => "ACCEPT",
    socketFolder: "/run/tapvs",
    isListening: async () => true,
    ...more,
  };
}

const YAML = "interfaces: [{name: eth0}]\nrules: |\n  -A -t 10.1.0.100:80 -s rr\n  -A --udp-service 10.1.0.100:53\n";

function config() {
  const result = parseConfig(YAML, "director.yaml");
  if (result.kind === "errors") throw new Error("the configuration of the test is wrong");
  return result.config;
}

/** What doctor says of one thing. */
async function finding(name: string, made: MadeUp): Promise<[FindingState, string, string]> {
  const found = (await examine(machine(made), config())).find((one) => one.name === name);
  return [found?.state ?? "ok", found?.text ?? "", found?.advice ?? ""];
}

describe("doctor", () => {
  it("is content where all is well", async () => {
    const findings = await examine(machine({}), config());
    expect(findings.filter(({ state }) => state !== "ok")).deep.equals([]);
    expect(new Set(findings.map(({ name }) => name)).size).equals(findings.length);
  });

  it("says whether programs of the kernel can be run", async () => {
    const yama = (scope: string) => ({ "/proc/sys/kernel/yama/ptrace_scope": scope });
    expect((await finding("with", {}))[0]).equals("ok");
    expect((await finding("with", { files: yama("1") }))[0]).equals("ok");
    expect((await finding("with", { files: yama("2") }))[0]).equals("ok");
    const user = { ...yama("2"), "/proc/self/status": STATUS("0") };
    expect(await finding("with", { files: user })).include("note");
    expect((await finding("with", { files: yama("3") }))[1]).contains("ptrace_scope is 3");
    const old = { tryFilter: async () => "this kernel is too old" };
    expect((await finding("with", { machine: old }))[1]).equals("no tapvs with: this kernel is too old");
  });

  it("says why there is no io_uring, and what to do", async () => {
    expect((await finding("io-uring", {}))[0]).equals("ok");
    const tryTap = async () =>
      ({ kind: "works", udpSegmentation: true, uringProblem: "io_uring: not permitted" }) as const;
    const [state, text, advice] = await finding("io-uring", { machine: { tryTap } });
    expect([state, text]).deep.equals([
      "note",
      "io_uring: not permitted: each frame has a call of its own, which takes a third more of a processor",
    ]);
    expect(advice).contains("Linux 5.17");
    const files = { "/proc/sys/kernel/io_uring_disabled": "2" };
    expect((await finding("io-uring", { machine: { tryTap }, files }))[2]).equals("sysctl kernel.io_uring_disabled=0");
  });

  it("gives advice with all that does not work", async () => {
    const bad = machine({
      machine: {
        nodeVersion: "18.19.0",
        exists: () => false,
        tryTap: async () => ({ kind: "fails", code: "ENOENT", why: "no device" }),
      },
      files: { "/proc/self/status": STATUS("0"), "/proc/net/ip_vs": "TCP  0A010064:0050 rr\n" },
    });
    const findings = await examine(bad, config());
    for (const { name, state, advice } of findings) {
      if (state === "missing" || state === "warning") expect(advice, name).a("string");
    }
    expect(findings.filter(({ state }) => state === "missing").map(({ name }) => name)).deep.equals([
      "node",
      "tun",
      "cap-net-admin",
      "tap",
    ]);
  });

  it("knows how old Node may be", async () => {
    const state = async (nodeVersion: string): Promise<FindingState> =>
      (await finding("node", { machine: { nodeVersion } }))[0];
    expect([await state("20.17.9"), await state("20.18.0"), await state("22.0.0")]).deep.equals([
      "missing",
      "ok",
      "ok",
    ]);
  });

  it("reads capabilities bit by bit", async () => {
    const only = (bit: number): MadeUp => ({
      files: { "/proc/self/status": STATUS((1n << BigInt(bit)).toString(16).padStart(16, "0")) },
    });
    expect((await finding("cap-net-admin", only(12)))[0]).equals("ok");
    expect((await finding("cap-net-raw", only(12)))[0]).equals("note");
    expect((await finding("cap-net-admin", only(13)))[0]).equals("missing");
    expect((await finding("cap-net-raw", only(13)))[0]).equals("ok");
    expect((await finding("cap-sys-admin", only(21)))[0]).equals("ok");
  });

  it("says why raw-socket is not there", async () => {
    const [state, text] = await finding("raw-socket", {
      machine: { packageProblem: () => "Cannot find module 'raw-socket'" },
    });
    expect(state).equals("note");
    expect(text).contains("Cannot find module");
  });

  it("warns of a kernel whose own ip_vs has the virtual addresses", async () => {
    const head = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n";
    const file = (text: string): MadeUp => ({ files: { "/proc/net/ip_vs": `${head}${text}` } });
    expect((await finding("ip_vs", file("")))[0]).equals("note");
    const [state, text] = await finding("ip_vs", file("TCP  0A010064:0050 rr\n"));
    expect([state, text.includes("services on 10.1.0.100:")]).deep.equals(["warning", true]);
    expect((await finding("ip_vs", file("TCP  C0000201:0050 rr\nFWM  00000007 wrr\n")))[1]).contains("has 2 services:");
  });

  it("warns of iptables between the ports of a bridge", async () => {
    const called = (value: string): MadeUp => ({ files: { "/proc/sys/net/bridge/bridge-nf-call-iptables": value } });
    const policy = (value?: string): MadeUp => ({ ...called("1"), machine: { forwardPolicy: () => value } });
    expect((await finding("bridge-netfilter", policy("DROP"))).join()).match(/^warning,.*its FORWARD policy is DROP/);
    expect((await finding("bridge-netfilter", policy("ACCEPT"))).join()).match(/^note,.*its FORWARD policy is ACCEPT/);
    expect((await finding("bridge-netfilter", policy())).join()).match(/^warning,.*only root can ask/);
    expect((await finding("bridge-netfilter", called("0")))[0]).equals("ok");
  });

  it("names the interfaces whose rp_filter is strict", async () => {
    const conf = "/proc/sys/net/ipv4/conf";
    const made = {
      folders: { [conf]: ["all", "default", "eth0", "lo"] },
      files: { [`${conf}/all/rp_filter`]: "0", [`${conf}/eth0/rp_filter`]: "1", [`${conf}/default/rp_filter`]: "1" },
    };
    const [state, text] = await finding("rp_filter", made);
    expect([state, text.includes("on eth0:")]).deep.equals(["note", true]);
  });

  it("tells a real server from a machine that takes the director's clients", async () => {
    const conf = "/proc/sys/net/ipv4/conf";
    const addresses = { lo: ["127.0.0.1", "10.1.0.100"] };
    const quiet = { [`${conf}/all/arp_ignore`]: "1", [`${conf}/all/arp_announce`]: "2" };
    expect((await finding("virtual-addresses", { machine: { addresses }, files: quiet }))[0]).equals("note");
    const [state, , advice] = await finding("virtual-addresses", { machine: { addresses } });
    expect([state, advice.includes("arp_ignore=1")]).deep.equals(["warning", true]);
  });

  it("finds ipip built in or as a module", async () => {
    const without: Partial<Machine> = { exists: (path) => path !== "/sys/module/ipip" };
    expect((await finding("ipip", { machine: without }))[0]).equals("note");
    const files = { "/lib/modules/6.1.0/modules.dep": "kernel/net/ipv4/ipip.ko: kernel/net/ipv4/tunnel4.ko\n" };
    expect((await finding("ipip", { machine: without, files }))[0]).equals("ok");
  });

  it("lists directors that run", async () => {
    const folders = { "/run/tapvs": ["lab.sock", "lab.sock.lock", "lab.rules"] };
    expect((await finding("directors", { folders }))[1]).contains("running here: lab ");
  });

  it("tells a director that was killed from one that runs", async () => {
    const folders = { "/run/tapvs": ["a.sock", "b.sock"] };
    const only = (name: string): MadeUp => ({
      folders,
      machine: { isListening: async (socket) => socket === `/run/tapvs/${name}.sock` },
    });
    const killed = "killed, and left its socket: ";
    expect((await finding("directors", only("b")))[1]).equals(`running here: b (/run/tapvs); ${killed}a`);
    expect((await finding("directors", only("c"))).slice(0, 2)).deep.equals([
      "ok",
      `no director is running (in /run/tapvs); ${killed}a, b`,
    ]);
  });
});
