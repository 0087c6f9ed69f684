import { expect } from "chai";
import { findingsIn } from "../../tools/style.ts";

const found = (file: string, text: string) => findingsIn(file, text).map(({ line, say }) => [line, say]);

describe("the words of docs/style.md", () => {
  it("are asked of strings with several words, and not of imports or code; of comments only some", () => {
    expect(found("a.ts", 'const text = "the answer comes back";')).deep.equals([
      [1, "reply"],
      [1, "reply"],
    ]);
    expect(found("a.ts", `\n\nconst text = "the router may cut it";`)).deep.equals([[3, "fragment, fragmented"]]);
    expect(found("a.ts", "// the answer comes back\n/* it is cut off */\nconst answer = 1;")).deep.equals([
      [2, "truncated"],
    ]);
    expect(found("a.ts", 'import { answer } from "./the answer is.ts";')).deep.equals([]);
  });

  it("are asked of pages, and not of what stands in code or in links", () => {
    expect(found("a.md", "One.\nThe header is cut off.\n")).deep.equals([[2, "truncated"]]);
    expect(found("a.md", "```\nthe header is cut off\n```\n`is cut off` [x](is cut off)\n")).deep.equals([]);
  });

  it("let stand what the field says so", () => {
    expect(found("a.md", "A real server that does not answer ARP. The director answers ARP for it.")).deep.equals([]);
    expect(found("a.md", "An entry expires after 60 s. The reply takes another path.")).deep.equals([]);
  });

  it("find a word once for each place", () => {
    expect(found("a.md", "cut off\n\ncut off").map(([line]) => line)).deep.equals([1, 3]);
  });
});
