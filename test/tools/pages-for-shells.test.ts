import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { COMMANDS } from "../../src/cli/commands.ts";
import { pagesForShells } from "../../tools/pages-for-shells.ts";
import { scratch } from "../cli/scratch.ts";
import { needs } from "../support/machine.ts";

const PAGES = ["man/tapvs.1", "completions/tapvs.bash", "completions/_tapvs", "completions/tapvs.fish"] as const;

/** What bash would offer behind the words; the last is the one being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `source completions/tapvs.bash; COMP_WORDS=(tapvs "$@"); COMP_CWORD=$#; _tapvs; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync("bash", ["-c", script, "bash", ...words], { encoding: "utf8" });
  return stdout.split("\n").filter((word) => word !== "");
}

describe("the manual page and completion", () => {
  const path = scratch();
  let pages: Readonly<Record<string, string>> = {};

  before(async () => {
    pages = await pagesForShells();
  });

  for (const page of PAGES) {
    it(`${page} is what the commands say (make docs), is in the package, and knows every command`, () => {
      expect(pages[page]).equals(readFileSync(page, "utf8"));
      const { files, man } = JSON.parse(readFileSync("package.json", "utf8"));
      expect([...files, man].some((name: string) => page.startsWith(name.replace("./", "")))).equals(true);
      for (const { name } of COMMANDS) expect(pages[page], name).includes(name);
    });
  }

  it("completes commands, their options, choices and commands below in bash", function () {
    needs(this, "bash");
    expect(offered("re")).deep.equals(["replay", "releases"]);
    expect(offered("replay", "--comm")).deep.equals(["--comments"]);
    expect(offered("replay", "--comments", "")).deep.equals(["all", "none"]);
    expect(offered("replay", "--write", "")).deep.equals([]);
    expect(offered("lab", "u")).deep.equals(["up"]);
    expect(offered("lab", "up", "--dry")).deep.equals(["--dry-run"]);
  });

  for (const [shell, page] of [
    ["bash", "completions/tapvs.bash"],
    ["zsh", "completions/_tapvs"],
    ["fish", "completions/tapvs.fish"],
  ] as const) {
    it(`is sound for ${shell}`, function () {
      needs(this, shell);
      const { status, stderr } = spawnSync(shell, ["-n", page], { encoding: "utf8" });
      expect([status, stderr]).deep.equals([0, ""]);
    });
  }

  it("is a manual page that groff takes without a warning", function () {
    needs(this, "groff");
    writeFileSync(path("tapvs.1"), pages["man/tapvs.1"] ?? "");
    const { status, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-z", path("tapvs.1")], {
      encoding: "utf8",
    });
    expect([status, stderr]).deep.equals([0, ""]);
    expect(existsSync(path("tapvs.1"))).equals(true);
  });
});
