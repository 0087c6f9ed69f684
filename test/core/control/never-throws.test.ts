/** Whatever the words are: an exit status, and text. */
import { expect } from "chai";
import fc from "fast-check";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { newServer } from "./world.ts";

const SETUP =
  "-A -t 10.0.0.100:80 -s sh\n-A -f 7 -p\n-a -t 10.0.0.100:80 -r 192.168.1.11 -m\n-a -f 7 -r 192.168.1.11\n";

const commands = fc.constantFrom(
  ..."-A -E -D -C -L -l -Z -R -S -a -e -d -h -v -P -Q -G --set --start-daemon --stop-daemon --list --save".split(" "),
);
const options = fc.constantFrom(
  ..."-t -u -f -6 -s -p -M -o -b -r -m -i -g -w -x -y -n -c -X -z -- - --sctp-service --pe --tun-type --tun-port".split(
    " ",
  ),
  ..."--tun-csum --timeout --daemon --stats --rate --thresholds --persistent-conn --nosort --syncid --fullnat".split(
    " ",
  ),
);
const values = fc.constantFrom(
  ..."10.0.0.100:80 10.0.0.100 [2001:db8::1]:80 192.168.1.11 7 0 -1 2147483647 sh rr none master d0 sip gue".split(" "),
  ..."flag-1 , [ ] : [] []: ::: 255.255.255.0 1e400 0x constructor __proto__ toString".split(" "),
);
const words = fc.array(
  fc.oneof({ weight: 3, arbitrary: options }, values, fc.string(), fc.string({ unit: "binary" })),
  {
    maxLength: 8,
  },
);
const commandLine = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(commands, words).map(([command, rest]) => [command, ...rest]) },
  words,
);

describe("any command line", () => {
  it("ends with a status and text", () => {
    fc.assert(
      fc.property(
        fc.array(commandLine, { maxLength: 6 }),
        fc.string(),
        fc.boolean(),
        (lines, stdin, posixlyCorrect) => {
          const server = newServer();
          runIpvsadm(["-R"], { server, stdin: SETUP });
          for (const line of lines) {
            const { code, out, err } = runIpvsadm(line, { server, stdin, posixlyCorrect });
            expect(code).to.be.oneOf([0, 1, 2, 255]);
            expect(out === "" || out.endsWith("\n")).to.equal(true);
            expect(err === "" || err.endsWith("\n")).to.equal(true);
            if (code === 2) expect(err).not.to.equal("");
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("may have flags that ipvsadm dies of, or that do not fit its memory", () => {
    const flags = (list: string): string =>
      runIpvsadm(["-A", "-t", "10.0.0.100:80", "-s", "sh", "-b", list], { server: newServer() }).err;
    expect(flags(",,")).to.equal("invalid scheduler flag `,,'\n");
    expect(flags(`${"flag-1,".repeat(18)}sh-port`)).to.equal("invalid scheduler flag `s'\n");
  });

  it("says nothing to those who may not", () => {
    const outcome = runIpvsadm(["-h"], { server: newServer(), mayChange: false });
    expect(outcome.code).to.equal(2);
    expect(outcome.out).to.equal("");
    expect(outcome.err).to.match(/^Can't initialize ipvs: Permission denied \(you must be root\)\n/);
  });
});
