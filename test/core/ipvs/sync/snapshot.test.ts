/** A director that starts again with the connections that its former life wrote down. */
import { expect } from "chai";
import fc from "fast-check";
import { acknowledgement, carries, ends, expectFrame, sequence } from "tapvs/testing";
import { NONE } from "../../../../src/core/ipvs/connection-rows.ts";
import { type Restored, restoreSnapshot } from "../../../../src/core/ipvs/sync/restoration.ts";
import { takeSnapshot } from "../../../../src/core/ipvs/sync/snapshot.ts";
import { audit } from "../../../support/audit.ts";
import { Conversation, type ConversationOptions } from "../../../support/conversation.ts";
import {
  CLIENT,
  CLIENT2,
  CLIENT6,
  type Lab,
  type LabOptions,
  LOCAL,
  lab,
  SERVER,
  SERVER2,
  SERVER6,
  service,
  VIP,
  VIP6,
} from "../../../support/lab.ts";
import { tcp, udp } from "../../../support/packet.ts";

const LOCAL6 = "2001:db8:2::101";

/** In parts of so many rows. */
function snapshot({ connections }: Lab, most = 1000): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let next = 0; next !== NONE; ) {
    const part = takeSnapshot(connections, next, most);
    parts.push(part.bytes);
    next = part.next;
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

interface Again {
  readonly made: Lab;
  readonly restored: Restored;
}

/** Another life of a lab, `seconds` later. */
function again(
  first: Lab,
  rules: readonly string[],
  options: Omit<LabOptions, "rules"> = {},
  { seconds = 0, most = 1000 } = {},
): Again {
  const made = lab(rules, options);
  const hz = first.connections.ticks.hz;
  const restored = restoreSnapshot(made.director.server, snapshot(first, most), { hz, elapsed: seconds * 1e6 });
  audit(made.director.server);
  return { made, restored };
}

/** A conversation that goes on with another director. */
const moved = (talk: Conversation, to: Lab, options: ConversationOptions = {}): Conversation =>
  Object.assign(new Conversation(to, options), {
    clientNext: talk.clientNext,
    serverNext: talk.serverNext,
    clientHeard: talk.clientHeard,
    serverHeard: talk.serverHeard,
    peer: talk.peer,
    server: talk.server,
    port: talk.port,
  });

const METHODS: readonly {
  readonly name: string;
  readonly rules: readonly string[];
  readonly talk?: ConversationOptions;
}[] = [
  { name: "NAT", rules: service("-m", [`${SERVER}:8080`]) },
  { name: "FULLNAT", rules: [...service("-b", [`${SERVER}:8080`]), `-P -t ${VIP}:80 -z ${LOCAL}`] },
  {
    name: "NAT in IPv6",
    rules: service("-m", [`[${SERVER6}]:8080`], { at: `-t [${VIP6}]:80` }),
    talk: { client: `[${CLIENT6}]`, virtual: `[${VIP6}]` },
  },
  {
    name: "FULLNAT in IPv6",
    rules: [...service("-b", [`[${SERVER6}]:80`], { at: `-t [${VIP6}]:80` }), `-P -t [${VIP6}]:80 -z ${LOCAL6}`],
    talk: { client: `[${CLIENT6}]`, virtual: `[${VIP6}]` },
  },
  {
    name: "NAT64",
    rules: [...service("-b", [`${SERVER}:80`], { at: `-t [${VIP6}]:80` }), `-P -t [${VIP6}]:80 -z ${LOCAL}`],
    talk: { client: `[${CLIENT6}]`, virtual: `[${VIP6}]` },
  },
];

describe("a snapshot of connections", () => {
  for (const { name, rules, talk: options = {} } of METHODS) {
    it(`lets a conversation go on: ${name}`, () => {
      const first = lab(rules, { ipv6: true });
      const before = new Conversation(first, options).open();
      before.say("P.", { data: "one" });
      before.answer("P.", { data: "eins" });
      const { made, restored } = again(first, rules, { ipv6: true });
      expect(restored).to.deep.equal({ connections: 1, refused: new Map() });
      expect(made.ipvsadm("-Lnc")).to.equal(first.ipvsadm("-Lnc"));
      const after = moved(before, made, options);
      const told = before.request("P.", { data: "two" });
      expectFrame(
        after.say("P.", { data: "two" }),
        carries("two"),
        sequence(first.receive(told).sent[0]?.sequence ?? 0),
      );
      expectFrame(after.answer("P.", { data: "zwei" }), acknowledgement(before.clientNext + 3), carries("zwei"));
      expectFrame(after.answer("F."), ends(`${after.virtual}:80 > ${after.client}:40000`));
    });
  }

  it("counts the time that has passed, and what expired meanwhile expires", () => {
    const rules = [...service("-m"), "--set 100 20 10"];
    const first = lab(rules);
    new Conversation(first).open();
    first.receive(udp(`${CLIENT}:500 > ${VIP}:80`));
    first.receive(tcp(`${CLIENT2}:40000 > ${VIP}:80`, "S"));
    first.wait(10);
    const { made, restored } = again(first, rules, {}, { seconds: 60 });
    expect(restored.connections).to.equal(2);
    made.wait(0.1);
    expect(made.ipvsadm("-Lnc")).to.match(/TCP 00:29 +ESTABLISHED/);
    expect(made.listing()).to.have.length(1);
    expect(made.counts(SERVER)).to.equal("1/0");
    made.wait(31);
    expect(made.listing()).to.deep.equal([]);
    audit(made.director.server);
  });

  it("keeps ticks of another length apart: HZ=250 after HZ=100", () => {
    const rules = service("-m");
    const first = lab(rules);
    new Conversation(first).open();
    const { made } = again(first, rules, { kernel: { release: "6.1.176", hz: 250 } });
    expect(made.ipvsadm("-Lnc")).to.match(/TCP 1[45]:\d\d +ESTABLISHED/);
  });

  it("has templates over their connections, also those that an engine named", () => {
    const rules = [
      ...service("-m", [SERVER, SERVER2], { extra: "-p 300" }),
      ...service("-m", [SERVER, SERVER2], { at: `-u ${VIP}:5060`, extra: "-p 300 --pe sip" }),
    ];
    const first = lab(rules);
    const invite = "INVITE sip:a@b SIP/2.0\r\nCall-ID: 12345678901234567890\r\nContent-Length: 0\r\n\r\n";
    for (const port of [40000, 40001]) first.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
    first.receive(udp(`${CLIENT}:5060 > ${VIP}:5060`, { data: invite }));
    const { made } = again(first, rules, {}, { most: 2 });
    expect(made.ipvsadm("-Lnc")).to.equal(first.ipvsadm("-Lnc"));
    expect(made.ipvsadm("-Ln --persistent-conn")).to.equal(first.ipvsadm("-Ln --persistent-conn"));
    const same = (at: Lab) => at.receive(udp(`${CLIENT}:5061 > ${VIP}:5060`, { data: invite })).sent[0]?.destination;
    expect(same(made)).to.equal(same(first));
  });

  it("goes on shifting what an FTP helper made longer", () => {
    const options = { modules: ["ip_vs_ftp"] };
    const rules = service("-m", [SERVER], { at: `-t ${VIP}:21` });
    const first = lab(rules, options);
    const reply = "227 Entering Passive Mode (192,168,1,2,195,80).\r\n";
    const before = new Conversation(first, { virtualPort: 21 }).open();
    before.say("P.", { data: "PASV\r\n" });
    const longer = before.answer("P.", { data: reply }).data.length - reply.length;
    expect(longer).to.equal(2);
    const { made } = again(first, rules, options);
    const after = moved(before, made, { virtualPort: 21 });
    expect(made.ipvsadm("-Lnc")).to.equal(first.ipvsadm("-Lnc"));
    const ack = made.receive(after.request(".")).sent[0];
    expectFrame(ack, acknowledgement(after.serverNext));
    expectFrame(after.answer("P.", { data: "150 go\r\n" }), sequence(after.serverNext + longer - 8));
  });

  it("keeps the method that a connection was made with", () => {
    const first = lab(service("-m"));
    new Conversation(first).open();
    const { made } = again(first, service("-g"));
    const { sent } = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    expect(sent[0]?.destination).to.equal(SERVER);
  });

  it("takes what its rules have no server for, but no FULLNAT connection without its local address", () => {
    const rules = [...service("-b", [SERVER]), `-P -t ${VIP}:80 -z ${LOCAL}`];
    const full = lab(rules);
    new Conversation(full).open();
    const { made, restored } = again(full, service("-b", [SERVER]));
    expect(restored).to.deep.equal({ connections: 0, refused: new Map([["local", 1]]) });
    expect(made.listing()).to.deep.equal([]);
    const nat = lab(service("-m"));
    new Conversation(nat).open();
    expect(again(nat, service("-m", [SERVER2])).made.listing()).to.deep.equal(nat.listing());
  });

  it("believes no byte: whatever is changed in it, the table is sound", () => {
    const rules = [
      ...service("-m", [SERVER, SERVER2], { extra: "-p 300" }),
      ...service("-b", [SERVER], { at: `-t ${VIP}:81` }),
      `-P -t ${VIP}:81 -z ${LOCAL}`,
    ];
    const first = lab(rules);
    for (const port of [40000, 40001]) first.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
    first.receive(tcp(`${CLIENT}:${40002} > ${VIP}:81`, "S"));
    const bytes = snapshot(first);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), (changes, length) => {
        const wrong = bytes.slice(0, length);
        for (const [at, byte] of changes) if (at < length) wrong[at] = byte;
        const made = lab(rules, { silent: true, deaf: true });
        restoreSnapshot(made.director.server, wrong, { hz: 100, elapsed: 0 });
        made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
        made.wait(1000);
        made.wait(100_000);
      }),
      { numRuns: 60 },
    );
  });
});
