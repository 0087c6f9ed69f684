/** How connections end, are reused and lose their real server: what the recordings leave out. */
import { expect } from "chai";
import { audit } from "../../support/audit.ts";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, CLIENT2, type Lab, lab, SERVER, SERVER2, service, VIP } from "../../support/lab.ts";
import { ipv4, tcp, udp } from "../../support/packet.ts";

const TO_VIP = `${CLIENT}:40000 > ${VIP}:80`;
const two = (method: string): string[] => service(method, [SERVER, SERVER2]);
const state = (made: Lab): string[] => made.listing().map((line) => line.split(" ")[1] ?? "");
const remove = (server: string): string => `-d -t ${VIP}:80 -r ${server}`;

/** Lets a connection of direct routing come to FIN_WAIT, and its client open it anew. */
function reopened(mode: number): {
  readonly first: string | undefined;
  readonly second: string | undefined;
  readonly made: Lab;
} {
  const made = lab(two("-g"), { sysctl: { conn_reuse_mode: mode } });
  const first = made.receive(tcp(TO_VIP, "S")).sent[0]?.toMac;
  made.receive(tcp(TO_VIP, "."));
  made.receive(tcp(TO_VIP, "F."));
  expect(state(made)).to.deep.equal(["FIN_WAIT"]);
  return { first, second: made.receive(tcp(TO_VIP, "S")).sent[0]?.toMac, made };
}

describe("a SYN on a finished connection", () => {
  it("of direct routing in FIN_WAIT is scheduled anew with conn_reuse_mode 2 and 3, not with 0 and 1", () => {
    for (const [mode, anew] of [
      [0, false],
      [1, false],
      [2, true],
      [3, true],
    ] as const) {
      const { first, second, made } = reopened(mode);
      expect(second !== first, `mode ${mode}`).to.equal(anew);
      made.wait(0.05);
      expect(made.rows.count, "the old entry is gone with the next tick").to.equal(1);
      audit(made.director.server);
    }
  });

  it("of NAT in FIN_WAIT follows the old connection, whatever the mode: its answers were seen", () => {
    const made = lab(two("-m"), { sysctl: { conn_reuse_mode: 2 } });
    const talk = new Conversation(made).open();
    talk.answer("F.");
    expect(state(made)).to.deep.equal(["FIN_WAIT"]);
    talk.say("S");
    expect(made.eventsOf("created")).to.have.length(0);
    expect(state(made)).to.deep.equal(["SYN_RECV"]);
  });

  it("in CLOSE is scheduled anew; until the tick is over both entries are there, and the new one is found", () => {
    const made = lab(two("-m"));
    const old = new Conversation(made).open();
    old.say("R");
    const young = new Conversation(made);
    young.say("S");
    expect(young.server).to.not.equal(old.server);
    expect(made.rows.count).to.equal(2);
    audit(made.director.server);
    expect(young.answer("S.").flags).to.equal("S.");
    expect(young.say(".").ends).to.equal(`${CLIENT}:40000 > ${young.server}`);
    made.wait(0.02);
    expect(state(made)).to.deep.equal(["ESTABLISHED"]);
  });

  it("that is refused by the defences leaves the old entry no more time than it had", () => {
    const made = lab(two("-m"));
    const talk = new Conversation(made).open();
    talk.say("R");
    made.sysctl("drop_packet", 3);
    expect(talk.sayTo("S").verdict).to.equal("drop-packet");
    made.wait(0.02);
    expect(made.rows.count).to.equal(0);
    audit(made.director.server);
  });

  it("under a template is none of reuse's business", () => {
    const made = lab(service("-m", [SERVER, SERVER2], { extra: "-p 300" }));
    const talk = new Conversation(made).open();
    talk.say("R");
    talk.say("S");
    expect(made.eventsOf("created")).to.have.length(0);
    expect(made.rows.count).to.equal(2);
  });
});

