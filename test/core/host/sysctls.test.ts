/** Switches by their names: what the kernel takes and what it refuses, value by value as recorded. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { HostSysctl } from "../../../src/core/host/host-sysctl.ts";
import { readSysctl, sysctlRefusal, sysctlValue } from "../../../src/core/host/sysctls.ts";
import { lab } from "../../support/lab.ts";

interface Recorded {
  readonly default: string;
  readonly takes: Readonly<Record<string, string>>;
  readonly refuses: readonly string[];
}

const { switches } = JSON.parse(readFileSync("fixtures/sysctl/switches.json", "utf8")) as {
  readonly switches: Readonly<Record<string, Recorded>>;
};
const DEVICES = ["eth0", "eth1"];
/** The kernel that was recorded, and its sync_threshold. */
const RECORDED = { hz: 100, current: [3, 50] } as const;
/** Of these any value is taken: nothing here asks for them, or the kernel does so, too. */
const UNCHECKED = /debug_level|min_adv_mss|neigh\.eth0\.(?!gc_)/;
/** Milliseconds are cut to 32 bits before they are looked at, and come out as others; an unsigned long is larger than ours. */
const CUT = new Map([
  ["net.ipv4.icmp_ratelimit", ["-2147483649", "4294967296"]],
  ["net.ipv4.vs.sync_qlen_max", ["18446744073709551615"]],
]);
/** The two that depend on each other: a high mark below the low one is refused; the low one means nothing here. */
const MARKS = /ipfrag_(high|low)_thresh/;

const outcome = (name: string, value: number | string): string => readSysctl(name, value, DEVICES, RECORDED).outcome;

