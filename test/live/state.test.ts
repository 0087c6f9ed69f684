/** What survives a crash of a live director, and what it says where something would not. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { describeLive, skip } from "../support/machine.ts";
import { crashInChanges, killed } from "./crash-loop.ts";
import { TestDirector } from "./director.ts";
import { NAT } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

const YAML = NAT.yaml();
const RULES = YAML.split("rules: |\n")[1] ?? "";

describeLive("the rules of a live director that crashes", () => {
  let network: Network;
  let director: TestDirector;
  let rules: string;

  beforeEach(() => {
    network = NAT.build();
    director = new TestDirector(network, YAML);
    rules = director.path("test.rules");
  });

  afterEach(async () => {
    await director.close();
    await network.close();
  });

  it("are restored but for those that are refused, which are named and kept", async () => {
    const lines = [
      "--set 100 20 30",
      "-A -t 10.91.0.100:80 -s rr",
      "-a -t 10.91.0.100:80 -r 10.92.0.",
      "-A -u 10.91.0.100:53",
    ];
    writeFileSync(rules, `${lines.join("\n")}\n-A -t 10.91.0.100:443 -s wl`);
    await director.start({ words: ["--restore"] });
    expect(director.log)
      .match(/warning: .*test\.rules:3: /)
      .and.match(/warning: .*test\.rules:5: Scheduler or persistence engine not found/)
      .and.contains(`2 of 5 rules refused; the file as it was is kept as ${rules}.refused`)
      .and.contains(`rules restored from ${rules}`);
    expect(director.ipvsadm("-Sn").out).equals("-A -t 10.91.0.100:80 -s rr\n-A -u 10.91.0.100:53 -s wlc\n");
    expect(readFileSync(`${rules}.refused`, "utf8")).contains("-s wl\n");
    expect(readFileSync(rules, "utf8")).not.contains("10.91.0.100:443");
  });

  for (const [what, text] of [
    ["an empty file", ""],
    ["a file of nothing but garbage", "\0\0\0\nELF\n".repeat(50)],
  ] as const) {
    it(`are those of the configuration after ${what}, which does not count as restored`, async () => {
      writeFileSync(rules, text);
      await director.start({ words: ["--restore"] });
      expect(director.log).contains(`${rules}: no rules in it, nothing restored`).and.not.contains("rules restored");
      expect(director.ipvsadm("-Sn").out.split("\n").length).equals(RULES.split("\n").length);
      expect(director.log.split("\n").length).lessThan(40);
    });
  }

  for (const [what, make, message] of [
    ["a folder", (path: string) => mkdirSync(path), "is a folder: name a file in it"],
    [
      "a symbolic link",
      (path: string) => symlinkSync("/etc/hostname", path),
      "is a symbolic link: name the file itself",
    ],
  ] as const) {
    it(`end the start with 2 if ${what} is named for them, and nothing is left behind`, () => {
      make(director.path("x"));
      const { code, err } = attempt(director.words("--state", director.path("x")));
      expect([code, err]).deep.equals([2, `error: ${director.path("x")}: ${message}\n`]);
      expect(readdirSync(director.folder)).deep.equals(["director.yaml", "x"]);
    });
  }

  it("on a disk that fills are the last ones that ipvsadm did not complain of; it says of each other one that it is not saved", async function () {
    const disk = director.path("disk");
    mkdirSync(disk);
    if (attempt(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).code !== 0) skip(this, "may not mount");
    try {
      const file = `${disk}/a.rules`;
      await director.start({ words: ["--state", file] });
      const saved = await fill();
      expect(saved).contains("10.91.0.100:1000");
      expect(director.ipvsadm("-A", "-u", "10.91.0.100:53")).deep.equals({
        code: 1,
        out: "",
        err: `ipvsadm: in force, but not saved: ${file}: no space left on device; the rules will not survive a crash\n`,
      });
      for (const words of [
        ["-D", "-u", "10.91.0.100:54"],
        ["-A", "-u", "10.91.0.100:53"],
        ["-A", "-u"],
      ])
        expect(director.ipvsadm(...words).err, words.join(" ")).not.contains("in force");
      const { text } = await director.ask("POST", "/v1/ipvsadm", { words: ["-R"], stdin: "-D -u 10.91.0.100:54\n" });
      expect(text).contains("No such service").and.not.contains("in force");
      expect(readFileSync(file, "utf8")).equals(saved);
      expect(readdirSync(disk)).deep.equals(["a.rules"]);
      await director.says(/^warning: .*a\.rules: no space left on device; the rules will not survive a crash$/m);
      await killed(director);
      await director.start({ words: ["--state", file, "--restore"] });
      expect(director.log).contains(`rules restored from ${file}`).and.not.contains("refused");
      expect((await director.ask("GET", "/v1/state")).text).equals(saved);
    } finally {
      await director.stop();
      attempt(["umount", disk]);
    }
  });

  /** Adds services until some are not saved; resolves to the rules before them. */
  async function fill(): Promise<string> {
    let saved = "";
    // Old and new file are there together.
    for (let first = 1000; first < 4000; first += 100) {
      const stdin = Array.from({ length: 100 }, (_, line) => `-A -u 10.91.0.100:${first + line} -s wlc`).join("\n");
      const { text } = await director.ask("POST", "/v1/ipvsadm", { words: ["-R"], stdin });
      if ((JSON.parse(text) as { code: number }).code !== 0) return saved;
      saved = (await director.ask("GET", "/v1/state")).text;
    }
    throw new Error("the disk did not fill");
  }

  it("are those of the last answer, killed again and again in the middle of changes", async () => {
    await crashInChanges(director, 3, 1);
  });
});
