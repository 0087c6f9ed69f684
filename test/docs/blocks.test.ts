/** The test of pages tests what it says. */
import { expect } from "chai";
import { commandsOf, partsOf } from "./blocks.ts";
import { hasRunnable, rerun } from "./page.ts";

const pageOf = (...lines: readonly string[]): string => lines.join("\n");
const consolePage = (...lines: readonly string[]): string => pageOf("Text.", "", "```console", ...lines, "```", "");
/** The lines of the first block after a run. */
async function printed(page: string): Promise<readonly string[]> {
  const [block] = partsOf(await rerun(page, ".")).filter((part) => part.kind === "block" && part.info[0] === "console");
  return block?.kind === "block" ? block.lines : [];
}

describe("blocks of a page", () => {
  it("are found with their info words, marks among them", () => {
    const parts = partsOf(
      pageOf("<!-- lab: dr fault=arp -->", "```yaml director file=a.yaml", "a: 1", "```", "````text", "```", "````"),
    );
    expect(parts).to.deep.equal([
      { kind: "mark", line: 0, name: "lab", words: ["dr", "fault=arp"] },
      { kind: "block", info: ["yaml", "director", "file=a.yaml"], start: 2, end: 3, lines: ["a: 1"] },
      { kind: "block", info: ["text"], start: 5, end: 6, lines: ["```"] },
    ]);
  });

  it("have to be closed", () => {
    expect(() => partsOf(pageOf("text", "```console", "$ true"))).to.throw("line 2: this block is not closed");
  });

  it("are split into commands and what they print", () => {
    const [block] = partsOf(consolePage("$ a", "1", "", "client$ b"));
    expect(block?.kind === "block" && commandsOf(block)).to.deep.equal([
      { host: "", line: "a", output: ["1", ""] },
      { host: "client", line: "b", output: [] },
    ]);
    const [wrong] = partsOf(consolePage("no prompt"));
    expect(() => wrong?.kind === "block" && commandsOf(wrong)).to.throw("line 4: a console block begins with a prompt");
  });

  it("count as runnable only if the program can try them", () => {
    expect(hasRunnable(pageOf("```sh", "tapvs run", "```"))).to.equal(false);
    expect(hasRunnable(pageOf("```yaml", "a: 1", "```"))).to.equal(false);
    expect(hasRunnable(consolePage("$ true"))).to.equal(true);
  });
});

describe("a run of a page", () => {
  it("puts real output in place of a wrong one", async () => {
    const page = consolePage("$ ipvsadm -L --timeout", "Timeout (tcp tcpfin udp): 1 2 3");
    const lines = await printed(page);
    expect(lines).to.deep.equal(["$ ipvsadm -L --timeout", "Timeout (tcp tcpfin udp): 900 120 300"]);
    expect(await rerun(await rerun(page, "."), ".")).to.equal(await rerun(page, "."));
  });

  it("keeps one virtual server for the whole page, and another after a mark", async () => {
    const page = pageOf(
      consolePage("$ ipvsadm -A -t 12.11.0.101:80", "$ ipvsadm -Sn"),
      "<!-- lab: nat rules=none -->",
      consolePage("$ ipvsadm -Sn"),
    );
    const made = await rerun(page, ".");
    expect(made.match(/^-A -t 12\.11\.0\.101:80 -s wlc$/gm)).to.have.length(1);
  });

  it("takes exit codes, redirections and both streams", async () => {
    const lines = await printed(
      consolePage(
        "$ ipvsadm -D -t 12.11.0.101:80",
        "$ echo $?",
        "$ ipvsadm -A -t 12.11.0.101:80",
        "$ ipvsadm -Sn > rules",
        "$ cat rules",
        "$ ipvsadm-restore < rules",
        "$ sh -c 'echo to; echo err >&2; exit 3'",
        "$ echo $?",
      ),
    );
    expect(lines.filter((line) => !line.startsWith("$"))).to.deep.equal([
      "No such service",
      "255",
      "-A -t 12.11.0.101:80 -s wlc",
      "to",
      "err",
      "3",
    ]);
  });

  it("lets clients ask, and time pass", async () => {
    const page = pageOf(
      "<!-- lab: nat servers=1 -->",
      consolePage("client$ curl http://12.11.0.101/", "$ sleep 200", "$ ipvsadm -Lnc"),
    );
    const lines = await printed(page);
    expect(lines[1]).to.equal("I am rs1.");
    expect(lines.filter((line) => line.startsWith("TCP"))).to.deep.equal([]);
  });

  it("fails where a client gets no answer, or a configuration is wrong", async () => {
    const failed = async (page: string): Promise<string> => rerun(page, ".").then(() => "", String);
    expect(await failed(consolePage("client$ curl http://12.11.0.101/"))).to.match(
      /curl http:\/\/12\.11\.0\.101\/: reset/,
    );
    expect(await failed(pageOf("```yaml director", "interfaces: []", "```"))).to.include(
      "expected at least one interface",
    );
    expect(await failed(pageOf("```js", "process.exit(4)", "```"))).to.include("the example ends with 4");
  });

  it("runs modules and compares what they print", async () => {
    const made = await rerun(pageOf("```js", "console.log(6 * 7)", "```", "", "```text output", "41", "```"), ".");
    expect(made).to.include("```text output\n42\n```");
  });
});