describe("switches", () => {
  for (const [name, { takes, refuses }] of Object.entries(switches)) {
    if (UNCHECKED.test(name) || MARKS.test(name)) continue;
    it(`${name} takes what Linux takes`, () => {
      const cut = CUT.get(name) ?? [];
      for (const value of Object.keys(takes)) {
        if (!cut.includes(value)) expect(outcome(name, value), value).to.be.oneOf(["set", "without effect"]);
      }
      for (const value of refuses) expect(outcome(name, value), value).to.equal("invalid");
    });
  }

  it("read as numbers what the kernel then says they are", () => {
    for (const [name, { takes }] of Object.entries(switches)) {
      // Automatic modes 2 come out as 1 where memory is enough, and these are rounded to ticks.
      if (UNCHECKED.test(name) || /drop_|secure_tcp|icmp_ratelimit|processors/.test(name)) continue;
      for (const [value, shown] of Object.entries(takes)) {
        if (Number(shown) > Number.MAX_SAFE_INTEGER) continue;
        const { numbers, outcome: said } = readSysctl(name, value, DEVICES, RECORDED);
        if (said === "set") expect(numbers.join("\t"), `${name}=${value}`).to.equal(shown);
      }
    }
  });

  it("are refused in the words of sysctl(8)", () => {
    for (const value of ["maybe", "99999", "-1", "1e300", 99999, -1, 1e300, Number.NaN]) {
      const name = "net.ipv4.ip_default_ttl";
      expect(sysctlRefusal(name, readSysctl(name, value, DEVICES, RECORDED).outcome)).to.equal(
        'sysctl: setting key "net.ipv4.ip_default_ttl": Invalid argument',
      );
    }
    for (const [name, path] of [
      ["net.ipv4.vs.slopy_tcp", "net/ipv4/vs/slopy_tcp"],
      ["net.ipv4.vs.constructor", "net/ipv4/vs/constructor"],
      ["net.ipv4.conf.eth7.rp_filter", "net/ipv4/conf/eth7/rp_filter"],
      ["net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"],
      ["net.ipv4.conf.eth0.nonsense", "net/ipv4/conf/eth0/nonsense"],
      ["net.ipv4.neigh.eth0.gc_thresh3", "net/ipv4/neigh/eth0/gc_thresh3"],
      ["net.ipv4.neigh.all.gc_stale_time", "net/ipv4/neigh/all/gc_stale_time"],
      ["net.ipv4.no_such", "net/ipv4/no_such"],
      ["nett.ipv4.ip_forward", "nett/ipv4/ip_forward"],
      ["toString", "toString"],
      ["", ""],
    ] as const) {
      expect(sysctlRefusal(name, readSysctl(name, 1, DEVICES, RECORDED).outcome)).to.equal(
        `sysctl: cannot stat /proc/sys/${path}: No such file or directory`,
      );
    }
  });

  it("of an interface with a dot in its name are written with a slash", () => {
    expect(readSysctl("net.ipv4.conf.eth0/100.rp_filter", 1, ["eth0.100"], RECORDED).outcome).to.equal("set");
  });

  it("of such an interface are in force", () => {
    const sysctl = new HostSysctl(["eth0", "eth0.100"]);
    for (const name of ["rp_filter", "send_redirects", "accept_local", "arp_ignore"])
      sysctl.set(`net.ipv4.conf.eth0/100.${name}`, 1);
    sysctl.set("net.ipv4.conf.eth0/100.forwarding", 0);
    sysctl.set("net.ipv6.conf.eth0/100.forwarding", 0);
    sysctl.set("net.ipv6.conf.eth0/100.hop_limit", 9);
    sysctl.set("net.ipv6.neigh.eth0/100.gc_stale_time", 7);
    expect([sysctl.reversePath, sysctl.sendRedirects, sysctl.acceptLocal, sysctl.forwards]).to.deep.equal([
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    expect(["eth0", "eth0.100"].map((dev) => sysctl.strictest(dev, "arp_ignore"))).to.deep.equal([0, 1]);
    expect([0, 1].map((port) => [sysctl.isRouter(port), sysctl.hopLimit(port)])).to.deep.equal([
      [true, 64],
      [false, 9],
    ]);
    expect([0, 1].map((port) => sysctl.staleTime("ipv6", port))).to.deep.equal([60e6, 7e6]);
  });

  it("for interfaces that are yet to come keep their values, and follow those of all", () => {
    const { director } = lab([]);
    const value = (name: string) => sysctlValue(director, name);
    expect(director.setSysctl("net.ipv4.conf.default.rp_filter", 2)).to.equal("without effect");
    expect(value("net.ipv4.conf.default.rp_filter")).to.equal("2");
    expect(value("net.ipv4.conf.eth0.rp_filter")).to.equal("0");
    director.setSysctl("net.ipv4.ip_forward", 0);
    director.setSysctl("net.ipv6.neigh.default.gc_stale_time", 7);
    expect(value("net.ipv4.conf.default.forwarding")).to.equal("0");
    expect(value("net.ipv6.neigh.default.gc_stale_time")).to.equal("7");
    expect(value("net.ipv6.neigh.eth0.gc_stale_time")).to.equal("60");
  });

  it("that nothing here asks for are taken, and said to be without effect", () => {
    for (const [name, value] of [
      ["net.ipv4.tcp_syncookies", 1],
      ["net.ipv4.vs.conntrack", 1],
      ["net.ipv4.vs.sync_sock_size", 4096],
      ["net.ipv4.vs.est_nice", -20],
      ["net.ipv4.vs.est_cpulist", "0-3,7"],
      ["net.ipv4.vs.conn_lfactor", 8],
      ["net.ipv4.vs.svc_lfactor", -8],
      ["net.ipv4.conf.default.rp_filter", 1],
      ["net.ipv6.conf.all.disable_ipv6", 1],
      ["net.core.rmem_max", 212992],
      ["kernel.panic", 10],
    ] as const) {
      expect(outcome(name, value), name).to.equal("without effect");
    }
    expect(outcome("net.ipv4.vs.est_nice", 20)).to.equal("invalid");
    expect(outcome("net.ipv4.vs.conn_lfactor", 9)).to.equal("invalid");
    expect(outcome("net.ipv4.vs.fullnat_lport_min", 99999)).to.equal("invalid");
  });

  it("that are seconds fit an int as ticks: with more ticks a second, fewer of them are taken (proc_dointvec_jiffies)", () => {
    for (const [hz, most] of [
      [100, 21_474_836],
      [250, 8_589_934],
      [300, 7_158_278],
      [1000, 2_147_483],
    ] as const) {
      const said = (value: number): string => readSysctl("net.ipv4.vs.lblc_expiration", value, DEVICES, { hz }).outcome;
      expect([said(most), said(most + 1), said(-most), said(-most - 1)]).to.deep.equal([
        "set",
        "invalid",
        "set",
        "invalid",
      ]);
    }
  });

  it("of the director answer what became of them", () => {
    const { director } = lab();
    expect(director.setSysctl("net.ipv4.vs.sync_threshold", "5 60")).to.equal("set");
    expect(director.setSysctl("net.ipv4.vs.sync_threshold", "7")).to.equal("set");
    expect([director.server.sysctl.sync_threshold, director.server.sysctl.sync_period]).to.deep.equal([7, 60]);
    expect(director.setSysctl("net.ipv4.vs.sync_threshold", "60")).to.equal("invalid");
    expect(director.setSysctl("net.ipv4.nothing", 1)).to.equal("no such switch");
  });
});
