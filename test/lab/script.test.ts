import { execFileSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { shellScript, shellWords } from "../../src/lab/script.ts";

describe("a shell script of commands", () => {
  it("quotes words so that a shell gives them back", () => {
    const word = fc.string({ unit: fc.constantFrom(..."aZ09 '\"$`\\!*?[]{}()<>|&;#~=%\t-_/.,:@+^é"), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
        const out = execFileSync("sh", ["-c", `printf '%s\\0' ${shellWords(words)}`], { encoding: "utf8" });
        expect(out.split("\0").slice(0, -1)).to.deep.equal(words);
      }),
      { numRuns: 30 },
    );
  });

  it("has titles and reasons as comments, and files as here-documents", () => {
    const text = shellScript([
      {
        title: "rs1: a real server",
        commands: [
          { kind: "ip", netns: "tvs-a-rs1", words: ["link", "set", "lo", "up"], why: "Because." },
          { kind: "ip", words: ["netns", "add", "tvs-a-rs2"] },
          { kind: "sysctl", netns: "tvs-a-rs1", values: [["net.ipv4.ip_forward", "1"]] },
          { kind: "write", file: "/run/x/director.yaml", text: "a: 1\nb: 2\n" },
          { kind: "start", host: "rs1", netns: "tvs-a-rs1", program: "redis", words: ["redis-server", "--save", ""] },
        ],
      },
    ]);
    expect(text).to.equal(`# rs1: a real server
# Because.
ip -n tvs-a-rs1 link set lo up
ip netns add tvs-a-rs2
ip netns exec tvs-a-rs1 sysctl -qw net.ipv4.ip_forward=1
mkdir -p /run/x
cat > /run/x/director.yaml <<'END'
a: 1
b: 2
END
ip netns exec tvs-a-rs1 redis-server --save '' &
`);
  });
});
