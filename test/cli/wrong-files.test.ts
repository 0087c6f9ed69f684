import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { skip } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { MAIN, NOBODY, runsForNobody, tapvs, tapvsProcess } from "./tapvs.ts";

const CASE = "fixtures/captures/nat";
const WIRE = `${CASE}/wire.pcapng`;
const YAML = `${CASE}/director.yaml`;
const RULES = `${CASE}/rules.ipvs`;
const WORDS = "examples/cases/nat.case";
const RECORDING = "fixtures/golden/arp.jsonl";

describe("a file of another kind than the command takes", () => {
  const path = scratch();

  function made(name: string, content: string | Uint8Array): string {
    writeFileSync(path(name), content);
    return path(name);
  }

  /** What ends with 2 and one line; the line behind the name of the file. */
  function refusal(words: readonly string[], file: string): string {
    const { code, err } = tapvs(words);
    expect(code, `${words.join(" ")}\n${err}`).equals(2);
    expect(err).matches(/^[^\n]+\n$/);
    expect(err.startsWith(`${file}: `), err).equals(true);
    return err.slice(file.length + 2, -1);
  }

  it("is called by its name, whoever reads it", () => {
    const capture = "this is a capture (pcapng), expected";
    for (const [words, file, told] of [
      [
        ["replay", WIRE, "-c", WIRE],
        WIRE,
        `${capture} a director.yaml; tapvs replay, explain and adopt take a capture`,
      ],
      [["run", "-c", WIRE], WIRE, `${capture} a director.yaml; `],
      [["verify", WIRE], WIRE, `${capture} a transcript or a case; `],
      [["case", WIRE], WIRE, `${capture} a transcript or a case; `],
      [["shrink", WIRE], WIRE, `${capture} a transcript or a case; `],
      [["play", WIRE], WIRE, `${capture} a transcript or a case; `],
      [["verify", "--expected-failures", WIRE, RECORDING], WIRE, `${capture} cases that are known to fail, `],
      [["replay", YAML], YAML, "this is a director.yaml, expected a capture (pcap or pcapng); it belongs behind -c"],
      [["replay", YAML, "-c", YAML], YAML, "this is a director.yaml, expected a capture"],
      [["adopt", YAML, "-o", path("out")], YAML, "this is a director.yaml, expected a capture"],
      [["explain", YAML], YAML, "this is a director.yaml, expected a capture"],
      [["diff", CASE, CASE, "-c", YAML], YAML, "this is a director.yaml, expected a capture"],
      [["case", YAML], YAML, "this is a director.yaml, expected a transcript or a case"],
      [["replay", RULES, "-c", YAML], RULES, "this is a file of rules, expected a capture"],
      [
        ["replay", WIRE, "-c", RULES],
        RULES,
        "this is a file of rules, expected a director.yaml; a director.yaml names it",
      ],
      [
        ["diff", WORDS, RULES],
        WORDS,
        "this is a case, expected a director.yaml; tapvs verify, replay and explain take it",
      ],
      [["replay", WIRE, "-c", RECORDING], RECORDING, "this is a transcript, expected a director.yaml"],
      [["case", CASE], CASE, "this is the folder of a case, expected a transcript or a case; tapvs verify"],
      [["replay", "fixtures", "-c", YAML], "fixtures", "this is a folder, expected a capture"],
    ] as const)
      expect(refusal(words, file)).includes(told);
    expect(existsSync(path("out"))).equals(false);
  });

  it("is told by what stands in it where its name says nothing", () => {
    for (const [content, told] of [
      ["", "this is an empty file"],
      ["hello\n", "this is a text"],
      ['{"a": 1}\n', "this is JSON"],
      ["IP Virtual Server version 1.2.1 (size=4096)\n", "this is a listing of ipvsadm"],
      ["! a comment\nvrrp_instance VI_1 {\n}\n", "this is a configuration of keepalived"],
      ["14:02:11.123456 IP 10.1.0.1.40000 > 10.1.0.100.80: Flags [S]\n", "this is what tcpdump printed"],
      ["# ours\n\n-A -t 10.1.0.100:80 -s rr\n", "this is a file of rules"],
      ["\uFEFFinterfaces:\n  - name: eth0\n", "this is a director.yaml"],
      ['{"interfaces": [{"name": "eth0"}]}\n', "this is a director.yaml"],
      [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), "this is a picture"],
      [Buffer.from("\uFEFFdirector eth0", "utf16le"), "this is a text in UTF-16"],
    ] as const) {
      const file = made("unnamed", content);
      expect(refusal(["replay", file, "-c", YAML], file))
        .includes(`${told}`)
        .and.includes("expected a capture");
      expect(refusal(["verify", file], file))
        .includes(`${told}`)
        .and.includes("expected a transcript or a case");
    }
    const bytes = made("bytes", Uint8Array.of(1, 2, 3, 4, 5));
    expect(refusal(["replay", bytes, "-c", YAML], bytes)).equals(
      "at byte 0: neither pcap nor pcapng: the file begins with 0x01020304",
    );
    expect(refusal(["replay", WIRE, "-c", bytes], bytes)).includes("this is no text, and no file that is known here");
    const recording = made("recording", readFileSync(RECORDING));
    expect(refusal(["replay", recording, "-c", YAML], recording)).includes("the name of a transcript ends in .jsonl");
  });

  it("is no director.yaml with none of its keys; with one, its mistakes are told", () => {
    const refused = (content: string): string => {
      const file = made("own.yaml", content);
      return refusal(["replay", WIRE, "-c", file], file);
    };
    for (const file of ["README.md", "Makefile", "docs/style.md"])
      expect(refusal(["run", "-c", file], file)).includes(
        "this is a text, expected a director.yaml; its keys are interfaces,",
      );
    expect(refusal(["run", "-c", "package.json"], "package.json")).includes("this is JSON, expected a director.yaml; ");
    expect(refused("interfces:\n  - name: eth0\n")).includes("this is a text, expected a director.yaml; its keys are");
    const { err } = tapvs(["replay", WIRE, "-c", made("own.yaml", "interfces: []\nrules: ''\n")]);
    expect(err).includes("own.yaml:1:1: interfces: unknown key").and.not.includes("expected a director.yaml");
    expect(tapvs(["replay", WIRE, "-c", made("own.yaml", "# ours\ninterfaces:\n\t- name: eth0\n")]).err).includes(
      "own.yaml:3:1: Tabs are not allowed",
    );
    const unfinished = "2:1: Flow sequence in block collection must be sufficiently indented and end with a ]\n";
    for (const [name, content] of [
      ["own.yaml", "x: [\n"],
      ["own.yml", "x: [\n"],
      ["begins-as-one", "interfaces: [\n"],
    ] as const)
      expect(tapvs(["replay", WIRE, "-c", made(name, content)]).err).equals(`${path(name)}:${unfinished}`);
    expect(tapvs(["replay", WIRE, "-c", made("other", "x: [\n")]).err).includes("this is a text, expected a director");
    expect(refused("a: 1\n---\nb: 2\n")).includes("this is a text, expected a director.yaml");
  });

  it("is looked into if it is compressed", () => {
    const yaml = made("director.yaml.gz", gzipSync(readFileSync(YAML)));
    expect(refusal(["replay", yaml, "-c", YAML], yaml)).includes("this is a director.yaml, expected a capture");
    expect(refusal(["replay", WIRE, "-c", yaml], yaml)).equals(
      "this is a director.yaml, compressed by gzip, expected a director.yaml; decompress it first",
    );
    const wire = made("wire.gz", gzipSync(readFileSync(WIRE)));
    expect(refusal(["replay", WIRE, "-c", wire], wire)).includes(
      "capture (pcapng), compressed by gzip, expected a dir",
    );
  });

  it("may be the rules that a configuration names, or what stands in the folder of a case", () => {
    const yaml = made("rules.yaml", "interfaces: [{name: eth0, addresses: [10.1.0.254/24]}]\nrules: wire.pcapng\n");
    writeFileSync(path("wire.pcapng"), readFileSync(WIRE));
    expect(tapvs(["replay", WIRE, "-c", yaml]).err).matches(
      /^\S+rules.yaml:2:8: rules: cannot read \S+wire.pcapng: this is a capture \(pcapng\), expected rules as ipvsadm -S prints them/,
    );
    mkdirSync(path("folder"));
    writeFileSync(path("folder/director.yaml"), readFileSync(YAML, "utf8").replace("rules: rules.ipvs", ""));
    writeFileSync(path("folder/wire.pcapng"), "hello\n");
    const { code, err } = tapvs(["verify", path("folder")]);
    expect([code, err]).deep.equals([
      2,
      `${path("folder/wire.pcapng")}: this is a text, expected a capture (pcap or pcapng)\n`,
    ]);
  });

  it("is told of the rules that ipvsadm reads, before a director is asked", () => {
    const env = { TAPVS_SOCKET: "/nonexistent/socket" };
    const restored = (file: string) => tapvsProcess(["ipvsadm", "-R"], { input: readFileSync(file), env });
    expect(restored(YAML)).deep.equals({
      code: 2,
      out: "",
      err: "ipvsadm: standard input: this is a director.yaml, expected rules as ipvsadm -S prints them; it belongs behind -c\n",
    });
    expect(restored(RULES).code).equals(3);
  });

  it("is told of standard input, too", () => {
    const { code, err } = tapvsProcess(["replay", "-", "-c", YAML], { input: readFileSync(YAML) });
    expect([code, err]).deep.equals([
      2,
      "standard input: this is a director.yaml, expected a capture (pcap or pcapng); it belongs behind -c\n",
    ]);
  });
});

