/** Everything that a button or a key can do. */
import { MODES } from "../../core/simulator/layout.ts";
import { type App, TABS } from "./app.ts";
import { DRAWERS } from "./drawers.ts";
import { Prediction } from "./model/prediction.ts";
import { SPEEDS } from "./playback.ts";
import type { SchedulersTab } from "./schedulers/schedulers-tab.ts";

/** What comes with a command: `name` of what is chosen, `time` to go to in microseconds, the viewer's clock in milliseconds. */
export interface Call {
  readonly name: string;
  readonly time: number;
  readonly wall: number;
}

type Command = (app: App, call: Call) => void;

const COMMANDS: Readonly<Record<string, Command>> = {
  tab: (app, { name }) => {
    const tab = TABS.find((known) => known === name);
    if (tab !== undefined) app.open(tab);
  },
  mode: (app, { name }) => {
    const mode = MODES.find((known) => known === name);
    if (mode !== undefined) app.choose({ mode });
  },
  other: (app, { name }) => {
    const mode = MODES.find((known) => known === name);
    if (mode !== undefined) app.chooseOther(mode);
  },
  request: (app) => app.send("request"),
  long: (app) => app.send("long"),
  burst: (app) => app.send("burst"),
  ping: (app) => app.send("ping"),
  datagram: (app) => app.send("datagram"),
  fragments: (app) => app.send("fragments"),
  from: (app, { name }) => {
    app.sender = Number(/\d+$/.exec(name)?.[0] ?? 1) - 1;
    app.send("request");
  },
  run: (app) => {
    const { playing } = app.playback;
    app.playback.halt();
    app.playback.playing = !playing;
  },
  forward: (app, { wall }) => {
    app.playback.playing = false;
    app.playback.forward(wall);
  },
  back: (app) => {
    app.playback.halt();
    app.player.back();
  },
  start: (app) => {
    app.playback.halt();
    app.player.goTo(0);
  },
  end: (app) => app.playback.rush(),
  go: (app, { time }) => {
    app.playback.halt();
    app.player.goTo(time);
  },
  timeout: (app, { wall }) => {
    const time = app.player.nextTimeout;
    if (time !== undefined) app.playback.runDown(time, wall);
  },
  clear: (app) => {
    app.playback.halt();
    app.player.clear();
  },
  drawer: (app, { name }) => {
    const chosen = DRAWERS.find((known) => known === name);
    app.drawer = chosen === app.drawer ? undefined : chosen;
  },
  details: (app) => {
    app.drawer = app.drawer === undefined ? "steps" : undefined;
  },
  present: (app) => {
    app.presenting = !app.presenting;
  },
  predict: (app) => {
    app.playback.halt();
    app.prediction = app.prediction === undefined ? new Prediction() : undefined;
  },
  guess: (app, { name, wall }) => app.guess(Number(name), wall),
  culprit: (app) => {
    const time = app.outlook?.culprit?.arrival;
    app.playback.halt();
    if (time !== undefined) app.player.goTo(time);
  },
  fault: (app, { name }) => app.set({ name: "fault", value: name, place: 0, checked: false }),
  repair: (app, { name }) => app.repair(name),
  "find-changes": (app) => app.findChanges(),
  "apply-change": (app, { name }) => app.applyChange(Number(name)),
  strike: (app, { name }) => app.strike(name),
  line: (app, { name }) => app.run(name),
  understood: (app) => {
    app.problems = [];
  },
  lesson: (app, { name }) => {
    app.lessons.open(Number(name));
    if (app.tab !== "lessons") app.open("lessons");
  },
  "check-lesson": ({ lessons }) => lessons.check(),
  "hint-lesson": ({ lessons }) => lessons.hint(),
  "solve-lesson": ({ lessons }) => lessons.solve(),
  "reset-lesson": ({ lessons }) => lessons.reset(),
  "guess-goal": ({ lessons }, { name }) => {
    const [goal = "", answer = ""] = name.split(" ");
    lessons.guess(Number(goal), answer === "yes");
  },
  "watch-lesson": (app) => {
    app.follow(app.lessons.lesson.watch);
    app.lessonBehind = app.lessons.lesson.number;
  },
  "lesson-extras": (app) => {
    const files = { ...app.lessons.lesson.extras?.() };
    const bytesOf = (file: string | Uint8Array): Uint8Array =>
      typeof file === "string" ? new TextEncoder().encode(file) : file;
    app.capture.take(Object.entries(files).map(([name, file]) => ({ name, bytes: bytesOf(file) })));
    app.open("capture");
  },
  strip: ({ schedulers }, { name }) => schedulers.toggle(name),
  "session-go": ({ schedulers }, { name }) => schedulers.goTo(Number(name)),
  "guess-session": ({ schedulers }, { name }) => {
    const [scheduler = "", server = ""] = name.split(" ");
    schedulers.guess(scheduler, Number(server));
  },
  "why-session": ({ schedulers }, { name }) => {
    const [scheduler = "", session = ""] = name.split(" ");
    schedulers.told = { scheduler, session: Number(session) };
  },
  packet: ({ capture }, { name }) => {
    capture.chosen = Number(name);
  },
  cure: ({ capture }) => capture.cure(),
  "packet-page": ({ capture }, { name }) => {
    capture.page = Math.max(0, Number(name));
  },
  faster: (app) => changeSpeed(app, 1),
  slower: (app) => changeSpeed(app, -1),
};

function changeSpeed({ playback }: App, by: number): void {
  const place = SPEEDS.indexOf(playback.speed) + by;
  playback.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))] ?? 1;
}

/** Does it; false if there is no such command. */
export function command(app: App, name: string, call: Call): boolean {
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  known?.(app, call);
  return known !== undefined;
}

/** Commands by key; the digits for the forwarding methods come on top. */
export const KEYS: Readonly<Record<string, string>> = {
  " ": "run",
  ArrowRight: "forward",
  ArrowLeft: "back",
  Home: "start",
  End: "end",
  r: "request",
  l: "long",
  b: "burst",
  i: "ping",
  p: "present",
  q: "predict",
  d: "details",
  x: "culprit",
  u: "datagram",
  f: "fragments",
  k: "strike",
  t: "timeout",
  c: "clear",
  "+": "faster",
  "-": "slower",
};

/** Keys of the schedulers' tab: how many sessions have begun. */
export function sessionsOfKey({ shown, setup }: SchedulersTab, key: string): number | undefined {
  switch (key) {
    case "ArrowRight":
      return shown + 1;
    case "ArrowLeft":
      return shown - 1;
    case "Home":
      return 0;
    case "End":
      return setup.sessions;
    default:
      return undefined;
  }
}

/** The command of a key, and what it is about: the digits choose the forwarding method. */
export function commandOfKey(key: string): { readonly command: string; readonly name: string } | undefined {
  const mode = /^[1-9]$/.test(key) ? MODES[Number(key) - 1] : undefined;
  if (mode !== undefined) return { command: "mode", name: mode };
  const known = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  return known === undefined ? undefined : { command: known, name: "" };
}
