/** The defences against floods: drop_packet, drop_entry, secure_tcp. */
import { expect } from "chai";
import { audit } from "../../support/audit.ts";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, CLIENT2, type Lab, lab, SERVER, service, VIP } from "../../support/lab.ts";
import { tcp, udp } from "../../support/packet.ts";

const syn = (port: number) => tcp(`${CLIENT}:${port} > ${VIP}:80`, "S");

/** `D` for a SYN that was dropped, `p` for one that passed. */
const fates = (made: Lab, count: number, first = 40000): string =>
  Array.from({ length: count }, (_, index) =>
    made.receive(syn(first + index)).verdict === "drop-packet" ? "D" : "p",
  ).join("");

describe("drop_packet", () => {
  it("at mode 3 drops the first packet that would open a connection, and then every am_droprate-th", () => {
    expect(fates(lab(service("-m"), { sysctl: { drop_packet: 3, am_droprate: 3 } }), 7)).to.equal("DppDppD");
    expect(fates(lab(service("-m"), { sysctl: { drop_packet: 3 } }), 21)).to.equal("DpppppppppDpppppppppD");
    expect(fates(lab(service("-m"), { sysctl: { drop_packet: 3, am_droprate: 1 } }), 3)).to.equal("DDD");
  });

  it("drops nobody at rate 0, nor at the modes that wait for memory to run short", () => {
    expect(fates(lab(service("-m"), { sysctl: { drop_packet: 3, am_droprate: 0 } }), 5)).to.equal("ppppp");
    for (const mode of [0, 1, 2]) {
      expect(fates(lab(service("-m"), { sysctl: { drop_packet: mode, am_droprate: 1 } }), 3)).to.equal("ppp");
    }
  });

  it("counts neither packets of a connection nor those of no service", () => {
    const made = lab(service("-m"), { sysctl: { drop_packet: 3, am_droprate: 2 } });
    expect(fates(made, 1)).to.equal("D");
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:81`, "S"));
    expect(fates(made, 1, 40001)).to.equal("p");
    for (let count = 0; count < 5; count++) made.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "."));
    expect(fates(made, 2, 40002)).to.equal("Dp");
  });

  it("a mode above 3 or below 0 is refused, and the mode before stays", () => {
    for (const name of ["drop_packet", "drop_entry", "secure_tcp"] as const) {
      const made = lab();
      made.sysctl(name, 3);
      for (const mode of [-1, 4, 100]) expect(() => made.sysctl(name, mode)).to.throw("Invalid argument");
      expect(made.director.server.sysctl[name]).to.equal(3);
    }
  });
});

/** Seconds between two looks of the defence: a second, and the tick in which it is set anew. */
const PERIOD = 1.01;

/** Lets the defence run until it has looked at every entry of a small table many times over. */
const defend = (made: Lab, seconds = 400): void => {
  made.sysctl("drop_entry", 3);
  for (let second = 0; second < seconds && made.rows.count > 0; second++) made.wait(1);
  made.sysctl("drop_entry", 0);
  audit(made.director.server);
};

/** What is left of connections whose timeouts are much longer than the defence runs. */
describe("drop_entry", () => {
  const unhurried = (rules: readonly string[], sysctl = {}): Lab => {
    const made = lab(rules, { sysctl });
    made.ipvsadm("--set 100000 100000 100000");
    return made;
  };

  it("half-open connections go at once", () => {
    const made = unhurried(service("-m"));
    made.receive(syn(40000));
    defend(made, 40);
    expect(made.rows.count).to.equal(0);
    expect(made.now / 1e6, "before the 60 s of SYN_RECV are over").to.be.below(60);
  });

  it("established ones that speak once a minute stay", () => {
    const made = unhurried(service("-m"));
    const talk = new Conversation(made).open();
    made.sysctl("drop_entry", 3);
    for (let minute = 0; minute < 20; minute++) {
      for (let second = 0; second < 59; second++) made.wait(1);
      talk.say(".");
    }
    expect(made.listing()).to.have.length(1);
  });

  it("established ones that were silent for a minute go, if they had few packets", () => {
    for (const [packets, stays] of [
      [2, false],
      [8, false],
      [9, true],
      [100, true],
    ] as const) {
      const made = unhurried(service("-m"));
      const talk = new Conversation(made).open();
      for (let count = 2; count < packets; count++) talk.say(".");
      expect(made.rows.inPackets(0)).to.equal(packets);
      made.wait(59);
      defend(made);
      expect(made.rows.count === 1, `${packets} packets`).to.equal(stays);
    }
  });

  it("of entries with i packets that come after each other the first look takes one, and then every i-th", () => {
    for (const packets of [1, 2, 5, 8]) {
      const made = unhurried(service("-m", [SERVER], { at: `-u ${VIP}:53` }));
      /** Looks at the only entry of the table until it is gone: one each second and tick. */
      const looks = (): number => {
        for (let count = 0; count < packets; count++) made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
        made.wait(61 * PERIOD);
        made.sysctl("drop_entry", 3);
        let looked = 0;
        for (; looked < 20 && made.rows.count > 0; looked++) made.wait(PERIOD);
        made.sysctl("drop_entry", 0);
        return looked;
      };
      const first = looks();
      expect([looks() - first, looks() - first], `${packets} packets`).to.deep.equal([packets - 1, packets - 1]);
    }
  });

  it("of entries with i packets the first looked looked at goes, and then every i-th look", () => {
    const made = unhurried(service("-m", [SERVER], { at: `-u ${VIP}:53` }));
    for (let count = 0; count < 4; count++) made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
    made.wait(61);
    made.sysctl("drop_entry", 3);
    // One entry in the table: each second one look, and it is at this one.
    made.wait(1.2);
    expect(made.rows.count).to.equal(0);
  });

  it("connections that end stay to their end", () => {
    for (const ending of ["F.", "R"]) {
      const made = unhurried(service("-m"));
      new Conversation(made).open().say(ending);
      made.sysctl("drop_entry", 3);
      for (let second = 0; second < 9; second++) made.wait(1);
      expect(made.rows.count, ending).to.equal(1);
    }
  });

  it("templates that are not assured go, assured ones stay, and so does whoever has connections under it", () => {
    const made = unhurried(service("-m", [SERVER], { extra: "-p 100000" }));
    const assured = new Conversation(made).open();
    assured.say("R");
    made.receive(tcp(`${CLIENT2}:40000 > ${VIP}:80`, "S"));
    expect(made.listing()).to.have.length(4);
    defend(made);
    expect(made.listing()).to.deep.equal([`TCP ASSURED ${CLIENT}:0 ${VIP}:80 ${SERVER}:80`]);
  });

  it("templates over one-packet connections go by the rate, as connections do", () => {
    const rules = service("-m", [SERVER], { at: `-u ${VIP}:53`, extra: "-o -p 100000" });
    for (const [packets, stays] of [
      [1, false],
      [9, true],
    ] as const) {
      const made = unhurried(rules);
      for (let count = 0; count < packets; count++) made.receive(udp(`${CLIENT}:40000 > ${VIP}:53`));
      expect(made.listing()).to.deep.equal([`UDP NONE ${CLIENT}:0 ${VIP}:53 ${SERVER}:53`]);
      made.wait(30);
      made.sysctl("drop_entry", 3);
      for (let second = 0; second < 20; second++) made.wait(1);
      expect(made.rows.count, "not before a minute of silence").to.equal(1);
      defend(made);
      expect(made.rows.count === 1, `${packets} packets`).to.equal(stays);
    }
  });

  it("looks at a 32nd of the table a second", () => {
    const made = unhurried(service("-m"));
    for (let port = 0; port < 3200; port++) made.receive(syn(1024 + port));
    made.sysctl("drop_entry", 3);
    made.wait(1.1);
    const gone = 3200 - made.rows.count;
    expect(gone).to.be.within(90, 100);
    audit(made.director.server);
  });
});

describe("secure_tcp", () => {
  const afterHandshake = (mode: number): string => {
    const made = lab(service("-m"), { sysctl: { secure_tcp: mode } });
    new Conversation(made).open();
    return made.listing()[0]?.split(" ")[1] ?? "";
  };

  it("at mode 3 only the real server establishes a connection", () => {
    expect(afterHandshake(3)).to.equal("SYNACK");
    const made = lab(service("-m"), { sysctl: { secure_tcp: 3 } });
    new Conversation(made).open().answer("P.", { data: "hello" });
    expect(made.listing()[0]?.split(" ")[1]).to.equal("ESTABLISHED");
  });

  it("at modes 1 and 2 waits for memory to run short, which it never does here", () => {
    for (const mode of [0, 1, 2]) expect(afterHandshake(mode), `mode ${mode}`).to.equal("ESTABLISHED");
  });
});