describe("a file that nobody can look at", () => {
  const path = scratch();

  it("is told in one line, whoever reads it", () => {
    const loop = path("loop.pcap");
    symlinkSync(loop, loop);
    for (const words of [
      ["replay", loop, "-c", YAML],
      ["replay", WIRE, "-c", loop],
      ["adopt", loop, "-o", path("case")],
      ["diff", loop, YAML],
      ["verify", loop],
      ["replay", loop],
      ["explain", loop],
    ]) {
      const { code, err } = tapvs(words);
      expect(code, words.join(" ")).equals(2);
      expect(err, words.join(" ")).matches(/^\S+loop\.pcap: too many symbolic links( encountered)?\n$/);
    }
  });
});

describe("a file that is a pipe", () => {
  const path = scratch();

  /** A pipe in which somebody writes the file. */
  function pipeOf(file: string): string {
    rmSync(path("pipe"), { force: true });
    spawnSync("mkfifo", [path("pipe")]);
    spawn("sh", ["-c", 'cat "$0" > "$1"', file, path("pipe")]);
    return path("pipe");
  }

  it("is read once: configurations and rules are compared", () => {
    const same = { code: 0, out: "all 9 connections go where they went\n", err: "" };
    expect(tapvs(["diff", "--clients", "9", RULES, pipeOf(RULES)])).deep.equals(same);
    writeFileSync(path("there.yaml"), readFileSync(YAML, "utf8").replace(/^rules:.*$/m, `rules: ${resolve(RULES)}`));
    expect(tapvs(["diff", "--clients", "9", YAML, pipeOf(path("there.yaml"))])).deep.equals(same);
    expect(tapvs(["diff", pipeOf(WIRE), RULES])).deep.equals({
      code: 2,
      out: "",
      err: `${path("pipe")}: this is a capture (pcapng), expected a director.yaml; tapvs replay, explain and adopt take a capture\n`,
    });
  });

  it("without a configuration has a transcript or a case in it, or the configuration is missing", () => {
    for (const words of [["explain", "--brief"], ["replay"]]) {
      const { out } = tapvs([...words, WORDS]);
      const piped = tapvs([...words, pipeOf(WORDS)]);
      expect(piped).deep.equals({ code: 0, out: out.replace(`${WORDS}: `, `${path("pipe")}: `), err: "" });
      const { code, err } = tapvs([...words, pipeOf(WIRE)]);
      expect([code, err.split("\n")[1]]).deep.equals([
        2,
        "a capture does not say what its director is: give its director.yaml with --config",
      ]);
    }
  });

  it("cannot be read twice, as adopt does", () => {
    spawnSync("mkfifo", [path("unread")]);
    expect(tapvs(["adopt", path("unread"), "-o", path("out")])).deep.equals({
      code: 2,
      out: "",
      err: "adopt reads a capture twice: give it a file\n",
    });
    expect(existsSync(path("out"))).equals(false);
  });
});

