import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkFiles, WrongFile } from "../../../src/io/live/file-checks.ts";
import { keepRefused, readState, StateFile } from "../../../src/io/live/state-file.ts";
import { writeWhole } from "../../../src/io/live/whole-file.ts";

import { until } from "../../live/director.ts";

const LASTING = { mode: 0o640, lasting: true };

describe("the state file", () => {
  let folder: string;
  let file: string;
  let said: string[];
  const log = {
    warning: (message: string) => void said.push(message),
    notice: (message: string) => void said.push(message),
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tapvs-state-"));
    file = join(folder, "a.rules");
    said = [];
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it("is written for owner and group, and replaces what a crash left of a draft", () => {
    writeFileSync(`${file}.new`, "half a li", { mode: 0o666 });
    writeWhole(file, "--set 1 2 3\n", LASTING);
    expect(readdirSync(folder)).deep.equals(["a.rules"]);
    expect(readFileSync(file, "utf8")).equals("--set 1 2 3\n");
    expect(lstatSync(file).mode & 0o777).equals(0o640);
  });

  it("does not follow a link at the name of its draft, nor one at its own", () => {
    const victim = join(folder, "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, `${file}.new`);
    symlinkSync(victim, file);
    writeWhole(file, "rules\n", LASTING);
    expect(readFileSync(victim, "utf8")).equals("precious");
    expect(lstatSync(file).isFile()).equals(true);
    symlinkSync(victim, join(folder, "b.rules"));
    expect(() => readState(join(folder, "b.rules"))).throws(/ELOOP/);
  });

  it("says why a change is not saved, each time to whoever changed something, once in the log, and that it is saved again", async () => {
    mkdirSync(`${file}.new`);
    let text = "first\n";
    const state = new StateFile(file, async () => text, log);
    expect(await state.save()).match(/a\.rules: .*; the rules will not survive a crash$/);
    text = "second\n";
    expect(await state.save()).contains("will not survive");
    expect(said).lengthOf(1);
    rmSync(`${file}.new`, { recursive: true });
    expect(await state.save()).equals(undefined);
    expect(readFileSync(file, "utf8")).equals("second\n");
    expect(said[1]).equals(`${file}: the rules are saved again`);
    state.remove();
    expect(readdirSync(folder)).deep.equals([]);
  });

  it("writes a change that may wait in a moment, and at once if somebody asks", async () => {
    let text = "first\n";
    const state = new StateFile(file, async () => text, log);
    state.saveSoon();
    text = "second\n";
    expect(readdirSync(folder)).deep.equals([]);
    expect(await state.save()).equals(undefined);
    expect(readFileSync(file, "utf8")).equals("second\n");
    text = "third\n";
    state.saveSoon();
    await until(
      () => readFileSync(file, "utf8") === "third\n",
      () => readFileSync(file, "utf8"),
    );
    state.remove();
  });

  it("writes changes that come together once, and answers when the last of them is in the file", async () => {
    let asked = 0;
    const state = new StateFile(file, async () => `${++asked}\n`, log);
    await Promise.all(Array.from({ length: 100 }, () => state.save()));
    expect(asked).equals(2);
    expect(readFileSync(file, "utf8")).equals("2\n");
  });

  it("is there as lines, or not there; a copy keeps those that were refused", () => {
    expect(readState(file)).equals(undefined);
    writeFileSync(file, "a\nb\n");
    expect(readState(file)).deep.equals(["a", "b"]);
    expect(keepRefused(file, ["a", "b"])).equals(`${file}.refused`);
    expect(readFileSync(`${file}.refused`, "utf8")).equals("a\nb\n");
  });

  const problem = (socket: string, stateFile: string): string => {
    try {
      checkFiles({ socket, stateFile, restore: true });
    } catch (error) {
      if (error instanceof WrongFile) return error.message;
      throw error;
    }
    return "";
  };

  it("is refused before anything is touched where it cannot be one", async () => {
    const socket = join(folder, "a.sock");
    expect(problem(socket, file)).equals("");
    expect(problem(join(folder, "new", "a.sock"), join(folder, "new", "a.rules"))).equals("");
    expect(problem(socket, folder)).equals(`${folder}: is a folder: name a file in it`);
    expect(problem(socket, join(folder, "none", "a.rules"))).match(/a\.rules: no such file or directory$/);
    writeFileSync(file, "");
    expect(problem(socket, join(file, "x"))).match(/x: not a directory$/);
    symlinkSync(file, join(folder, "link"));
    expect(problem(socket, join(folder, "link"))).match(/link: is a symbolic link: name the file itself$/);
    expect(problem(file, file)).equals(`${file}: is no socket, and is left alone`);
    expect(problem(`/tmp/${"x".repeat(120)}.sock`, file)).match(/: is too long for a socket's name$/);
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    expect(problem(socket, file)).equals("");
    expect(problem(join(folder, "b.sock"), socket)).equals(`${socket}: is no file for rules`);
    server.close();
  });
});
