import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseCase } from "../../../src/core/capture/case-text.ts";
import { CaseSession } from "../../../src/core/play/case-session.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";

const read = (text: string) => {
  const parsed = parseCase(text);
  if (parsed.kind === "errors") throw new Error(JSON.stringify(parsed.errors));
  return parsed.transcript;
};
const sessionOf = (name: string): CaseSession =>
  new CaseSession(read(readFileSync(`examples/cases/${name}.case`, "utf8")));

describe("a prompt on a case", () => {
  it("lives through it event by event", () => {
    const session = sessionOf("drain");
    expect(session.run("step 3").lines[0]).equals("ipvsadm -A -t 10.1.0.100:80 -s rr");
    expect(session.run("step").lines[0]).includes("new connection by rr, NAT to 10.2.0.3:80");
    expect(session.run("run").failed).equals(undefined);
    expect(session.run("step").failed).equals(true);
    expect(session.run("explain 1").lines[0]).includes("packet 1");
  });

  it("goes on from anywhere with lines of one's own, and the case follows them in time", () => {
    const session = sessionOf("drain");
    session.run("step 4");
    expect(session.run("tcp 10.1.0.9:1 > 10.1.0.100:80 S => picks 10.2.0.2").failed).equals(undefined);
    expect(session.run("expect picks 10.2.0.3").lines[0]).equals("expected picks 10.2.0.3, got");
    expect(session.run("explain tcp 10.1.0.9:2 > 10.1.0.100:80 S").lines.join("\n")).includes("picks 10.2.0.3:80");
    session.run("sleep 10");
    expect(session.run("run").lines.join("\n")).includes("10.002000");
    expect(session.run("tpc").failed).equals(true);
    expect(session.run("step 1 2").lines).deep.equals(["expected step [N]"]);
    expect(session.run("save a b").lines).deep.equals(["expected save FILE.case"]);
  });

  it("saves what happened as a case that matches", () => {
    const session = sessionOf("nat");
    session.run("run");
    session.run("udp 10.1.0.9:1 > 10.1.0.100:53");
    const saved = read(session.run("save x.case").file?.text ?? "");
    expect(saved.events.length).equals(10);
    expect(verifyTranscript(saved).difference).equals(undefined);
  });
});