describe("a connection whose real server was deleted", () => {
  it("drops its requests and goes on ageing, its answers still pass", () => {
    const made = lab(two("-m"));
    const talk = new Conversation(made).open();
    const [server = ""] = talk.server.split(":");
    made.ipvsadm(remove(server));
    made.wait(100);
    const left = made.connections.timers.secondsLeft(0);
    expect(made.receive(talk.request(".")).verdict).to.equal("destination-unavailable");
    expect(made.connections.timers.secondsLeft(0), "no packet of a deleted server's counts").to.equal(left);
    expect(talk.answer("P.", { data: "late" }).ends).to.equal(`${VIP}:80 > ${CLIENT}:40000`);
    expect(made.connections.timers.secondsLeft(0)).to.equal(900);
  });

  it("goes on where it was when the server is added again", () => {
    const made = lab(two("-m"));
    const talk = new Conversation(made).open();
    const [server = ""] = talk.server.split(":");
    made.ipvsadm(remove(server));
    made.ipvsadm(`-a -t ${VIP}:80 -r ${server} -m`);
    expect(made.counts(server)).to.equal("1/0");
    expect(talk.say(".").ends).to.equal(`${CLIENT}:40000 > ${server}:80`);
  });

  it("with expire_nodest_conn is gone two ticks later, and its template with it, assured or not", () => {
    const made = lab(service("-m", [SERVER], { extra: "-p 300" }), { sysctl: { expire_nodest_conn: 1 } });
    new Conversation(made).open();
    expect(state(made).sort()).to.deep.equal(["ASSURED", "ESTABLISHED"]);
    made.ipvsadm(remove(SERVER));
    made.wait(0.03);
    expect(made.listing()).to.deep.equal([]);
    audit(made.director.server);
  });

  it("with expire_nodest_conn is gone each time that a server goes, not the first time only", () => {
    const made = lab(two("-m"), { sysctl: { expire_nodest_conn: 1 } });
    for (const port of [40000, 40001, 40002]) {
      new Conversation(made, { port }).open();
      for (const server of [SERVER, SERVER2]) made.ipvsadm(remove(server));
      made.wait(0.03);
      expect(made.listing()).to.deep.equal([]);
      for (const server of [SERVER, SERVER2]) made.ipvsadm(`-a -t ${VIP}:80 -r ${server} -m`);
    }
    audit(made.director.server);
  });

  it("is gone with its next packet when expire_nodest_conn comes later", () => {
    const made = lab(two("-m"));
    const talk = new Conversation(made).open();
    const [server = ""] = talk.server.split(":");
    made.ipvsadm(remove(server));
    made.wait(1);
    made.sysctl("expire_nodest_conn", 1);
    expect(made.rows.count).to.equal(1);
    made.receive(talk.request("."));
    made.wait(0.02);
    expect(made.rows.count).to.equal(0);
    audit(made.director.server);
  });

  it("with expire_nodest_conn a SYN before that goes to another server, anything else is reset", () => {
    const made = lab(two("-m"), { sysctl: { expire_nodest_conn: 1 } });
    const talk = new Conversation(made).open();
    const [server = ""] = talk.server.split(":");
    made.ipvsadm(remove(server));
    const reset = made.receive(talk.request(".")).sent[0];
    expect([reset?.port, reset?.flags]).to.deep.equal(["eth0", "R"]);
    const other = server === SERVER ? SERVER2 : SERVER;
    expect(made.receive(talk.request("S")).sent[0]?.destination).to.equal(other);
  });

  it("a SYN of a quiesced server's connection moves to another with expire_nodest_conn", () => {
    for (const [expire, moves] of [
      [0, false],
      [1, true],
    ] as const) {
      const made = lab(two("-m"), { sysctl: { expire_nodest_conn: expire } });
      const talk = new Conversation(made).open();
      const [server = ""] = talk.server.split(":");
      made.ipvsadm(`-e -t ${VIP}:80 -r ${server} -m -w 0`);
      expect(talk.say(".").destination, "established").to.equal(server);
      expect(talk.say("S").destination !== server).to.equal(moves);
    }
  });
});

