import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { scratch } from "./scratch.ts";
import { tapvs, tapvsProcess } from "./tapvs.ts";

const LAB = ["fixtures/captures/nat/wire.pcapng", "-c", "fixtures/captures/nat/director.yaml"] as const;
const CONFIG = ["-c", "fixtures/captures/nat/director.yaml"] as const;
const TRANSCRIPT = "fixtures/golden/nat_http.jsonl";

/** Standard output of a run that must end with 0 and say nothing on standard error. */
function explained(...words: string[]): string {
  const { code, out, err } = tapvs(["explain", ...words]);
  expect(err, words.join(" ")).equals("");
  expect(code, words.join(" ")).equals(0);
  return out;
}

/** Standard error of a run that must end with 2 and print nothing. */
function refused(...words: string[]): string {
  const { code, out, err } = tapvs(["explain", ...words]);
  expect(code, words.join(" ")).equals(2);
  expect(out, words.join(" ")).equals("");
  expect(err).not.matches(/^ +at /m);
  return err;
}

describe("tapvs explain", () => {
  const path = scratch();

  it("explains each mode as the page that was found good", () => {
    for (const mode of ["nat", "dr", "tun", "fullnat"]) {
      expect(explained(mode)).equals(readFileSync(`fixtures/explain/${mode}.txt`, "utf8"));
    }
    expect(explained("fullnat", "--nat64")).equals(readFileSync("fixtures/explain/nat64.txt", "utf8"));
    expect(explained("--compare")).equals(readFileSync("fixtures/explain/compare.txt", "utf8"));
    expect(explained("--compare", "--ipv6")).equals(readFileSync("fixtures/explain/compare-ipv6.txt", "utf8"));
  });

  it("switches mistakes on, and says what one sees and the cure", () => {
    const out = explained("dr", "--fault", "arp");
    expect(out).includes("Direct routing: A real server answers ARP for the virtual address");
    expect(out).includes("Symptom: ");
    expect(out).includes("Fix: ");
    expect(explained("nat", "--servers", "3", "--arp", "none", "--ascii")).includes("rs3 172.16.1.4");
  });

  it("draws into files, and to standard output", () => {
    const files = {
      svg: path("a.svg"),
      slide: path("s.svg"),
      topology: path("b.svg"),
      mermaid: path("c.mmd"),
      html: path("d.html"),
    };
    explained("tun", ...Object.entries(files).flatMap(([name, file]) => [`--${name}`, file]));
    expect(readFileSync(files.svg, "utf8")).matches(/^<svg [\s\S]*<\/svg>\n$/);
    expect(readFileSync(files.slide, "utf8")).includes('width="1600" height="900"');
    expect(readFileSync(files.topology, "utf8")).includes("VIP on tunl0");
    expect(readFileSync(files.mermaid, "utf8")).matches(/^sequenceDiagram\n/);
    expect(readFileSync(files.html, "utf8")).matches(/^<!doctype html>/);
    expect(explained("tun", "--mermaid", "-")).equals(readFileSync(files.mermaid, "utf8"));
    explained("--compare", "--html", path("e.html"));
    expect(readFileSync(path("e.html"), "utf8")).includes("<table>");
    const { code, err } = tapvs(["explain", "nat", "--svg", path("no/such/place.svg")]);
    expect(code).equals(2);
    expect(err).matches(/place\.svg: no such file or directory\n$/);
  });

  it("tells one packet of a capture, and what the director sent because of it", () => {
    const out = explained(...LAB, "--packet", "9");
    expect(out).matches(/^packet 9 {2}0\.000123 s {2}eth0 {2}12\.11\.0\.10:35636 > 12\.11\.0\.101:80 TCP \., 52 bytes/);
    expect(out).includes("ACK (input): the state goes from SYN_RECV to ESTABLISHED");
    expect(out).matches(/IPv4 destination +12\.11\.0\.101 +-> 172\.16\.1\.3\n/);
    const cause = explained(...LAB, "--packet", "10");
    expect(cause).includes("=> the director sent it because of packet 9\n");
    expect(cause).includes("\npacket 9  ");
  });

  it("draws two directors, and refuses what they cannot have", () => {
    const out = explained("nat", "--directors", "2", "--lose", "1", "--sync", "off");
    expect(out).includes("director dies").and.includes("The client's connection was reset");
    expect(out).includes("ip route replace default via 172.16.1.1\n").and.includes("group: both}\n");
    const json = JSON.parse(explained("nat", "--directors", "2", "--lose", "1", "--json"));
    expect(json.ladder.happenings[0]).deep.equals({ seconds: 0.802, host: "director", text: "director dies" });
    for (const [wrong, why] of [
      [["nat", "--directors", "3"], "a mode's network has one director, or 2"],
      [["nat", "--directors", "2", "--lose", "2"], "of two directors one must stay"],
      [["nat", "--directors", "2", "--fault", "dead"], "--fault: only with one director"],
      [["fullnat", "--directors", "2", "--nat64"], "--nat64: only with one director"],
      [["nat", "--directors", "2", "--scheduler", "mh"], "--scheduler: not for two directors of a mode"],
      [["nat", "--lose", "1"], "--lose: only with --directors"],
      [["--directors", "2", "--sync", "off"], "--sync: only for nat"],
    ] as const) {
      const { code, err } = tapvs(["explain", ...wrong]);
      expect(code, wrong.join(" ")).equals(2);
      expect(err).includes(why);
    }
  });

  it("takes the folder of a case", () => {
    expect(explained("fixtures/captures/nat", "--packet", "9")).equals(explained(...LAB, "--packet", "9"));
  });

  it("tells all packets, at length or a line each", () => {
    const brief = explained(...LAB, "--brief")
      .trimEnd()
      .split("\n");
    expect(brief.length).equals(324);
    expect(brief[2]).includes("new connection by wrr, NAT to 172.16.1.3:80");
    expect(explained(...LAB).match(/^packet \d+ /gm)?.length).equals(
      brief.filter((line) => !line.includes("=> the director sent it")).length,
    );
    expect(
      explained(...LAB, "--brief", "--after", "4")
        .trimEnd()
        .split("\n").length,
    ).equals(4);
  });

  it("tells a transcript, whose frames are numbered in order", () => {
    const out = explained(TRANSCRIPT, "--packet", "1");
    expect(out).includes("The scheduler rr (pointer before the first) picks 10.2.0.4:8080.");
    expect(explained(TRANSCRIPT, "--brief").split("\n")[1]).includes("the director sent it because of packet 1");
  });

  it("tells what would become of a made-up packet in the network of a method", () => {
    const words = "tcp 12.11.0.10:40000 > 12.11.0.101:80 S";
    expect(explained("nat", "--brief", "--packet", words)).includes("NAT to 172.16.1.2:80");
    expect(explained("dr", "--ipv6", "--packet", "tcp [fd00:11::10]:9 > [fd00:11::101]:80 S")).includes("what if");
    expect(explained("nat", "--servers", "1", "--fault", "dead", "--brief", "--packet", words)).includes("172.16.1.2");
    expect(tapvs(["explain", "nat", "--packet", "3"]).err).includes("--packet 3: of which recording?");
    expect(tapvs(["explain", "nat", "--packet", words, "--svg", "x.svg"]).code).equals(2);
  });

  it("tells what would become of a made-up packet, now or after a frame, and changes nothing", () => {
    const words = "tcp 12.11.0.10:35636 > 12.11.0.101:80 F. df";
    expect(explained(...CONFIG, "--packet", words)).includes("It is not scheduled: it is no SYN.");
    const before = explained(...LAB, "--brief");
    const out = explained(...LAB, "--after", "9", "--packet", words);
    expect(out).matches(/^what if {2}/);
    expect(out).includes("FIN (input): the state goes from ESTABLISHED to CLOSE_WAIT");
    expect(explained(...LAB, "--brief")).equals(before);
    expect(explained(TRANSCRIPT, "--after", "5", "--packet", "tcp 10.1.0.1:40000 > 10.1.0.100:80 R")).includes(
      "RST (input): the state goes from ESTABLISHED to CLOSE",
    );
    expect(explained(...CONFIG, "--brief", "--packet", "icmp 12.11.0.9 > 12.11.0.101 echo")).includes(
      "ICMP echo reply",
    );
  });

  it("prints one JSON document, its version first, and never in colour", () => {
    const documents = [
      ["nat", "--json"],
      ["--compare", "--json"],
      [...LAB, "--packet", "9", "--json"],
      [...LAB, "--json"],
      [TRANSCRIPT, "--json"],
      [...CONFIG, "--packet", "udp 12.11.0.9:1 > 12.11.0.101:80", "--json"],
    ];
    for (const words of documents) {
      const { out } = tapvsProcess(["explain", ...words], { env: { FORCE_COLOR: "1" } });
      expect(JSON.parse(out).v).equals(1);
      expect(out).matches(/^\{\n {2}"v": 1,/);
      expect(out).not.includes("\u001b");
    }
    const [packet] = JSON.parse(explained(...LAB, "--packet", "9", "--json")).packets;
    expect(packet).includes({ packet: 9, port: "eth0", verdict: "sent" });
    expect(packet.steps[0]).includes({ kind: "received" });
    expect(
      packet.sent[0].fields.some((field: { before: string; after: string }) => field.before !== field.after),
    ).equals(true);
  });

  it("colours what a terminal shows, and nothing under NO_COLOR", () => {
    const coloured = tapvsProcess(["explain", "nat"], { env: { FORCE_COLOR: "1" } }).out;
    expect(coloured).includes("\u001b[33m*172.16.1.2:80");
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).equals(explained("nat"));
    expect(tapvsProcess(["explain", "nat"], { env: { NO_COLOR: "1" } }).out).equals(explained("nat"));
  });

  it("says that a capture has no packets", () => {
    const empty = path("empty.pcap");
    writeFileSync(empty, Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex"));
    const { code, out, err } = tapvs(["explain", empty, ...CONFIG]);
    expect({ code, out, err }).deep.equals({ code: 1, out: "", err: `${empty}: it has no packets\n` });
  });

  it("names what is wrong with the command line", () => {
    expect(refused()).includes("explain what? One of nat, dr, tun, fullnat, a capture, a transcript");
    expect(refused("nta")).equals("nta: no such file, and none of nat, dr, tun, fullnat\n");
    expect(refused("nat", "--fault", "arp")).equals(
      "--fault arp: expected one that nat can have: gateway, asymmetric, dead, closed\n",
    );
    expect(refused("nat", ...CONFIG)).includes("--config: only for a recording or a made-up packet");
    expect(refused("nat", "--servers", "0")).includes("is invalid: expected a whole number from 1 to 9\n");
    expect(refused("nat", "--compare")).includes("not nat");
    expect(refused("nat", "--nat64")).includes("only for fullnat, not for nat");
    expect(refused("fullnat", "--nat64", "--fault", "dead")).includes("its network has no faults to show");
    expect(refused(LAB[0]))
      .includes("give its director.yaml with --config")
      .and.includes(`tapvs adopt ${LAB[0]} -o cases/NAME makes one`);
    expect(refused(TRANSCRIPT, ...CONFIG)).includes("a transcript describes its director itself");
    expect(refused(...LAB, "--packet", "999")).equals(
      `${LAB[0]}: there is no frame 999: it has 324 frames, numbered from 1\n`,
    );
    expect(refused(...LAB, "--after", "x")).includes("expected a whole number from 1\n");
    expect(refused(...LAB, "--svg", "x")).includes("--svg: only for nat, dr, tun, fullnat or --compare");
    expect(refused("--packet", "tcp 1.2.3.4:5 > 6.7.8.9:10")).includes("a made-up packet needs a director");
    expect(refused(...CONFIG, "--packet", "12")).includes("of which recording?");
    expect(refused(...CONFIG, "--after", "3", "--packet", "udp 1.2.3.4:5 > 6.7.8.9:10")).includes(
      "--after: after which recording?",
    );
    expect(refused(...CONFIG, "--packet", "tcp 1.2.3.4 > 6.7.8.9:10")).equals(
      `--packet: word 2, "1.2.3.4": expected a source such as 10.1.0.1:40000\n`,
    );
  });

  it("says which line of a transcript is wrong, and where a capture is cut off", () => {
    const broken = path("broken.jsonl");
    writeFileSync(broken, `${readFileSync(TRANSCRIPT, "utf8").split("\n")[0]}\n{"do":"nonsense","t":0}\n`);
    expect(refused(broken)).includes("broken.jsonl:2: do: expected one of ipvsadm, rx, tx");
    const cut = path("cut.pcapng");
    writeFileSync(cut, readFileSync(LAB[0]).subarray(0, 20_000));
    const { code, out, err } = tapvs(["explain", cut, ...CONFIG, "--brief"]);
    expect(code).equals(1);
    expect(out.split("\n").length).greaterThan(5);
    expect(err).matches(/cut\.pcapng: record \d+ at byte \d+: truncated/);
  });
});
