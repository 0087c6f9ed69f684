import { readFileSync } from "node:fs";
import { expect } from "chai";
import { App, TABS } from "../../src/web/page/app.ts";
import { command, commandOfKey, KEYS } from "../../src/web/page/commands.ts";
import { help, page } from "../../src/web/page/view/page.ts";
import { placesOf } from "../../src/web/page/view/stage.ts";

const CALL = { name: "", time: 0, wall: 0 };

const value = (name: string, text: string) => ({ name, value: text, place: 0, checked: false });

/** Lets the viewer's clock run until nothing moves by itself. */
function watch(app: App): void {
  let wall = 0;
  while (app.playback.active) {
    wall += 1000;
    app.playback.picture(wall);
  }
}

describe("the page's state", () => {
  it("runs a request to its end, and pauses there", () => {
    const app = new App("", "");
    command(app, "run", CALL);
    watch(app);
    expect(app.playback.playing).equals(false);
    expect(app.player.idle).equals(true);
    expect(app.player.runs[0]?.simulation.exchanges[0]?.status().tone).equals("good");
  });

  it("plays until a question comes in predict mode, and on once it is answered", () => {
    const app = new App("#mode=dr&do=r0%400&predict=1", "");
    command(app, "run", CALL);
    watch(app);
    const asked: string[] = [];
    while (app.prediction?.pending !== undefined) {
      const { decision } = app.prediction.pending;
      expect(app.playback.playing).equals(false);
      asked.push(decision.kind);
      command(app, "guess", { ...CALL, name: String(decision.right) });
      watch(app);
    }
    expect(asked).deep.equals(["reply", "pick", "change", "route", "client"]);
    expect(app.player.idle).equals(true);
    expect(app.prediction?.score).equals(5);
  });

  it("kills a director by a click: the other goes on, or resets what it was not told of", () => {
    for (const [sync, tone, says] of [
      ["prompt", "good", "director died, and director2 took over 2.7 s later: the connection went on."],
      ["off", "bad", "director2 took over 2.7 s later, but did not know the connection."],
    ] as const) {
      const app = new App(`#mode=nat&directors=2&sync=${sync}&do=r0%400&time=2000&show=tables`, "");
      watch(app);
      const drawn = () => page(app, (run) => placesOf(run.topology, false)).text;
      expect(drawn()).includes("master, priority 150").and.includes("backup, priority 100");
      command(app, "strike", { ...CALL, name: "director" });
      watch(app);
      expect(app.player.idle).equals(true);
      expect(app.caption?.text).includes(says);
      expect(app.caption?.tone).equals(tone);
      expect(drawn()).includes("master, priority 100").and.includes("director2&#39;s tables".replace("&#39;", "'"));
      expect(app.fragment).includes("directors=2").and.includes("do=k0%402000");
      command(app, "strike", CALL);
      watch(app);
      expect(app.player.runs[0]?.topology.directors.map(({ alive }) => alive)).deep.equals([true, true]);
      expect(drawn()).includes("master, priority 150");
    }
  });

  it("offers what would turn a bad end into a good one, each tried", () => {
    const app = new App(
      "#mode=nat&do=x-d+-t+12.11.0.101:80+-r+172.16.1.2:80@0&do=x-d+-t+12.11.0.101:80+-r+172.16.1.3:80@1&do=r0@2",
      "",
    );
    command(app, "end", CALL);
    watch(app);
    expect(app.caption?.tone).equals("bad");
    command(app, "find-changes", CALL);
    expect(app.changes?.map(({ words }) => words)).deep.equals([
      "without ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2:80",
      "without ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.3:80",
    ]);
    command(app, "apply-change", { ...CALL, name: "1" });
    watch(app);
    expect(app.caption?.tone).equals("good");
    expect(app.changes).equals(undefined);
  });

  it("goes to a row's moment, to the start and to the end", () => {
    const app = new App("", "");
    command(app, "end", CALL);
    watch(app);
    const end = app.player.head;
    command(app, "go", { ...CALL, time: 930 });
    watch(app);
    expect(app.player.head).equals(930);
    command(app, "start", CALL);
    watch(app);
    expect(app.player.head).equals(0);
    command(app, "end", CALL);
    watch(app);
    expect(app.player.head).equals(end);
  });

  it("runs a timeout down in a second of the viewer's", () => {
    const app = new App("", "");
    command(app, "end", CALL);
    watch(app);
    expect(app.player.nextTimeout).greaterThan(60e6);
    command(app, "timeout", CALL);
    app.playback.picture(500);
    expect(app.player.runs[0]?.hasConnections).equals(true);
    app.playback.picture(1000);
    watch(app);
    expect(app.player.runs[0]?.hasConnections).equals(false);
  });

  it("lets time pass with the slider, and takes it back", () => {
    const app = new App("", "");
    command(app, "end", CALL);
    watch(app);
    const before = app.player.head;
    app.pull(1000);
    watch(app);
    expect(app.player.head).equals(before + 1000 * 1e6);
    app.pull(500);
    watch(app);
    expect(Math.round((app.player.head - before) / 1e6)).equals(31);
  });

  it("takes what forms say, as far as it makes sense", () => {
    const app = new App("", "");
    app.set(value("servers", "4"));
    app.set({ ...value("weight", "7"), place: 2 });
    app.set(value("clients", "3"));
    app.set(value("scheduler", "wrr"));
    app.set(value("scheduler", "nonsense"));
    app.set({ ...value("fault", "dead"), checked: true });
    app.set(value("burst", "50000"));
    app.set(value("nonsense", "1"));
    expect(app.setup).deep.include({ weights: [1, 1, 7, 1], clients: 3, scheduler: "rr", faults: ["dead"] });
    expect(app.burst).equals(10_000);
    app.set({ ...value("fault", "dead"), checked: false });
    expect(app.setup.faults).deep.equals([]);
  });

  it("lets each client send in turn", () => {
    const app = new App("#mode=dr&clients=3", "");
    app.set(value("sender", "-1"));
    for (let index = 0; index < 4; index++) app.send("request");
    expect(app.player.actions.map((action) => ("client" in action ? action.client : -1))).deep.equals([0, 1, 2, 0]);
  });

  it("speaks ipvsadm", () => {
    const app = new App("", "");
    app.run("ipvsadm -Ln");
    app.run("   ");
    watch(app);
    const commands = app.player.runs[0]?.simulation.commands ?? [];
    expect(commands.map(({ line }) => line)).deep.equals(["-Ln"]);
    expect(commands[0]?.output).includes("TCP  12.11.0.101:80 rr");
  });

  it("compares two different modes, always", () => {
    const app = new App("", "");
    command(app, "tab", { ...CALL, name: "compare" });
    command(app, "other", { ...CALL, name: "nat" });
    expect(app.setup.mode).not.equals(app.other);
    command(app, "mode", { ...CALL, name: app.other });
    expect(app.setup.mode).not.equals(app.other);
    expect(app.player.runs.map(({ topology }) => topology.mode)).deep.equals([app.setup.mode, app.other]);
  });

  it("opens as its link says, and gives the same link", () => {
    const fragment = "mode=tun&versus=nat&scheduler=sh&weights=1%2C2%2C3&do=r0%400&time=1550";
    const app = new App(`#${fragment}`, "");
    watch(app);
    expect(app.tab).equals("compare");
    expect(app.fragment).equals(fragment);
  });

  it("has a command behind every key, and pictures of every tab", () => {
    const app = new App("", "a<b");
    for (const key of [" ", "ArrowRight", "ArrowLeft", "Home", "End", ..."rlbipqdxuftc+-1234"]) {
      const known = commandOfKey(key);
      expect(known, key).not.equals(undefined);
      expect(command(app, known?.command ?? "", { ...CALL, name: known?.name ?? "" }), key).equals(true);
    }
    expect(commandOfKey("z")).equals(undefined);
    expect(command(app, "constructor", CALL)).equals(false);
    for (const tab of TABS) {
      app.open(tab);
      watch(app);
      const { text } = page(app, (run) => placesOf(run.topology, false));
      expect(text).includes(`<main class="${tab}`);
      expect(text).not.matches(/undefined|NaN|\[object/);
    }
  });

  it("tells all keys, in the page's help and in its manual", () => {
    const NAMES: Readonly<Record<string, string>> = { Space: " ", "→": "ArrowRight", "←": "ArrowLeft" };
    const known = [...Object.keys(KEYS), "1", "2", "3", "4"].sort();
    const keysOf = (words: Iterable<RegExpMatchArray>): string[] =>
      [...words]
        .map(([, word = ""]) => NAMES[word] ?? (word.length === 1 ? word.toLowerCase() : word))
        .filter((key) => key !== "?")
        .sort();
    const [, table = ""] = /^\| key \| \|\n(.*?)\n\n/ms.exec(readFileSync("docs/page.md", "utf8")) ?? [];
    expect(keysOf(table.matchAll(/`([^`]+)`/g))).deep.equals(known);
    expect(keysOf(help().text.matchAll(/<kbd>([^<]+)<\/kbd>/g))).deep.equals(known);
  });
});
