/** Templates and one-packet connections: the corners that the recordings leave out. */

import { expect } from "chai";
import { ends, expectFrame, expectFrames, icmpError } from "tapvs/testing";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { audit } from "../../support/audit.ts";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, CLIENT2, type Lab, lab, SERVER, SERVER2, service, VIP, VIP2 } from "../../support/lab.ts";
import { ip, tcp, udp } from "../../support/packet.ts";

const persistent = (extra: string, servers: readonly string[] = [SERVER, SERVER2]): string[] =>
  service("-m", servers, { extra });
const server = (made: Lab, client: string, port: number): string | undefined =>
  made.receive(tcp(`${client}:${port} > ${VIP}:80`, "S")).sent[0]?.destination;
const templates = (made: Lab): string[] => made.listing().filter((line) => line.includes(":0 "));

describe("persistence", () => {
  it("a client stays with its server, another client is scheduled for itself", () => {
    const made = lab(persistent("-p 300"));
    const first = server(made, CLIENT, 40000);
    expect([server(made, CLIENT, 40001), server(made, CLIENT, 40002)]).to.deep.equal([first, first]);
    expect(server(made, CLIENT2, 40000)).to.not.equal(first);
    audit(made.director.server);
  });

  it("a client reaches its server's own port; packets count for the connection, not for the template", () => {
    const made = lab(persistent("-p 300", [`${SERVER}:8080`]));
    const talk = new Conversation(made).open();
    expect(talk.server).to.equal(`${SERVER}:8080`);
    expect(made.listing()).to.deep.equal([
      `TCP ASSURED ${CLIENT}:0 ${VIP}:80 ${SERVER}:8080`,
      `TCP ESTABLISHED ${CLIENT}:40000 ${VIP}:80 ${SERVER}:8080`,
    ]);
    expect([made.rows.inPackets(0), made.rows.inPackets(1)]).to.deep.equal([0, 2]);
  });

  it("the FTP service and its data connections share a template, as do all ports of a service on port 0", () => {
    const ftp = lab(service("-m", [SERVER, SERVER2], { at: `-t ${VIP}:21`, extra: "-p 300" }));
    const ports = [21, 2000, 3000].map((port) => ftp.receive(tcp(`${CLIENT}:40000 > ${VIP}:${port}`, "S")).sent[0]);
    expect(new Set(ports.map((seen) => seen?.destination)).size).to.equal(1);
    expect(ports.map((seen) => seen?.destinationPort)).to.deep.equal([21, 2000, 3000]);
    expect(templates(ftp)).to.deep.equal([`TCP NONE ${CLIENT}:0 ${VIP}:0 ${ports[0]?.destination}:0`]);
    const any = lab(service("-m", [SERVER, SERVER2], { at: `-t ${VIP}:0`, extra: "-p 300" }));
    for (const port of [80, 443]) any.receive(tcp(`${CLIENT}:40000 > ${VIP}:${port}`, "S"));
    expect(templates(any)).to.deep.equal([`TCP NONE ${CLIENT}:0 ${VIP}:0 ${SERVER2}:0`]);
  });

  it("clients of one network share a template under its netmask", () => {
    const made = lab(persistent("-p 300 -M 255.255.255.0"));
    const first = server(made, CLIENT, 40000);
    expect(server(made, CLIENT2, 40000)).to.equal(first);
    expect(server(made, "192.0.2.7", 40000)).to.not.equal(first);
    expect(templates(made).map((line) => line.split(" ")[2])).to.have.members(["198.51.100.0:0", "192.0.2.0:0"]);
  });

  it("a template is preferred whatever became of its server's weight and load", () => {
    const made = lab(persistent("-p 300"));
    const first = server(made, CLIENT, 40000) ?? "";
    made.ipvsadm(`-e -t ${VIP}:80 -r ${first} -m -w 0 -x 1`);
    expect(server(made, CLIENT, 40001)).to.equal(first);
    made.sysctl("expire_quiescent_template", 1);
    expect(server(made, CLIENT, 40002)).to.not.equal(first);
    audit(made.director.server);
  });

  it("an outdated template is kept under a name that nobody has, as long as it has connections", () => {
    const made = lab(persistent("-p 30"), { sysctl: { expire_quiescent_template: 1 } });
    const first = server(made, CLIENT, 40000) ?? "";
    made.ipvsadm(`-e -t ${VIP}:80 -r ${first} -m -w 0`);
    server(made, CLIENT, 40001);
    expect(templates(made)).to.deep.equal([
      `TCP NONE ${CLIENT}:0 ${VIP}:65535 ${first}:65535`,
      `TCP NONE ${CLIENT}:0 ${VIP}:80 ${first === SERVER ? SERVER2 : SERVER}:80`,
    ]);
    audit(made.director.server);
    made.wait(300);
    expect(made.listing()).to.deep.equal([]);
  });

  it("a template whose server is deleted makes way for another; the server added again does not bring it back", () => {
    const made = lab(persistent("-p 300"));
    const first = server(made, CLIENT, 40000) ?? "";
    made.ipvsadm(`-d -t ${VIP}:80 -r ${first}`);
    const second = server(made, CLIENT, 40001);
    expect(second).to.not.equal(first);
    made.ipvsadm(`-a -t ${VIP}:80 -r ${first} -m`);
    expect(server(made, CLIENT, 40002)).to.equal(second);
    audit(made.director.server);
  });

  it("the template's time starts anew with each connection under it, not with their packets", () => {
    const made = lab(persistent("-p 100"));
    const talk = new Conversation(made).open();
    const template = 0;
    made.wait(50);
    talk.say(".");
    expect(made.connections.timers.secondsLeft(template)).to.equal(50);
    server(made, CLIENT, 40001);
    expect(made.connections.timers.secondsLeft(template)).to.equal(100);
  });

  it("a template that had to wait for its connections has 60 s from then on, whatever was asked for", () => {
    const made = lab(persistent("-p 300"));
    new Conversation(made).open();
    made.wait(330);
    expect(made.rows.timeout(0)).to.equal(6000);
    server(made, CLIENT, 40001);
    expect(made.connections.timers.secondsLeft(0)).to.equal(60);
  });

  it("an edit of the timeout holds for templates made later", () => {
    const made = lab(persistent("-p 300"));
    server(made, CLIENT, 40000);
    made.ipvsadm(`-E -t ${VIP}:80 -s rr -p 1000`);
    server(made, CLIENT, 40001);
    expect(made.connections.timers.secondsLeft(0)).to.equal(300);
    server(made, CLIENT2, 40000);
    expect(made.rows.timeout(3)).to.equal(100_000);
  });

  it("under a mark, TCP and UDP share a template and keep the packet's port", () => {
    const marks = ([6, 17] as const).map((protocol) => ({
      protocol,
      destination: prefixed(ip("203.0.113.0"), 24),
      portFirst: 1,
      portLast: 65535,
      mark: 7,
    }));
    const rules = service("-m", [`${SERVER}:8080`, `${SERVER2}:8080`], { at: "-f 7", extra: "-p 300" });
    const made = lab(rules, { marks });
    const first = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S")).sent[0];
    const second = made.receive(udp(`${CLIENT}:40000 > ${VIP2}:53`)).sent[0];
    expect([first?.destinationPort, second?.destinationPort]).to.deep.equal([80, 53]);
    expect(second?.destination).to.equal(first?.destination);
    expect(templates(made)).to.deep.equal([`IP NONE ${CLIENT}:0 0.0.0.7:0 ${first?.destination}:0`]);
  });

  it("an answer to the client's port 0 finds the template and moves it on like a connection, as in the kernel", () => {
    const made = lab(persistent("-p 300", [SERVER]));
    server(made, CLIENT, 40000);
    const { sent } = made.receive(tcp(`${SERVER}:80 > ${CLIENT}:0`, "F."));
    expectFrames(sent, [ends(`${VIP}:80 > ${CLIENT}:0`)]);
    expect(made.listing()).to.deep.equal([
      `TCP ERR! ${CLIENT}:0 ${VIP}:80 ${SERVER}:80`,
      `TCP SYN_RECV ${CLIENT}:40000 ${VIP}:80 ${SERVER}:80`,
    ]);
    expect(made.counts(SERVER), "the connection's count stays its own").to.equal("1/0");
  });
});