describe("the trash", () => {
  it("gives a server back with its counters until 120 s after it was first found idle", () => {
    // Deleted at 0; swept at about 60, 120 and 180 s: the first sweep finds it idle, the third frees it.
    for (const [seconds, kept] of [
      [1, true],
      [100, true],
      [170, true],
      [200, false],
    ] as const) {
      const made = lab(two("-m"));
      made.receive(tcp(TO_VIP, "S"));
      const served = made.counts(SERVER) === "1/0" ? SERVER : SERVER2;
      made.receive(tcp(TO_VIP, "R"));
      made.sysctl("expire_nodest_conn", 1);
      made.ipvsadm(remove(served));
      made.sysctl("expire_nodest_conn", 0);
      made.wait(seconds);
      made.ipvsadm(`-a -t ${VIP}:80 -r ${served} -m`);
      const [{ destinations: list } = { destinations: [] }] = made.director.server.services.list();
      expect(list[0]?.statistics.live[0], `connections counted, after ${seconds} s`).to.equal(kept ? 1 : 0);
    }
  });

  it("keeps a server as long as a connection refers to it", () => {
    const made = lab(two("-m"));
    const talk = new Conversation(made).open();
    const [server = ""] = talk.server.split(":");
    made.ipvsadm(remove(server));
    made.wait(600);
    made.ipvsadm(`-a -t ${VIP}:80 -r ${server} -m`);
    expect(made.counts(server)).to.equal("1/0");
  });

  it("is swept a minute after it was last filled, however often it was emptied before", () => {
    for (const [seconds, kept] of [
      [170, true],
      [200, false],
    ] as const) {
      const made = lab(two("-m"));
      for (const port of [40000, 40001]) made.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
      made.wait(70);
      // Sweeps that were due for what had been in the trash before must not hurry the last one.
      for (let round = 0; round < 10; round++) {
        made.ipvsadm(remove(SERVER));
        made.wait(11);
        made.ipvsadm(`-a -t ${VIP}:80 -r ${SERVER} -m`);
      }
      made.ipvsadm(remove(SERVER));
      made.wait(seconds);
      made.ipvsadm(`-a -t ${VIP}:80 -r ${SERVER} -m`);
      const [{ destinations: list } = { destinations: [] }] = made.director.server.services.list();
      expect(list[0]?.statistics.live[0], `connections counted, after ${seconds} s`).to.equal(kept ? 1 : 0);
    }
  });
});

describe("an answer that is cut off", () => {
  it("belongs to its connection if it shows its ports, and ends here; else it passes", () => {
    const made = lab(service("-m", [SERVER], { at: `-u ${VIP}:53` }));
    made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
    for (const [length, verdict] of [
      [3, "sent"],
      [4, "header-truncated"],
      [7, "header-truncated"],
      [8, "sent"],
    ] as const) {
      const whole = udp(`${SERVER}:53 > ${CLIENT}:40000`).bytes.slice(20);
      const { verdict: came } = made.receive(ipv4(`${SERVER} > ${CLIENT}`, 17, whole.slice(0, length)));
      expect(came, `${length} bytes`).to.equal(verdict);
    }
  });
});

describe("timeouts", () => {
  it("--set holds from an entry's next packet on; 0 keeps what was", () => {
    const made = lab([...service("-m"), ...service("-m", [SERVER], { at: `-u ${VIP}:53` })]);
    const talk = new Conversation(made).open();
    made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
    made.ipvsadm("--set 100 0 7");
    expect([made.connections.timers.secondsLeft(0), made.connections.timers.secondsLeft(1)]).to.deep.equal([900, 300]);
    talk.say(".");
    made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
    expect([made.connections.timers.secondsLeft(0), made.connections.timers.secondsLeft(1)]).to.deep.equal([100, 7]);
    talk.answer("F.");
    expect(made.connections.timers.secondsLeft(0), "FIN_WAIT").to.equal(120);
  });

  it("an entry whose time is up stays usable until its timer fires", () => {
    const made = lab(service("-m"));
    const talk = new Conversation(made).open();
    talk.say("R");
    made.wait(10.005);
    expect([made.rows.count, made.connections.timers.secondsLeft(0)]).to.deep.equal([1, 0]);
    made.wait(0.7);
    expect(made.rows.count).to.equal(0);
  });

  it("twenty years of silence cost nothing", () => {
    const made = lab([...two("-m"), ...service("-m", [SERVER], { at: `-t ${VIP}:81`, scheduler: "lblc" })]);
    made.receive(tcp(TO_VIP, "S"));
    made.receive(tcp(`${CLIENT2}:40000 > ${VIP}:81`, "S"));
    made.ipvsadm(remove(SERVER));
    // Tick by tick that would be 6 * 10^10 steps, and the test would not end.
    made.wait(20 * 365 * 86_400);
    expect(made.rows.count).to.equal(0);
    audit(made.director.server);
  });
});