describe("a file that cannot be looked at", () => {
  const path = scratch();

  it("is not called missing, nor a capture without a director", () => {
    writeFileSync(path("file"), "mine\n");
    for (const file of [path("file/below"), path("missing")])
      for (const words of [
        ["explain", file],
        ["replay", file],
      ] as const) {
        const { code, err } = tapvs(words);
        const said = file.endsWith("below") ? "not a directory" : "no such file";
        expect(code).equals(2);
        expect(err.startsWith(`${file}: ${said}`), err).equals(true);
      }
  });

  it("because its folder is closed is told so", function () {
    if (!runsForNobody()) skip(this, "needs root to become another user, and a build that others can read");
    mkdirSync(path("closed"), { mode: 0o700 });
    for (const command of ["explain", "replay", "verify", "case"]) {
      const file = path("closed/x.case");
      const { stderr } = spawnSync(process.execPath, [MAIN, command, file], { encoding: "utf8", ...NOBODY });
      expect(stderr).includes(`${file}: permission denied\n`);
    }
  });
});

describe("a place that cannot be written", () => {
  const path = scratch();

  it("is told before the work begins, and nothing is left there", () => {
    writeFileSync(path("file"), "mine\n");
    mkdirSync(path("folder"));
    const missing = path("missing/file");
    for (const [words, line] of [
      [["replay", CASE, "-w", missing], `${missing}: no such file or directory`],
      [["replay", CASE, "-w", "/proc/none"], "/proc/none: no file can be made in /proc"],
      [["explain", "nat", "--svg", "/proc/self/none"], "/proc/self/none: no file can be made in /proc/self"],
      [["replay", CASE, "-w", path("folder")], `${path("folder")}: this is a folder, not a file`],
      [["verify", CASE, "--junit", missing], `${missing}: no such file or directory`],
      [["verify", CASE, "--summary", path("folder")], `${path("folder")}: this is a folder, not a file`],
      [["verify", CASE, "--record", path("file")], `${path("file")}: this is a file, not a folder`],
      [["adopt", WIRE, "-o", path("file/below")], `${path("file/below")}: not a directory`],
      [["case", WORDS, "-o", missing], `${missing}: no such file or directory`],
      [["shrink", CASE, "-o", missing], `${missing}: no such file or directory`],
      [["explain", "nat", "--html", missing], `${missing}: no such file or directory`],
      [["run", "-c", "examples/nat/director.yaml", "--capture", missing], `${missing}: no such file or directory`],
    ] as const)
      expect(tapvs(words), words.join(" ")).deep.equals({ code: 2, out: "", err: `${line}\n` });
    expect(readdirSync(path("."))).deep.equals(["file", "folder"]);
    expect(readFileSync(path("file"), "utf8")).equals("mine\n");
  });

  it("for lack of permission ends with 4", function () {
    if (!runsForNobody()) skip(this, "needs root to become another user, and a build that others can read");
    mkdirSync(path("closed"), { mode: 0o755 });
    const out = path("closed/out.pcapng");
    const { status, stderr } = spawnSync(process.execPath, [MAIN, "replay", CASE, "-w", out], {
      encoding: "utf8",
      ...NOBODY,
    });
    expect([status, stderr]).deep.equals([4, `${out}: permission denied\n`]);
  });

  it("is not touched by a run that comes to nothing", () => {
    writeFileSync(path("old.pcapng"), "old\n");
    for (const name of ["old.pcapng", "new.pcapng"])
      expect(tapvs(["replay", YAML, "-c", YAML, "-w", path(name)]).code).equals(2);
    expect(readFileSync(path("old.pcapng"), "utf8")).equals("old\n");
    expect(existsSync(path("new.pcapng"))).equals(false);
  });

  it("that is full in the end leaves the other reports whole", () => {
    const { code, err } = tapvs(["verify", CASE, "--junit", "/dev/full", "--summary", path("summary.md")]);
    expect([code, err]).deep.equals([1, "/dev/full: no space left on device\n"]);
    expect(readFileSync(path("summary.md"), "utf8")).includes("1 of 1");
  });
});
