import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { PlayHistory } from "../../src/cli/play-history.ts";
import { scratch } from "./scratch.ts";

describe("the history of tapvs play", () => {
  const path = scratch();
  const before = { home: process.env.HOME, state: process.env.XDG_STATE_HOME };

  function keptIn(folder: string): string {
    process.env.HOME = path(".");
    process.env.XDG_STATE_HOME = path(folder);
    return path(`${folder}/tapvs/play_history`);
  }

  afterEach(() => {
    for (const [name, value] of [
      ["HOME", before.home],
      ["XDG_STATE_HOME", before.state],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it("is there in the next session, and only its owner reads it", () => {
    const file = keptIn("state");
    const history = PlayHistory.kept();
    for (const line of ["curl http://12.11.0.101/", "", "-Ln"]) history.add(line);
    expect(PlayHistory.kept().lines).deep.equals(["curl http://12.11.0.101/", "-Ln"]);
    expect(statSync(file).mode & 0o777).equals(0o600);
    expect(statSync(path("state/tapvs")).mode & 0o777).equals(0o700);
    PlayHistory.forgotten().add("-Lnc");
    expect(readFileSync(file, "utf8")).equals("curl http://12.11.0.101/\n-Ln\n");
  });

  it("lies below the home of a user who says nothing of a state folder", () => {
    keptIn("none");
    delete process.env.XDG_STATE_HOME;
    PlayHistory.kept().add("hosts");
    expect(readFileSync(path(".local/state/tapvs/play_history"), "utf8")).equals("hosts\n");
  });

  it("is shortened when it is long", () => {
    const file = keptIn("long");
    mkdirSync(path("long/tapvs"), { recursive: true });
    writeFileSync(file, Array.from({ length: 2001 }, (_, index) => `sleep ${index}\n`).join(""));
    expect(PlayHistory.kept().lines).lengthOf(1000);
    const lines = readFileSync(file, "utf8").split("\n");
    expect([lines.length, lines[0], lines[999]]).deep.equals([1001, "sleep 1001", "sleep 2000"]);
  });

  it("is not kept in the home of somebody else", function () {
    if (process.getuid?.() !== 0) this.skip();
    mkdirSync(path("theirs"));
    chownSync(path("theirs"), 12_345, 12_345);
    process.env.HOME = path("theirs");
    delete process.env.XDG_STATE_HOME;
    PlayHistory.kept().add("hosts");
    expect(readdirSync(path("theirs"))).deep.equals([]);
  });

  it("goes on where nothing can be kept", () => {
    keptIn("file");
    writeFileSync(path("file"), "");
    const said: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = (text: string | Uint8Array): boolean => said.push(String(text)) > 0;
    try {
      const history = PlayHistory.kept();
      history.add("hosts");
      expect(history.lines).deep.equals(["hosts"]);
    } finally {
      process.stderr.write = write;
    }
    expect(said).deep.equals([`${path("file/tapvs/play_history")}: file already exists: what is typed is not kept\n`]);
    expect(readFileSync(path("file"), "utf8")).equals("");
  });
});
