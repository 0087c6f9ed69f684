import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readCapture } from "../../src/io/capture-file.ts";
import { file, LITTLE, pcapHeader, pcapRecord } from "../core/capture/generator.ts";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";
import { xmlProblem } from "./xml.ts";

const NAT = "fixtures/captures/nat";

describe("tapvs verify, of cases as they are kept for years:", () => {
  const path = scratch();

  function copyOf(name: string, change: (text: string) => string = (text) => text, of = "director.yaml"): string {
    cpSync(NAT, path(name), { recursive: true });
    writeFileSync(join(path(name), of), change(readFileSync(join(path(name), of), "utf8")));
    return path(name);
  }

  /** Another order of real servers: sessions go elsewhere. */
  const reordered = (name: string): string =>
    copyOf(name, (text) => text.replace(/^(-a .*)\n(-a .*)$/m, "$2\n$1"), "rules.ipvs");

  it("differences that have one cause are told together, with where the first ones are", () => {
    const { out, code } = tapvs(["verify", reordered("reordered")]);
    expect(code).equals(1);
    const [, total] = /(\d+) differences in all:/.exec(out) ?? [];
    expect(Number(total)).greaterThan(10);
    expect(out).matches(
      /\n {6,}\d+ {2}another frame was sent on eth1: [^(]*\(IPv4 destination \S+, recorded \S+\): packet \d+, packet \d+, packet \d+ and \d+ more\n/,
    );
    const [first] = JSON.parse(tapvs(["verify", "--json", path("reordered")]).out).cases;
    expect(first.differences.total).equals(Number(total));
    expect(first.differences.groups.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).equals(
      Number(total),
    );
    expect(tapvs(["verify", path("reordered"), "--limit", "2"]).out).includes("of which the first 2 are these:");
  });

  it("a case that is listed with a reason may fail, but is an alarm when it does not", () => {
    const failing = reordered("failing");
    const passing = copyOf("passing");
    const list = path("known.txt");
    writeFileSync(list, "# what is known\n\nfailing: the order of servers is wrong, and will be put right\n");
    const { code, out } = tapvs([
      "verify",
      failing,
      passing,
      "--expected-failures",
      list,
      "--junit",
      path("known.xml"),
    ]);
    expect(out)
      .includes("expected  failing")
      .and.includes("the order of servers is wrong")
      .and.includes("1 of 2 match, 1 fail as expected");
    expect(code).equals(0);
    const xml = readFileSync(path("known.xml"), "utf8");
    expect(xmlProblem(xml)).equals(undefined);
    expect(xml).includes('failures="0" errors="0" skipped="1"').and.includes("<skipped message=");
    writeFileSync(list, "passing: it was wrong once\n");
    const alarm = tapvs(["verify", passing, "--expected-failures", list]);
    expect(alarm.out).includes("it matches, but is listed as failing: it was wrong once");
    expect(alarm.code).equals(1);
  });

  it("a list of expected failures with other lines, or with names that no case has, is a mistake with its line", () => {
    const list = path("wrong.txt");
    writeFileSync(list, "nat: because\ngone: nobody knows\n");
    expect(tapvs(["verify", NAT, "--expected-failures", list])).includes({
      code: 2,
      err: `${list}:2: no case is called gone\n`,
    });
    writeFileSync(list, "nat\n");
    expect(tapvs(["verify", NAT, "--expected-failures", list])).deep.includes({
      code: 2,
      err: `${list}:1: expected the name of a case, a colon and the reason why it fails\n`,
    });
  });

  it("a capture that balances nothing is no match, and the likeliest reason is told with its cure", async () => {
    const other = copyOf("other", (text) => text.replace(/mac: "?02:00:00:0d:00:01"?/, 'mac: "02:00:00:0d:0f:0f"'));
    writeFileSync(join(other, "wire.pcapng"), await onlyArrivals());
    for (const listing of ["stats.txt", "connections.txt"])
      renameSync(join(other, listing), join(other, `was-${listing}`));
    const { code, out } = tapvs(["verify", other]);
    expect(out).includes("idle").and.includes("nothing was balanced: no frame").and.includes("go to 02:00:00:0d:00:01");
    expect(code).equals(1);
    expect(tapvs(["verify", other, "--allow-idle"]).code).equals(0);
  });

  /** What the client of the lab sent. */
  async function onlyArrivals(): Promise<Uint8Array> {
    const records: number[][] = [];
    await readCapture(join(NAT, "wire.pcapng"), ({ bytes, interface: { name } }) => {
      const fromDirector = Buffer.from(bytes.subarray(6, 11)).toString("hex") === "0200000d00";
      if (name === "eth0" && !fromDirector && bytes[12] === 8 && bytes[13] === 0)
        records.push(pcapRecord(LITTLE, 1000, records.length, [...bytes]));
    });
    return file(pcapHeader(LITTLE), ...records);
  }

  it("the capture of a case may be a pcap, which names no interfaces", async () => {
    const directory = copyOf("pcap");
    const records: number[][] = [];
    await readCapture(join(NAT, "wire.pcapng"), ({ bytes, time }) => {
      records.push(pcapRecord(LITTLE, Math.floor(time / 1e6), time % 1e6, [...bytes]));
    });
    expect(tapvs(["verify", directory]).code).equals(0);
    writeFileSync(join(directory, "wire.pcap"), file(pcapHeader(LITTLE), ...records));
    expect(tapvs(["verify", directory]).err).includes("wire.pcapng and wire.pcap are there: which one is it?");
    renameSync(join(directory, "wire.pcapng"), path("away.pcapng"));
    const { code, out } = tapvs(["verify", directory]);
    expect(out).includes("match    pcap");
    expect(code).equals(0);
  });

  it("a page of a CI job shows the sum, a row for each case and what is wrong", () => {
    const summary = path("summary.md");
    tapvs(["verify", reordered("a_b"), copyOf("fine"), "--summary", summary]);
    const text = readFileSync(summary, "utf8");
    expect(text).matches(/^### tapvs verify: 1 of 2 match\n/);
    expect(text).matches(/\| \u274c differs \| a\\_b \| \d+ \| packet \d+: /);
    expect(text)
      .includes("| \u2705 match | fine |")
      .and.includes("<details><summary>a_b</summary>")
      .and.includes("differences in all");
  });
});
