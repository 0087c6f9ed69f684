import { execFileSync } from "node:child_process";
import { expect } from "chai";

describe("the demo", () => {
  it("is one screen: what this is, the cause of a reset, a ladder, and where to go next", () => {
    const lines = execFileSync("sh", ["examples/demo.sh"], { encoding: "utf8" }).trimEnd().split("\n");
    expect(lines.length).most(60);
    expect(lines[0]).includes("tapvs is");
    const text = lines.join("\n");
    expect(text).includes("after 900 s without a packet").and.includes("ipvsadm --set 86400 0 0");
    expect(text).includes("SYN ACK ──");
    expect(text).matches(/(\d+) of \1 match/);
    expect(text.slice(text.indexOf("== Where to go next"))).includes("docs/concepts.md");
  });
});
