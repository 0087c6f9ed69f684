import { writeFileSync } from "node:fs";
import { expect } from "chai";
import { scratch } from "./scratch.ts";
import { inThread } from "./thread.ts";

describe("command lines in a thread", () => {
  const path = scratch();

  it("take no late answer to another question for theirs", () => {
    const saysAfter = (milliseconds: number, text: string): string => {
      const file = path(`${text}.mjs`);
      writeFileSync(file, `await new Promise((go) => setTimeout(go, ${milliseconds})); console.log("${text}");\n`);
      return file;
    };
    const late = saysAfter(100, "late");
    expect(() => inThread("node", [late], ".", {}, 10)).throws(`node ${late}: no end`);
    expect(inThread("node", [saysAfter(300, "mine")], ".").out).equals("mine\n");
  });
});
