/** Frames of Debian's keepalived: a director with the same configuration sends the same ones, and takes its for what they are. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { CaptureReader } from "../../../../src/core/capture/reader.ts";
import { HaDirector, hex } from "./director.ts";

const FOLDER = new URL("../../../../../fixtures/vrrp/", import.meta.url);
const GROUP_REPORTS = ["01005e000016", "333300000016"];
/** Of an IPv6 packet behind its Ethernet header. */
const isIpv6 = (frame: string): boolean => frame.slice(24, 28) === "86dd";

/** VRRP, or an authentication header before it. */
const isAdvertisement = (frame: string): boolean =>
  ["70", "33"].includes(isIpv6(frame) ? frame.slice(40, 42) : frame.slice(46, 48));
/** Whoever recorded it does not know the protocol, and says so. */
const isTheirs = (bytes: Uint8Array): boolean => hex(bytes.subarray(6, 12)) === "020000000101";

interface Recorded {
  /** Seconds since the first one. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

function recording(name: string): Recorded[] {
  const packets: { time: number; bytes: Uint8Array }[] = [];
  const reader = new CaptureReader((packet) => packets.push({ time: packet.time / 1e6, bytes: packet.bytes.slice() }));
  reader.push(readFileSync(new URL(`${name}.pcap`, FOLDER)));
  reader.end();
  const first = packets[0]?.time ?? 0;
  return packets.map(({ time, bytes }) => ({ at: time - first, bytes }));
}

/** The flow label is the kernel's fancy. */
const shown = (bytes: Uint8Array): string => {
  const text = hex(bytes);
  return isIpv6(text) ? `${text.slice(0, 31)}_____${text.slice(36)}` : text;
};

const FOUR = ["10.1.0.100/32", "10.1.0.101/32"];
const SIX = ["fe80::100/64", "2001:db8:1::100/128"];
const announce = { repeat: 5, delay: 2 };

const knows = (address: string) => ({ neighbors: [{ address, mac: "02:00:00:00:01:02", dev: "eth0" }] });

/** The configuration of a virtual router, and what else its director has. */
const CASES: readonly (readonly [string, object, object?])[] = [
  ["v2", { version: 2, addresses: FOUR }],
  ["v2-pass", { version: 2, addresses: FOUR, auth: { pass: "secret" } }],
  ["v2-ah", { version: 2, addresses: FOUR, auth: { ah: "secret" } }],
  ["v3", { version: 3, interval: "500ms", addresses: FOUR }],
  ["v3-ipv6", { version: 3, addresses: SIX }],
  ["v2-ah-peer", { version: 2, addresses: FOUR, auth: { ah: "secret" }, peers: ["10.1.0.2"] }, knows("10.1.0.2")],
  ["v3-peer", { version: 3, addresses: FOUR, peers: ["10.1.0.2"] }, knows("10.1.0.2")],
  ["v3-ipv6-peer", { version: 3, addresses: SIX, peers: ["2001:db8:1::2"] }, knows("2001:db8:1::2")],
];

const router = (more: object) => ({ vrrp: [{ interface: "eth0", id: 51, announce, ...more }] });
const switches = { sysctl: { "net.ipv6.conf.all.forwarding": 0 } };

describe("frames of keepalived", () => {
  for (const [name, config, rest = {}] of CASES) {
    it(`are ours: ${name}`, () => {
      const recorded = recording(name).filter(({ bytes }) => isTheirs(bytes));
      const made = new HaDirector(1, router(config), { ...switches, ...rest });
      made.until(3.7);
      const own = () => made.sent.filter(({ bytes }) => !GROUP_REPORTS.includes(hex(bytes.subarray(0, 6))));
      const start = own()[0]?.at ?? 0;
      const last = recorded.at(-1)?.at ?? 0;
      made.until(start / 1e6 + last);
      made.director.vrrp.stop();
      const [ours, theirs] = [own(), recorded].map((frames) => frames.map(({ bytes }) => shown(bytes)));
      expect(ours?.[0]).to.equal(theirs?.[0]);
      // The second round of announcements and an advertisement are due at one time.
      expect(ours?.filter(isAdvertisement)).to.deep.equal(theirs?.filter(isAdvertisement));
      expect(ours?.filter((one) => !isAdvertisement(one))).to.deep.equal(
        theirs?.filter((one) => !isAdvertisement(one)),
      );
    });

    it(`are believed: ${name}`, () => {
      const peers = "peers" in config ? { peers: [name.includes("ipv6") ? "2001:db8:1::1" : "10.1.0.1"] } : {};
      const made = new HaDirector(2, router({ ...config, ...peers, priority: 50 }), switches);
      for (const { at, bytes } of recording(name)) {
        made.until(1 + at);
        const verdict = made.receive(bytes);
        if (isAdvertisement(hex(bytes))) expect(verdict).to.equal("delivered");
      }
      expect(made.state).to.equal("backup");
      // The last one was a resignation: the skew is all that it waits.
      made.until(made.now / 1e6 + 0.9);
      expect(made.state).to.equal("master");
      expect(made.director.vrrp.routers[0]?.cause).to.equal("resignation");
    });
  }

  for (const name of ["v2-pass", "v2-ah"]) {
    it(`are not believed with another secret, or without: ${name}`, () => {
      const [first] = recording(name);
      const auth = name === "v2-ah" ? { ah: "other" } : { pass: "other" };
      for (const more of [{ auth }, {}]) {
        const made = new HaDirector(2, router({ version: 2, addresses: FOUR, ...more }));
        made.until(1);
        expect(made.receive(first?.bytes ?? new Uint8Array(0))).to.equal("host-silent");
        const [one] = made.director.vrrp.routers;
        const why = one && [...made.director.vrrp.refusedBy(one).keys()];
        expect(why).to.deep.equal(["auth" in more ? "password" : "authType"]);
      }
    });
  }

  it("lead a backup of ours through a takeover: keepalived preempts it, and resigns", () => {
    for (const [name, config, down] of [
      ["takeover", { version: 2 }, 3.7],
      ["takeover-v3-fast", { version: 3, interval: "50ms" }, 0.2],
    ] as const) {
      const made = new HaDirector(1, router({ ...config, addresses: FOUR }));
      made.until(down);
      expect(made.state, name).to.equal("master");
      const theirs = recording(name).filter(({ bytes }) => hex(bytes.subarray(6, 12)) === "020000000102");
      const start = made.now / 1e6;
      const first = theirs[0]?.at ?? 0;
      for (const { at, bytes } of theirs) {
        made.until(start + at - first);
        made.receive(bytes);
        if (at === first) expect(made.has("10.1.0.100"), name).to.equal(false);
      }
      expect(made.state, name).to.equal("backup");
      made.until(made.now / 1e6 + 0.7);
      expect(made.state, name).to.equal("master");
      expect(made.has("10.1.0.100"), name).to.equal(true);
    }
  });
});
