/** Where a FULLNAT connection leaves the director from: which local address, which port, and what happens when they run out. */
import { expect } from "chai";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, CLIENT2, type Lab, LOCAL, LOCAL2, SERVER, SERVER2, service, VIP, VIP2 } from "../../support/lab.ts";
import { tcp, udp } from "../../support/packet.ts";
import { FIRST_PORT, fullnat, opened, SERVER_PORT, SERVICE } from "./fullnat-lab.ts";

/** Narrows the ports to this range. */
const ports = (min: number, max: number) => ({ sysctl: { fullnat_lport_min: min, fullnat_lport_max: max } });

/** Where clients 40000, 40001, ... come out; the verdict for those who do not. */
function leaves(made: Lab, count: number, client = CLIENT): string[] {
  return Array.from({ length: count }, (_, index) => {
    const { sent, verdict } = made.receive(tcp(`${client}:${40000 + index} > ${VIP}:80`, "S"));
    return sent[0] === undefined ? verdict : `${sent[0].source}:${sent[0].sourcePort}`;
  });
}

/** The columns CONFLICTS and CONNS of `-G`, by local address. */
const pool = (made: Lab): Record<string, string> =>
  Object.fromEntries(
    made
      .ipvsadm(`-G ${SERVICE}`)
      .split("\n")
      .map((line) => /(\S+) +(\d+) +(\d+) *$/.exec(line))
      .flatMap((found) => (found === null ? [] : [[found[1], `${found[2]} ${found[3]}`]])),
  );

