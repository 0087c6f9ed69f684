import { expect } from "chai";
import { parseCase } from "../../../src/core/capture/case-text.ts";
import { PROC_FILES } from "../../../src/core/ipvs/proc-files.ts";
import { LabSession } from "../../../src/core/play/lab-session.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";

const PAGE = "http://12.11.0.101/";

/** The last line that came of each line. */
const lasts = (session: LabSession, lines: readonly string[]): (string | undefined)[] =>
  lines.map((line) => session.run(line).lines.at(-1));

describe("a prompt on a network", () => {
  it("asks for pages, in turn from each real server", () => {
    expect(new LabSession("nat").run(`curl ${PAGE} 3 times`).lines).deep.equals([
      "I am rs1.",
      "I am rs2.",
      "I am rs1.",
    ]);
    const [first, second] = lasts(new LabSession("nat", { clients: 2 }), [`client2 curl ${PAGE}`, "ping 12.11.0.101"]);
    expect([first, second?.replace(/time=.*/, "")]).deep.equals(["I am rs1.", "64 bytes from 12.11.0.101: "]);
  });

  it("says how to have a client that is not there", () => {
    const answers = (clients?: number) =>
      lasts(new LabSession("nat", clients === undefined ? {} : { clients }), [`client3 curl ${PAGE}`, "client10 ping"]);
    expect(answers()).deep.equals([
      "client3: there is one client; --clients 3 gives more",
      "client10: no such command; help lists them",
    ]);
    expect(answers(2)[0]).equals("client3: there are 2 clients; --clients 3 gives more");
  });

  it("runs ipvsadm, switches and time on the director", () => {
    const session = new LabSession("nat");
    session.run(`curl ${PAGE}`);
    expect(session.run("-Lnc").lines.length).equals(3);
    expect(lasts(session, ["sleep 1 min", "wait 14 min", "ipvsadm -Lnc"]).at(-1)).includes("pro expire state");
    expect(session.run("wait x").lines).deep.equals(['expected a time such as 900, 15 min or 200 ms, got "x"']);
    expect(session.run("sysctl net.ipv4.vs.foo").lines).deep.equals([
      "sysctl: cannot stat /proc/sys/net/ipv4/vs/foo: No such file or directory",
    ]);
    expect(session.run("sysctl -w net.ipv4.vs.foo").lines.join()).matches(/^sysctl: expected a switch, or -w/);
    expect(session.run("help").lines.filter((line) => line.endsWith(" "))).deep.equals([]);
    expect(session.run("ipvsadm -A -t 12.11.0.101:80")).deep.equals({
      lines: ["Service already exists"],
      failed: true,
    });
    expect(
      lasts(session, ["sysctl -w net.ipv4.vs.conn_reuse_mode=0", "sysctl net.ipv4.vs.conn_reuse_mode"]),
    ).deep.equals(["net.ipv4.vs.conn_reuse_mode = 0", "net.ipv4.vs.conn_reuse_mode = 0"]);
    expect(session.run("cat /proc/net/ip_vs").lines[0]).includes("IP Virtual Server");
  });

  it("explains the packets of the last command that brought any", () => {
    const session = new LabSession("nat");
    expect(session.run("explain").lines).deep.equals(["no packet has come to the director"]);
    session.run(`curl ${PAGE}`);
    const { lines } = session.run("explain");
    expect(lines.length).greaterThan(3);
    for (const without of ["fault", "ipvsadm -e -t 12.11.0.101:80 -s wrr", "hosts"]) session.run(without);
    expect(session.run("explain").lines).deep.equals(lines);
    session.run("fault gateway");
    expect(session.run("explain").lines).deep.equals(["no packet has come to the director"]);
  });

  it("goes step by step, and shows what is on the wires", () => {
    const session = new LabSession("nat");
    session.run(`curl ${PAGE}`);
    expect(session.run(`curl ${PAGE} &`).lines.join()).includes(
      "client > director: 12.11.0.10:40001 > 12.11.0.101:80 TCP S,",
    );
    expect(session.run("step").lines.join()).includes("director > rs1, rs2: ARP who has 172.16.1.3?");
    session.run("run");
    expect(session.run("step").failed).equals(true);
    session.run("tcpdump on");
    expect(session.run("ping 12.11.0.101").lines.length).equals(3);
  });

  it("tells of a page that was begun once it comes, and fails where it does not", () => {
    const session = new LabSession("nat");
    session.run(`curl ${PAGE} 2 times &`);
    expect(session.run("sleep 1").lines).deep.equals(["I am rs1.", "I am rs2."]);
    expect(session.run("sleep 1").lines).deep.equals([]);
    session.run("fault dead");
    session.run(`curl ${PAGE} &`);
    const { failed, lines } = session.run("run");
    expect([failed, lines.at(-1)]).deep.equals([
      true,
      "curl: (7) Failed to connect to 12.11.0.101 port 80: host unreachable",
    ]);
    session.run(`curl ${PAGE} &`);
    expect(session.run("fault off")).deep.include({ failed: true });
    expect(session.end()).deep.equals({ lines: [] });
    session.run(`curl ${PAGE} &`);
    expect(session.end()).deep.equals({ lines: ["I am rs1."] });
  });

  it("says what it expected where words are missing, or too many", () => {
    const session = new LabSession("nat");
    for (const [line, expected] of [
      [`curl ${PAGE} 1500 times`, "curl: expected 1 to 1000 times, got 1500"],
      [`curl ${PAGE} 0 times`, "curl: expected 1 to 1000 times, got 0"],
      [`curl ${PAGE} often`, "expected curl http://12.11.0.101/ [N times] [&]"],
      [`curl -v ${PAGE}`, "expected curl http://12.11.0.101/ [N times] [&]"],
      ["curl", "curl: (3) expected a URL such as http://12.11.0.101/"],
      ["ping", "ping: expected an address such as 12.11.0.101"],
      ["client ping 12.11.0.101 12.11.0.102", "expected ping ADDRESS"],
      ["client", 'client: expected curl or ping, got ""'],
      ["cat", `cat: expected one of ${PROC_FILES.map((name) => `/proc/net/${name}`).join(", ")}`],
      ["save", "save: expected the name of a file"],
      ["save a b", "expected save FILE.case"],
      ["step 1 2", "expected step [N]"],
      ["run 3", "expected run alone"],
      ["sleep", "expected a time such as 900, 15 min or 200 ms"],
      ["explain 0", "no packet has come to the director"],
    ] as const) {
      const { failed, lines } = session.run(line);
      expect([failed, lines.length], line).deep.equals([true, 1]);
      expect(lines[0], line).equals(expected);
    }
    expect(session.run("help").lines.join("\n")).matches(/^ {2}history {2,}what was typed$/m);
  });

  it("explains the packets of the last command, one, and one that nobody sends", () => {
    const session = new LabSession("dr");
    session.run(`curl ${PAGE}`);
    expect(session.run("explain").lines[0]).includes("new connection by rr, direct routing to 12.11.0.103:80");
    expect(session.run("explain 1").lines[0]).includes("packet 1");
    expect(session.run("explain tcp 12.11.0.10:9 > 12.11.0.101:80 S").lines[0]).includes("what if");
    expect(session.run("explain 1000").failed).equals(true);
    expect(session.run("-Lnc").lines.length).equals(3);
  });

  it("takes packets in words and expectations", () => {
    const session = new LabSession("nat");
    session.run("tcp 12.11.0.77:9 > 12.11.0.101:81 S");
    expect(session.run("expect picks nobody").failed).equals(undefined);
    expect(session.run("expect picks 172.16.1.2").lines[0]).equals("expected picks 172.16.1.2, got");
    expect(session.run("tcp 12.11.0.77:9 12.11.0.101:81").lines).deep.equals(['word 3, "12.11.0.101:81": expected >']);
  });

  it("makes a mistake in the network, and keeps the rules", () => {
    const session = new LabSession("nat");
    session.run("-e -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 7");
    session.run("fault dead");
    expect(session.run(`curl ${PAGE}`).lines.length).equals(1);
    expect(session.run("-Ln").lines.join("\n")).matches(/172.16.1.3:80 +Masq +7/);
    expect(session.run("fault arp").failed).equals(true);
  });

  it("completes commands and their words", () => {
    const session = new LabSession("nat");
    expect(session.complete("cu")).deep.equals(["curl"]);
    expect(session.complete("fault g")).deep.equals(["gateway"]);
    expect(session.complete("curl h")).deep.equals(["http://12.11.0.101:80/"]);
  });

  for (const mode of MODES)
    for (const family of [AF_INET, AF_INET6] as const)
      it(`saves a session on ${mode} in IPv${family === AF_INET ? 4 : 6} as a case that matches`, () => {
        const session = new LabSession(mode, { family });
        session.run(`curl ${family === AF_INET ? PAGE : "http://[fd00:11::101]/"} 2 times`);
        session.run("sleep 1 min");
        const parsed = parseCase(session.run("save x.case").file?.text ?? "");
        if (parsed.kind === "errors") throw new Error(JSON.stringify(parsed.errors));
        const { difference, expectations } = verifyTranscript(parsed.transcript);
        expect(difference).equals(undefined);
        expect(expectations).greaterThan(9);
      });
});
