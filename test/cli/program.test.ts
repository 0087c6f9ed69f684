import { readFileSync } from "node:fs";
import { expect } from "chai";
import { COMMANDS } from "../../src/cli/commands.ts";
import { tapvsProcess } from "./tapvs.ts";

describe("tapvs", () => {
  it("helps with a command of a command, and refuses help with what is none", () => {
    const below = tapvsProcess(["lab", "up", "--help"]);
    expect(tapvsProcess(["help", "lab", "up"])).deep.equals(below);
    expect(below.out).matches(/^Usage: tapvs lab up /);
    expect(tapvsProcess(["help", "explain", "nat"]).out).matches(/^Usage: tapvs explain /);
    expect(tapvsProcess(["help", "explian"])).deep.equals(tapvsProcess(["explian"]));
    expect(tapvsProcess(["help", "lab", "upp"]))
      .includes({ code: 2, out: "" })
      .property("err")
      .matches(/^error: unknown command 'upp'/);
    expect(tapvsProcess(["help"]).out).equals(tapvsProcess(["--help"]).out);
  });

  it("lists its commands, each with a summary", () => {
    const { code, out, err } = tapvsProcess(["--help"]);
    expect(code).equals(0);
    expect(err).equals("");
    for (const { name, summary } of COMMANDS) {
      expect(out).matches(new RegExp(`^ {2}${name}\\b`, "m"));
      expect(summary).matches(/^[a-z].*[^.]$/);
    }
  });

  it("says its version, that of the package", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(tapvsProcess(["--version"])).deep.equals({ code: 0, out: `${version}\n`, err: "" });
  });

  it("ends with 2 and shows no stack trace when the command line is wrong", () => {
    for (const words of [
      [],
      ["verfy"],
      ["--nonsense"],
      ["replay"],
      ["replay", "x"],
      ["verify"],
      ["verify", "x", "--nonsense"],
    ]) {
      const { code, out, err } = tapvsProcess(words);
      expect(code, words.join(" ")).equals(2);
      expect(out, words.join(" ")).equals("");
      expect(err, words.join(" "))
        .matches(/\S/)
        .and.not.matches(/^ +at /m);
    }
    expect(tapvsProcess(["verfy"]).err).includes("Did you mean verify?");
    expect(tapvsProcess(["lesson", "start"]).err).includes("(tapvs lesson start --help says more)");
  });

  for (const { name, load } of COMMANDS) {
    it(`explains ${name}`, async () => {
      expect((await load()).name()).equals(name);
      // What follows this command goes to a running director as it is, --help too.
      if (name === "ipvsadm") return;
      const { code, out } = tapvsProcess([name, "--help"]);
      expect(out).includes(`Usage: tapvs ${name}`);
      expect(code).equals(0);
    });
  }
});