describe("FULLNAT local ports", () => {
  it("count up from fullnat_lport_min", () => {
    expect(leaves(fullnat(), 3)).to.deep.equal([0, 1, 2].map((step) => `${LOCAL}:${FIRST_PORT + step}`));
    expect(leaves(fullnat(ports(61000, 61999)), 2)).to.deep.equal([`${LOCAL}:61000`, `${LOCAL}:61001`]);
  });

  it("local addresses take turns, each with a counter of its own", () => {
    const made = fullnat({ pool: [LOCAL, LOCAL2] });
    expect(leaves(made, 5)).to.deep.equal([
      `${LOCAL}:5000`,
      `${LOCAL2}:5000`,
      `${LOCAL}:5001`,
      `${LOCAL2}:5001`,
      `${LOCAL}:5002`,
    ]);
    expect(pool(made)).to.deep.equal({ [LOCAL]: "0 3", [LOCAL2]: "0 2" });
  });

  it("turns go on when an address leaves the pool or comes into it", () => {
    const made = fullnat({ pool: [LOCAL, LOCAL2] });
    const next = (port: number): string => {
      const { sent } = made.receive(tcp(`${CLIENT2}:${port} > ${VIP}:80`, "S"));
      return sent[0]?.source ?? "";
    };
    expect([next(1), next(2), next(3)]).to.deep.equal([LOCAL, LOCAL2, LOCAL]);
    made.ipvsadm(`-Q ${SERVICE} -z ${LOCAL2}`);
    expect([next(4), next(5)]).to.deep.equal([LOCAL, LOCAL]);
    made.ipvsadm(`-P ${SERVICE} -z ${LOCAL2}`);
    expect([next(6), next(7)].sort()).to.deep.equal([LOCAL, LOCAL2]);
  });

  it("run out: the next client is dropped, and nothing of the attempt is left", () => {
    const made = fullnat(ports(7000, 7002));
    expect(leaves(made, 5)).to.deep.equal([
      `${LOCAL}:7000`,
      `${LOCAL}:7001`,
      `${LOCAL}:7002`,
      "no-local-port",
      "no-local-port",
    ]);
    expect([made.rows.count, made.counts(SERVER)]).to.deep.equal([3, "3/0"]);
    expect(pool(made), "three attempts each failed").to.deep.equal({ [LOCAL]: "6 3" });
    const [row] = made.director.server.services.list();
    expect(row?.statistics.live[0], "connections counted").to.equal(3);
  });

  it("only the address in turn is tried, as alibaba/LVS does", () => {
    const made = fullnat({ ...ports(7000, 7000), pool: [LOCAL, LOCAL2] });
    expect(leaves(made, 4)).to.deep.equal([`${LOCAL}:7000`, `${LOCAL2}:7000`, "no-local-port", "no-local-port"]);
  });

  it("a port in use towards the same server is passed by, and counted as a conflict", () => {
    const made = fullnat(ports(7000, 7003));
    const talks = [0, 1, 2, 3].map((index) => opened(made, { port: 40000 + index }));
    // Ports 7000 and 7002 become free.
    for (const index of [0, 2]) talks[index]?.say("R");
    made.wait(20);
    expect(made.rows.count).to.equal(2);
    expect(leaves(made, 2, CLIENT2)).to.deep.equal([`${LOCAL}:7000`, `${LOCAL}:7002`]);
    expect(pool(made)).to.deep.equal({ [LOCAL]: "1 4" });
    talks[1]?.say("P.", { data: "still there" });
    expect(talks[1]?.answer("P.", { data: "yes" }).ends).to.equal(`${VIP}:80 > ${CLIENT}:40001`);
  });

  it("tries no more than fullnat_lport_tries ports", () => {
    const made = fullnat({ sysctl: { fullnat_lport_min: 7000, fullnat_lport_max: 7009, fullnat_lport_tries: 2 } });
    leaves(made, 10);
    made.sysctl("fullnat_lport_tries", 2);
    // All ten ports are taken; a client gets two attempts.
    expect(leaves(made, 1, CLIENT2)).to.deep.equal(["no-local-port"]);
    expect(pool(made)).to.deep.equal({ [LOCAL]: "2 10" });
  });

  it("one port serves as many servers as there are, and as many protocols", () => {
    const servers = [`${SERVER}:${SERVER_PORT}`, `${SERVER2}:${SERVER_PORT}`, `${SERVER}:9090`];
    const made = fullnat({ servers, ...ports(7000, 7000) });
    expect(leaves(made, 4)).to.deep.equal([`${LOCAL}:7000`, `${LOCAL}:7000`, `${LOCAL}:7000`, "no-local-port"]);
    for (const rule of service("-b", [`${SERVER}:${SERVER_PORT}`], { at: `-u ${VIP}:80` })) made.ipvsadm(rule);
    made.ipvsadm(`-P -u ${VIP}:80 -z ${LOCAL}`);
    const { sent } = made.receive(udp(`${CLIENT}:40000 > ${VIP}:80`));
    expect(sent[0]?.ends).to.equal(`${LOCAL}:7000 > ${SERVER}:${SERVER_PORT}`);
  });

  it("two services that share local address and server do not share a port", () => {
    const made = fullnat(ports(7000, 7001));
    const other = `-t ${VIP2}:80`;
    for (const rule of service("-b", [`${SERVER}:${SERVER_PORT}`], { at: other })) made.ipvsadm(rule);
    made.ipvsadm(`-P ${other} -z ${LOCAL}`);
    const one = opened(made);
    const two = opened(made, { virtual: VIP2 });
    expect([one.peer, two.peer]).to.deep.equal([`${LOCAL}:7000`, `${LOCAL}:7001`]);
    expect(one.answer("P.", { data: "1" }).source).to.equal(VIP);
    expect(two.answer("P.", { data: "2" }).source).to.equal(VIP2);
  });

  it("a port is free again when its connection has expired, and not before", () => {
    const made = fullnat(ports(7000, 7000));
    const talk = opened(made);
    talk.say("F.");
    talk.answer("F.");
    talk.say(".");
    made.wait(119);
    expect(leaves(made, 1, CLIENT2)).to.deep.equal(["no-local-port"]);
    made.wait(7);
    expect(leaves(made, 1, CLIENT2)).to.deep.equal([`${LOCAL}:7000`]);
    // A late segment of the old connection's server belongs to the new client now: its own TCP will refuse it.
    expect(made.receive(talk.reply(".")).sent[0]?.destination).to.equal(CLIENT2);
  });

  it("a client that comes back while its old connection is in TIME_WAIT leaves from another port", () => {
    const made = fullnat();
    const talk = opened(made);
    talk.say("F.");
    talk.answer("F.");
    talk.say(".");
    const again = new Conversation(made);
    again.say("S");
    expect([talk.peer, again.peer]).to.deep.equal([`${LOCAL}:5000`, `${LOCAL}:5001`]);
    made.wait(1);
    expect(made.rows.count, "the old entry is gone").to.equal(1);
    expect(again.answer("S.").ends).to.equal(`${VIP}:80 > ${CLIENT}:40000`);
  });

  it("templates of a persistent service take no port; all connections under one go to one server", () => {
    const servers = [`${SERVER}:${SERVER_PORT}`, `${SERVER2}:${SERVER_PORT}`];
    const made = fullnat({ servers, pool: [LOCAL, LOCAL2] });
    made.ipvsadm(`-E ${SERVICE} -s rr -p 300`);
    const talks = [40000, 40001, 40002].map((port) => opened(made, { port }));
    expect(new Set(talks.map(({ server }) => server)).size).to.equal(1);
    expect(talks.map(({ peer }) => peer)).to.deep.equal([`${LOCAL}:5000`, `${LOCAL2}:5000`, `${LOCAL}:5001`]);
    expect(made.listing().filter((line) => line.includes("ASSURED"))).to.have.length(1);
    for (const talk of talks) expect(talk.answer("P.", { data: "x" }).destinationPort).to.equal(talk.port);
  });

  it("a client refused for want of a port leaves its template waiting for the next one", () => {
    const made = fullnat(ports(7000, 7000));
    made.ipvsadm(`-E ${SERVICE} -s rr -p 300`);
    expect(leaves(made, 2)).to.deep.equal([`${LOCAL}:7000`, "no-local-port"]);
    expect(made.listing()).to.have.length(2);
  });
});
