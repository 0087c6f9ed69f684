/** Rules: line by line, and what is saved is what is restored. */
import { expect } from "chai";
import fc from "fast-check";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { runRules, splitWords } from "../../../src/core/control/restore.ts";
import { newServer } from "./world.ts";

describe("rules", () => {
  it("tell the line of each message", () => {
    const text =
      "# first\n\n-A -t 10.0.0.100:80 -s rr\n-D -t 10.0.0.9:80\n-A -t 10.0.0.100:81 -w 1\n-A -t 10.0.0.100:82\n";
    const { code, ended, lines } = runRules(text, { server: newServer() }, { comments: true });
    expect(lines.map(({ line, code, err }) => [line, code, err])).to.deep.equal([
      [3, 0, ""],
      [4, 255, "No such service\n"],
      [5, 2, "Illegal 'weight' option with the 'add-service' command\n"],
    ]);
    expect({ code, ended }).to.deep.equal({ code: 2, ended: true });
  });

  it("take a comment for a command, as -R does, unless told otherwise", () => {
    const { lines, ended } = runRules("# first\n-Ln\n", { server: newServer() });
    expect(lines.map(({ line, code }) => [line, code])).to.deep.equal([[1, 255]]);
    expect(ended).to.equal(true);
  });

  it("are nothing at all if they are empty", () => {
    const outcome = runRules("\n \t\r\n", { server: newServer() });
    expect(outcome).to.deep.equal({ code: 0, out: "", err: "", lines: [], ended: false });
  });

  it("are split at blanks, without the word ipvsadm", () => {
    expect(splitWords(" ipvsadm\t-A  -t 'a b'\r")).to.deep.equal(["-A", "-t", "'a", "b'"]);
  });
});

const flagsOf: Readonly<Record<string, readonly string[]>> = {
  sh: ["", " -b sh-port", " -b sh-fallback,sh-port"],
  mh: ["", " -b mh-fallback"],
  rr: ["", " -b flag-1,flag-3", " -b flag-2"],
  wlc: [""],
  none: [""],
};
const byte = fc.integer({ min: 0, max: 255 });
const port = fc.integer({ min: 1, max: 65535 });
const ipv4Text = fc.tuple(fc.integer({ min: 1, max: 223 }), byte, byte, fc.integer({ min: 1, max: 254 }));
const ipv4Endpoint = fc.tuple(ipv4Text, port).map(([quad, number]) => `${quad.join(".")}:${number}`);
const ipv6Endpoint = fc
  .tuple(fc.integer({ min: 1, max: 0xffff }), port)
  .map(([last, number]) => `[2001:db8::${last.toString(16)}]:${number}`);
/** Marks from 2^31 on are saved as negative numbers, which nothing reads. */
const mark = fc.integer({ min: 1, max: 0x7fffffff }).map(String);
const weight = fc.integer({ min: 0, max: 2147483647 });

const serviceTraits = fc
  .tuple(fc.constantFrom(...Object.keys(flagsOf)), fc.nat(), fc.option(fc.integer({ min: 1, max: 2678400 })), fc.nat(2))
  .map(([scheduler, flag, persistence, engine]) => {
    const flags = flagsOf[scheduler] ?? [""];
    const persistent = persistence === null ? "" : ` -p ${persistence}`;
    return ` -s ${scheduler}${persistent}${engine === 0 ? " --pe sip" : ""}${flags[flag % flags.length]}`;
  });

const ipv4Forwarding = fc.oneof(
  fc.constantFrom("-m", "-g", "-i", "-b", "-i --tun-type gre --tun-csum"),
  port.map((number) => `-i --tun-type gue --tun-port ${number} --tun-remcsum`),
);

/** A service and its servers, as command lines. */
const ipv4Rules = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constantFrom("-t", "-u", "--sctp-service"), ipv4Endpoint).map((words) => words.join(" ")),
      mark.map((number) => `-f ${number}`),
    ),
    serviceTraits,
    fc.option(fc.constantFrom("255.255.255.0", "255.0.255.0")),
    fc.array(fc.tuple(ipv4Endpoint, ipv4Forwarding, weight), { maxLength: 6 }),
    fc.array(ipv4Text, { maxLength: 2 }),
  )
  .map(([service, traits, mask, servers, pool]) => [
    `-A ${service}${traits}${mask === null ? "" : ` -M ${mask}`}`,
    ...servers.map(([server, method, number]) => `-a ${service} -r ${server} ${method} -w ${number}`),
    ...pool.map((quad) => `-P ${service} -z ${quad.join(".")}`),
  ]);

const ipv6Rules = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constantFrom("-t", "-u"), ipv6Endpoint).map((words) => words.join(" ")),
      mark.map((number) => `-f ${number} -6`),
    ),
    serviceTraits,
    fc.option(fc.integer({ min: 1, max: 128 })),
    fc.array(fc.tuple(fc.oneof(ipv6Endpoint, ipv4Endpoint), weight), { maxLength: 4 }),
  )
  .map(([service, traits, prefix, servers]) => [
    `-A ${service}${traits}${prefix === null ? "" : ` -M ${prefix}`}`,
    ...servers.map(([server, number]) => `-a ${service} -r ${server} -i -w ${number}`),
  ]);

describe("what -S writes", () => {
  it("is read by -R and written again the same", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ipv4Rules, ipv6Rules), { maxLength: 8 }), (rules) => {
        const first = newServer();
        for (const line of rules.flat()) runIpvsadm(line.split(" "), { server: first });
        const saved = runIpvsadm(["-Sn"], { server: first }).out;
        const second = newServer();
        const restored = runIpvsadm(["-R"], { server: second, stdin: saved });
        expect(restored).to.deep.equal({ code: 0, out: "", err: "" });
        const again = runIpvsadm(["-Sn"], { server: second }).out;
        expect(again.split("\n").sort()).to.deep.equal(saved.split("\n").sort());
      }),
      { numRuns: 200 },
    );
  });
});
