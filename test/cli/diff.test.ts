import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";

const LAB = "fixtures/captures/nat";
const RULES = `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.2 -m
-a -t 10.1.0.100:80 -r 10.2.0.3 -m
-A -u [fd00::1]:53 -s rr
-a -u [fd00::1]:53 -r [fd00::2]:53 -g
`;

/** An ICMPv6 error of a real server about a NAT connection: a later kernel translates what an earlier one drops. */
const KERNELS = `the one connection goes where it went
packets that end otherwise:
  1  dropped icmpv6-without-pseudo-header -> sent, first packet 2
`;

describe("tapvs diff", () => {
  const path = scratch();
  const file = (name: string, text: string): string => {
    writeFileSync(path(name), text);
    return path(name);
  };

  it("ends with 0 if nothing is otherwise", () => {
    const rules = file("same.ipvs", RULES);
    expect(tapvs(["diff", rules, rules, "--clients", "10"])).deep.equals({
      code: 0,
      out: "all 20 connections go where they went\n",
      err: "",
    });
  });

  it("takes folders of cases, and says what is one, and what is no text", () => {
    expect(tapvs(["diff", LAB, LAB, "-c", LAB])).deep.equals({
      code: 0,
      out: "all 6 connections go where they went\n",
      err: "",
    });
    const rules = file("none.ipvs", "-A -t 10.1.0.100:80 -s rr\n");
    const one = file("one.ipvs", "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.2 -m\n");
    expect(tapvs(["diff", rules, one, "--clients", "1"]).out).matches(/^1 of 1 connection goes elsewhere/);
    const wire = `${LAB}/wire.pcapng`;
    expect(tapvs(["diff", wire, wire])).deep.equals({
      code: 2,
      out: "",
      err: `${wire}: this is a capture (pcapng), expected a director.yaml; tapvs replay, explain and adopt take a capture\n`,
    });
    expect(tapvs(["diff", "fixtures", "fixtures"]).err).matches(
      /fixtures: this is a folder, expected a director.yaml\n$/,
    );
  });

  it("counts who goes elsewhere, and says when a server has nothing left", () => {
    const other = file(
      "other.ipvs",
      RULES.replace("-r 10.2.0.3 -m", "-r 10.2.0.3 -m -w 0").replace("fd00::2", "fd00::3"),
    );
    expect(tapvs(["diff", file("rules.ipvs", RULES), other, "--clients", "10"])).deep.equals({
      code: 1,
      out: `15 of 20 connections go elsewhere (75.0 %)
  10  [fd00::2]:53 -> [fd00::3]:53, first UDP [2001:db8:c11e::1]:1024 > [fd00::1]:53
   5  10.2.0.3:80 -> 10.2.0.2:80, first TCP 198.18.0.1:1024 > 10.1.0.100:80
UDP [fd00::1]:53 [fd00::2]:53 is removed: 10 connections in the table, the last expires 5 min after the last packet if nobody sends any more
TCP 10.1.0.100:80 10.2.0.3:80 gets weight 0: 5 connections in the table, the last expires 899 s after the last packet if nobody sends any more
UDP [fd00::1]:53 [fd00::3]:53 is new
`,
      err: "",
    });
  });

  it("takes the packets of a capture, and tells which end otherwise", () => {
    const yaml = readFileSync(`${LAB}/director.yaml`, "utf8");
    const none = yaml.replace("rules.ipvs", file("none.ipvs", "-A -t 12.11.0.101:80 -s rr\n"));
    const whole = yaml.replace("rules.ipvs", resolve(`${LAB}/rules.ipvs`));
    const words = [file("whole.yaml", whole), file("none.yaml", none), "-c", `${LAB}/wire.pcapng`];
    const { code, out } = tapvs(["diff", ...words]);
    expect(code).equals(1);
    expect(out).includes("6 of 6 connections go elsewhere (100.0 %)").and.includes("172.16.1.3:80 -> nobody");
    expect(out).includes("sent -> dropped no-destination");
    const json = JSON.parse(tapvs(["diff", ...words, "--json"]).out);
    expect([json.same, json.moved, json.leaving.length]).deep.equals([false, 6, 2]);
  });

  it("compares releases of the kernel", () => {
    const config = file(
      "ipv6.yaml",
      `interfaces:
  - {name: eth0, mac: "02:00:00:00:00:01", addresses: ["fd00:1::254/64", "fd00:1::100/128"]}
  - {name: eth1, mac: "02:00:00:00:00:02", addresses: ["fd00:2::1/64"]}
rules: |
  -A -t [fd00:1::100]:80 -s rr
  -a -t [fd00:1::100]:80 -r [fd00:2::3]:80 -m
`,
    );
    const packets = file(
      "error.case",
      `director eth0 fd00:1::254/64 fd00:1::100/128, eth1 fd00:2::1/64
tcp [fd00:1::1]:40001 > [fd00:1::100]:80 S
icmpv6 fd00:2::3 > fd00:1::1 port-unreachable about tcp [fd00:1::1]:40001 > [fd00:2::3]:80 S
`,
    );
    const words = ["-c", packets, "--old-kernel", "6.1.176", "--new-kernel", "6.12.117"];
    expect(tapvs(["diff", config, config, ...words])).deep.equals({ code: 1, out: KERNELS, err: "" });
    expect(tapvs(["diff", config, config, ...words.slice(0, 4)]).out).includes("goes where it went");
    expect(tapvs(["diff", config, config, "--new-kernel", "six"])).deep.include({
      code: 2,
      err: 'expected a release such as 6.12.117, got "six"\n',
    });
  });

  it("counts frames that are sent otherwise where nothing else is", () => {
    const yaml = readFileSync(`${LAB}/director.yaml`, "utf8").replace("rules.ipvs", resolve(`${LAB}/rules.ipvs`));
    const server = (mac: string) => `${yaml}neighbors: [{address: 172.16.1.2, mac: "${mac}", dev: eth1}]\n`;
    const [old, other] = ["02:00:00:00:00:07", "02:00:00:00:00:08"].map((mac) => file(`${mac}.yaml`, server(mac)));
    const packets = file(
      "syn.case",
      "director eth0 12.11.0.1/24\ntcp 12.11.0.10:{1..3} > 12.11.0.101:80 S to 02:00:00:0d:00:01\n",
    );
    expect(tapvs(["diff", old ?? "", other ?? "", "-c", packets]).out).equals(
      "all 3 connections go where they went\n" +
        "other frames are sent because of 1 packet, with other MAC addresses alone, first packet 2\n",
    );
  });

  it("tells another MAC address of the director, and gives it the same packets", () => {
    const yaml = readFileSync(`${LAB}/director.yaml`, "utf8").replace("rules.ipvs", resolve(`${LAB}/rules.ipvs`));
    // The second has the MAC addresses of both the wrong way round.
    const macs = ["02:00:00:0d:00:02", "02:00:00:0d:00:01"];
    const swapped = yaml.replace(/02:00:00:0d:00:0[12]/g, () => macs.shift() ?? "");
    const words = [file("mac.yaml", yaml), file("mac-other.yaml", swapped)];
    const told = `eth0 has another MAC address: 02:00:00:0d:00:01 -> 02:00:00:0d:00:02
eth1 has another MAC address: 02:00:00:0d:00:02 -> 02:00:00:0d:00:01
`;
    const all = tapvs(["diff", ...words, "-c", LAB]);
    expect(all).deep.equals({ code: 1, out: `all 6 connections go where they went\n${told}`, err: "" });
    expect(tapvs(["diff", ...words, "--clients", "9"]).out).equals(`all 9 connections go where they went\n${told}`);
    const { macs: inJson, same } = JSON.parse(tapvs(["diff", ...words, "-c", LAB, "--json"]).out);
    expect([same, inJson.length, inJson[0].interface]).deep.equals([false, 2, "eth0"]);
  });

  it("refuses rules beside a configuration, and rules that are refused", () => {
    expect(tapvs(["diff", file("a.ipvs", RULES), `${LAB}/director.yaml`]).code).equals(2);
    const wrong = file("wrong.ipvs", "-A -t 10.1.0.100:80 -s nonsense\n");
    expect(tapvs(["diff", wrong, wrong])).deep.include({ code: 2 });
  });

  it("ends with 1 and the reason if nothing is balanced by either", () => {
    const rules = file("idle.ipvs", RULES.replaceAll("10.1.0.100", "10.1.0.99"));
    const idle = tapvs(["diff", rules, rules, "-c", LAB]);
    expect(idle).deep.equals({
      code: 1,
      out: "no connection is balanced by either\n",
      err: `${LAB}: nothing was balanced: no packet is for one of the services; --allow-idle if that is meant\n`,
    });
    expect(tapvs(["diff", rules, rules, "-c", LAB, "--allow-idle"])).includes({ code: 0, err: "" });
    const none = file("unserved.ipvs", "-A -t 10.1.0.100:80 -s rr\n");
    expect(tapvs(["diff", none, none]).err).includes("made-up clients: nothing was balanced: most were dropped");
    const marked = file("marked.ipvs", "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.2 -m\n");
    expect(tapvs(["diff", marked, marked])).deep.includes({
      code: 1,
      err: "made-up clients: there is no service of TCP or UDP with an address for them; --capture gives packets\n",
    });
    const elsewhere = file(
      "elsewhere.yaml",
      readFileSync(`${LAB}/director.yaml`, "utf8")
        .replace(/mac: .*/g, "")
        .replace("rules.ipvs", resolve(`${LAB}/rules.ipvs`)),
    );
    expect(tapvs(["diff", elsewhere, elsewhere, "-c", LAB]))
      .includes({ code: 1 })
      .property("err")
      .includes("take that one");
  });

  it("gives rules alone the packets of any capture", () => {
    const rules = file("any.ipvs", readFileSync(`${LAB}/rules.ipvs`, "utf8"));
    const swapped = file("swapped.ipvs", readFileSync(`${LAB}/rules.ipvs`, "utf8").replace("-w 2", "-w 0"));
    expect(tapvs(["diff", rules, rules, "-c", LAB])).deep.equals({
      code: 0,
      out: "all 6 connections go where they went\n",
      err: "",
    });
    expect(tapvs(["diff", rules, swapped, "-c", LAB]).out).includes("4 of 6 connections go elsewhere");
  });

  describe("with --change", () => {
    const SERVICE = "-A -u 10.1.0.100:53 -s rr\n-a -u 10.1.0.100:53 -r 10.2.0.2 -m\n";
    const OLD = `${SERVICE}-a -u 10.1.0.100:53 -r 10.2.0.3 -m\n`;
    /** Four clients, of which one goes on for a while; UDP is forgotten after 300 s. */
    const PACKETS = `director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24
${OLD}udp 10.1.0.{1..4}:5000 > 10.1.0.100:53
at 100 s: udp 10.1.0.1:5000 > 10.1.0.100:53
at 500 s: udp 10.1.0.{6..9}:5000 > 10.1.0.100:53
`;
    const changed = (other: string, when: string, packets = PACKETS) =>
      tapvs(["diff", file("old", OLD), file("new", other), "-c", file("packets.case", packets), "--change", when]);
    const QUIESCED = OLD.replace("10.2.0.3 -m", "10.2.0.3 -m -w 0");
    const LEAVES = "UDP 10.1.0.100:53 10.2.0.3:53";

    it("says what a server keeps, and when it has nothing left", () => {
      const { code, out } = changed(QUIESCED, "50s");
      expect(out).equals(
        `the rules change before packet 5, at 100.000 s
2 of 8 connections go elsewhere (25.0 %)
  2  10.2.0.3:53 -> 10.2.0.2:53, first UDP 10.1.0.6:5000 > 10.1.0.100:53
${LEAVES} gets weight 0: 2 connections then, and 1 packet of its clients after that; it has nothing left by packet 6, at 500.000 s
`,
      );
      expect(code).equals(1);
    });

    it("says what is left behind the last packet", () => {
      expect(changed(QUIESCED, "8").out)
        .includes("the rules change before packet 8, at 500.")
        .and.includes(
          `${LEAVES} gets weight 0: 1 connection then, and no packet of its clients after that; ` +
            "1 connection when the last packet has passed, the last expires 5 min after the last packet if nobody sends any more\n",
        );
      expect(changed(QUIESCED, "1").out).includes(`${LEAVES} gets weight 0, and has nothing in the table then\n`);
    });

    it("drops the packets of a server that is removed with its connections", () => {
      const { out } = changed(SERVICE, "5");
      expect(out).includes("  1  sent -> dropped destination-unavailable, first packet 5\n");
      expect(out).includes(`${LEAVES} is removed: 2 connections then, and 1 packet of its clients after that; it has`);
    });

    it("has the same as JSON", () => {
      const { out } = tapvs(["diff", path("old"), path("new"), "-c", path("packets.case"), "--change", "5", "--json"]);
      const { change, leaving } = JSON.parse(out);
      expect(change).deep.equals({ packet: 5, seconds: 100 });
      expect(leaving[0].kept).deep.include({
        connections: 2,
        packets: 1,
        left: { connections: 0, templates: 0, seconds: 0 },
      });
    });

    it("refuses a time that no packet reaches, what is none, and rules that are wrong", () => {
      expect(changed(QUIESCED, "501s")).includes({ code: 2, err: "--change: of 9 packets none comes after it\n" });
      expect(changed(QUIESCED, "soon").code).equals(2);
      expect(changed("-A -u 10.1.0.100:53 -s nosuch\n", "5"))
        .includes({ code: 2 })
        .property("err")
        .includes("/new:1: ");
    });
  });
});
