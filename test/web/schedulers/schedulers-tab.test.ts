import { expect } from "chai";
import { App } from "../../../src/web/page/app.ts";
import { command } from "../../../src/web/page/commands.ts";
import { schedulersFragment } from "../../../src/web/page/schedulers/schedulers-link.ts";
import { SchedulersTab } from "../../../src/web/page/schedulers/schedulers-tab.ts";
import { schedulersTab } from "../../../src/web/page/view/schedulers.ts";

const CALL = { name: "", time: 0, wall: 0 };
const plain = (text: string): string => text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

describe("the schedulers' tab", () => {
  it("begins with the table of the lecture, and marks the session that comes next", () => {
    const { text } = schedulersTab(new SchedulersTab());
    expect(plain(text)).includes("1 3 4 6 7 2 5 8");
    expect(text).includes('aria-label="session 9 by wrr: rs1?"');
  });

  it("takes guesses and counts them once they are settled", () => {
    const tab = new SchedulersTab();
    tab.guess("wrr", 0);
    tab.guess("rr", 1);
    expect(tab.score).deep.equals({ right: 0, of: 0 });
    tab.goTo(9);
    expect(tab.score.of).equals(2);
    expect(plain(schedulersTab(tab).text)).includes("of 2 right.");
  });

  it("tells why, in the scheduler's own numbers", () => {
    const app = new App("#schedulers=wrr&weights=2,1&shown=8", "");
    expect(app.tab).equals("schedulers");
    command(app, "why-session", { ...CALL, name: "wrr 2" });
    expect(schedulersTab(app.schedulers).text).includes("cw 1, di 1, mw 2");
  });

  it("opens as its link says, and says what of a link cannot be", () => {
    const fragment = "schedulers=rr%2Cwlc&weights=3%2C1%2C1&sessions=24&lengths=mixed&clients=3&order=first&shown=20";
    const app = new App(`#${fragment}`, "");
    expect(app.problems).deep.equals([]);
    expect(schedulersFragment(app.schedulers)).equals(fragment);
    expect(app.fragment).equals(fragment);
    const bad = new App("#schedulers=rr,best&weights=900&sessions=99", "");
    expect(bad.problems).have.length(3);
    expect(bad.schedulers.setup).deep.include({ schedulers: ["rr"], sessions: 12 });
  });

  it("keeps its values sound, whatever forms say", () => {
    const app = new App("", "");
    const set = (name: string, value: string, place = 0) => app.set({ name, value, place, checked: false });
    set("strip-servers", "3");
    set("strip-weight", "5", 2);
    set("strip-sessions", "999");
    set("strip-lengths", "mixed");
    set("strip-clients", "x");
    set("strip-order", "first");
    command(app, "strip", { ...CALL, name: "wrr" });
    expect(app.schedulers.setup).deep.equals({
      schedulers: ["rr", "wlc", "sed", "sh"],
      weights: [2, 1, 5],
      sessions: 40,
      lengths: "mixed",
      clients: 1,
      firstAddedFirst: true,
    });
  });
});