describe("one-packet connections", () => {
  const at = `-u ${VIP}:53`;
  const question = (port = 40000) => udp(`${CLIENT}:${port} > ${VIP}:53`);

  it("leave nothing behind: each datagram is scheduled and counted for itself", () => {
    const made = lab(service("-m", [SERVER, SERVER2], { at, extra: "-o" }));
    const servers = [1, 2, 3].map(() => made.receive(question()).sent[0]?.destination);
    expect(servers).to.deep.equal([SERVER2, SERVER, SERVER2]);
    expect([made.rows.count, made.counts(SERVER, `${VIP}:53`)]).to.deep.equal([0, "0/0"]);
    const [{ statistics } = { statistics: undefined }] = made.director.server.services.list();
    expect(Array.from(statistics?.live ?? []).slice(0, 2), "connections, packets in").to.deep.equal([3, 3]);
  });

  it("so their answers leave as they came", () => {
    const made = lab(service("-m", [SERVER], { at, extra: "-o" }));
    made.receive(question());
    expectFrame(made.receive(udp(`${SERVER}:53 > ${CLIENT}:40000`)).sent[0], ends(`${SERVER}:53 > ${CLIENT}:40000`));
  });

  it("keep a client's server under a template, which counts their packets", () => {
    const made = lab(service("-m", [SERVER, SERVER2], { at, extra: "-o -p 300" }));
    const servers = new Set([1, 2, 3].map(() => made.receive(question()).sent[0]?.destination));
    expect(servers.size).to.equal(1);
    expect(templates(made)).to.have.length(1);
    expect(made.rows.inPackets(0)).to.equal(3);
    expect(made.rows.controlled(0)).to.equal(0);
    audit(made.director.server);
  });

  it("of which none gets through leave nothing behind either", () => {
    const made = lab(service("-m", ["203.0.113.7"], { at, extra: "-o" }));
    const { verdict, sent } = made.receive(question());
    expect(verdict).to.equal("no-route-to-destination");
    expectFrames(sent, [icmpError(3, 1)]);
    expect(made.rows.count).to.equal(0);
    audit(made.director.server);
  });

  it("under a mark are so for UDP only", () => {
    const marks = ([6, 17] as const).map((protocol) => ({
      protocol,
      destination: prefixed(ip(VIP), 32),
      portFirst: 1,
      portLast: 65535,
      mark: 7,
    }));
    const made = lab(service("-m", [SERVER], { at: "-f 7", extra: "-o" }), { marks });
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    made.receive(question());
    expect(made.listing()).to.deep.equal([`TCP SYN_RECV ${CLIENT}:40000 ${VIP}:80 ${SERVER}:80`]);
  });

  it("through FULLNAT take a local port for a moment only", () => {
    const made = lab([...service("-b", [SERVER], { at, extra: "-o" }), `-P ${at} -z 192.168.1.101`], {
      sysctl: { fullnat_lport_min: 7000, fullnat_lport_max: 7000 },
    });
    for (const port of [40000, 40001]) {
      expectFrame(made.receive(question(port)).sent[0], ends(`192.168.1.101:7000 > ${SERVER}:53`));
    }
    audit(made.director.server);
  });
});
