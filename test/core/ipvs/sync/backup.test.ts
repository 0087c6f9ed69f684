/** What a backup makes of what it hears, where the recordings leave it out. */
import { expect } from "chai";
import { DEFAULT_KERNEL } from "../../../../src/core/kernel/releases.ts";
import { audit } from "../../../support/audit.ts";
import { CLIENT, type Lab, lab, SERVER, SERVER2, service, VIP } from "../../../support/lab.ts";
import { ip, tcp } from "../../../support/packet.ts";
import { datagram, message, message0, type RecordFields, record } from "./made-message.ts";

const BACKUP = "--start-daemon backup --mcast-interface eth1 --syncid 5";
const backup = (rules = service("-m", [SERVER, SERVER2]), more = ""): Lab => lab([...rules, `${BACKUP}${more}`]);
const hear = (made: Lab, payload: Uint8Array, port = 8848) => made.receive(datagram(payload, port), "eth1");
const why = (made: Lab): string[] => made.eventsOf("sync-refused").map((event) => event.why);

const ESTABLISHED = `TCP ESTABLISHED ${CLIENT}:50000 ${VIP}:80 ${SERVER}:80`;

/** What is wrong with each message, and what is said of it. */
const BROKEN: readonly (readonly [string, Uint8Array, string])[] = [
  ["nothing at all", new Uint8Array(0), "short"],
  ["three bytes", Uint8Array.from([0, 5, 0]), "short"],
  ["another size", message([record()], { size: 43 }), "size"],
  ["another SyncID", message([record()], { syncId: 6 }), "syncId"],
  ["size before SyncID", message([record()], { size: 43, syncId: 6 }), "size"],
  ["one record too few", message([], { count: 1 }), "recordCut"],
  [
    "a record that says to be longer",
    Uint8Array.from([0, 5, 0, 44, 1, 1, 0, 0, 0, 6, 0, 200, ...record().slice(4)]),
    "recordBeyond",
  ],
  ["a record of a later version", message([record({ version: 1 })]), "recordVersion"],
  ["a record of no family", message([record({ type: 2 })]), "recordType"],
  ["an IPv6 record too short", message([record({ type: 1 })]), "addressesCut"],
  ["half an option", message([record({ options: [1] })]), "optionCut"],
  ["an empty option", message([record({ options: [1, 0] })]), "optionLength"],
  ["an option beyond the record", message([record({ options: [2, 9, 1] })]), "optionLength"],
  ["short sequence numbers", message([record({ options: [1, 2, 0, 0] })]), "optionSequences"],
  ["an engine's data twice", message([record({ options: [2, 1, 65, 2, 1, 66] })]), "optionEngine"],
  [
    "an engine's name too long",
    message([record({ options: [3, 17, ...new Array<number>(17).fill(65)] })]),
    "optionEngine",
  ],
  ["an option that must be known", message([record({ options: [9, 1, 0] })]), "optionUnknown"],
  ["an unknown protocol", message([record({ protocol: 99 })]), "protocol"],
  ["an impossible state", message([record({ state: 11 })]), "state"],
  [
    "an engine that is not there",
    message([record({ flags: 0x1000, state: 0, options: [2, 1, 65, 3, 1, 66] })]),
    "engine",
  ],
];

describe("a backup", () => {
  for (const [what, payload, sentence] of BROKEN) {
    it(`refuses a message with ${what}`, () => {
      const made = backup();
      expect(hear(made, payload).verdict).to.equal("delivered");
      expect(why(made)).to.deep.equal([sentence]);
      expect(made.listing()).to.deep.equal([]);
    });
  }

  it("takes what stood before a broken record, and nothing behind it", () => {
    const made = backup();
    hear(made, message([record(), record({ clientPort: 50001, options: [1, 0] }), record({ clientPort: 50002 })]));
    expect(made.listing()).to.deep.equal([ESTABLISHED]);
  });

  it("takes entries of AH and ESP, which have no names for their states", () => {
    const made = backup();
    hear(made, message([record({ protocol: 50, state: 0 }), record({ protocol: 51, state: 1 })]));
    expect(made.listing()).to.deep.equal([`IP_50 ERR! ${CLIENT}:50000 ${VIP}:80 ${SERVER}:80`]);
  });

  it("passes over a record that it cannot take, and goes on behind it", () => {
    const made = backup();
    const strange = record({ clientPort: 50001, options: [9, 1, 0] });
    hear(made, message([strange, record({ clientPort: 50002, state: 99 }), record()]));
    expect(made.listing()).to.deep.equal([ESTABLISHED]);
    expect(why(made)).to.have.length(2);
  });

  it("skips an option that may be skipped", () => {
    const made = backup();
    hear(made, message([record({ options: [0x49, 1, 0] })]));
    expect(made.listing()).to.deep.equal([ESTABLISHED]);
  });

  it("hears only its own group and port, on its interface, and with a right checksum", () => {
    const made = backup();
    const payload = message([record()]);
    expect(hear(made, payload, 8849).verdict).to.equal("host-silent");
    expect(made.receive(datagram(payload), "eth0").verdict).to.equal("not-listening");
    expect(lab(service("-m")).receive(datagram(payload), "eth1").verdict).to.equal("not-listening");
    const broken = datagram(payload);
    broken.bytes[30] = 0x99;
    expect(made.receive(broken, "eth1").verdict).to.equal("host-checksum");
    expect(made.listing()).to.deep.equal([]);
  });

  it("stops hearing when its daemon is stopped", () => {
    const made = backup();
    made.ipvsadm("--stop-daemon backup");
    expect(hear(made, message([record()])).verdict).to.equal("not-listening");
  });

  it("cuts off what is longer than its buffer, and then the size is wrong", () => {
    const made = backup(service("-m"), " --sync-maxlen 1024");
    hear(made, message(Array.from({ length: 29 }, (_, index) => record({ clientPort: 50000 + index }))));
    expect(why(made)).to.deep.equal(["size"]);
  });

  it("listens on as many ports as sync_ports says when the first daemon starts", () => {
    const made = lab(service("-m"), { sysctl: { sync_ports: 4 } });
    made.ipvsadm(BACKUP);
    expect([8848, 8851].map((port) => hear(made, message([record()]), port).verdict)).to.deep.equal([
      "delivered",
      "delivered",
    ]);
    expect(hear(made, message([record()]), 8852).verdict).to.equal("host-silent");
  });

  const METHODS: readonly (readonly [string, number, string])[] = [
    ["-m", 0x83, "192.168.1.2:80"],
    ["-g", 0x00, "198.51.100.1:50000"],
  ];
  for (const [method, told] of METHODS) {
    it(`gives an entry the method of its own real server, ${method}, whatever the master's was`, () => {
      const made = backup(service(method));
      hear(made, message([record({ flags: told })]));
      const { sent } = made.receive(tcp(`${CLIENT}:50000 > ${VIP}:80`, "P.", { data: "on" }));
      expect(sent[0]?.destination).to.equal(method === "-m" ? SERVER : VIP);
      expect(sent[0]?.toMac).to.equal("02:00:00:00:02:02");
    });
  }

  const WITHOUT_SERVER: readonly (readonly [number, string, string])[] = [
    [0x00, "192.168.1.77", "sent"],
    [0x83, "192.168.1.77", "sent"],
    [0x82, "192.168.1.77", "tunnel-unbound"],
    [0x81, "192.168.1.77", "delivered"],
    [0x85, "192.168.1.77", "delivered"],
    [0x84, "192.168.1.77", "local-destination"],
  ];
  for (const [flags, server, verdict] of WITHOUT_SERVER) {
    it(`sends on by the master's method where it has no such real server: flags ${flags.toString(16)}`, () => {
      const made = backup();
      made.director.neighbors.addPermanent(1, ip(server) | 0, 0x0200_0000_0277);
      hear(made, message([record({ flags, server })]));
      expect(made.receive(tcp(`${CLIENT}:50000 > ${VIP}:80`, "P.", { data: "on" })).verdict).to.equal(verdict);
      audit(made.director.server);
    });
  }

  it("takes no entry for a real server that it reaches by full NAT, at once or later", () => {
    const made = backup([...service("-b"), `-P -t ${VIP}:80 -z 192.168.1.101`]);
    hear(made, message([record()]));
    expect(why(made)).to.deep.equal(["fullnat"]);
    hear(made, message([record({ server: SERVER2 })]));
    made.ipvsadm(`-a -t ${VIP}:80 -r ${SERVER2} -b`);
    hear(made, message([record({ server: SERVER2 })]));
    expect(made.counts(SERVER2)).to.equal("0/0");
    audit(made.director.server);
  });

  it("counts entries with their real servers: active, inactive, templates", () => {
    const made = backup();
    const records: RecordFields[] = [
      {},
      { clientPort: 50001, state: 4, flags: 0x100 },
      { clientPort: 0, state: 0, flags: 0x1000 },
    ];
    hear(made, message(records.map(record)));
    expect(made.counts(SERVER)).to.equal("1/1");
    hear(made, message([record({ state: 5, flags: 0x100 })]));
    expect(made.counts(SERVER)).to.equal("0/2");
    audit(made.director.server);
  });

  it("replaces an entry that has another server now, unless the news is of one that is over", () => {
    const made = backup();
    hear(made, message([record()]));
    hear(made, message([record({ server: SERVER2, state: 4, flags: 0x100 })]));
    expect(why(made)).to.deep.equal(["replaced"]);
    expect(made.listing()).to.deep.equal([ESTABLISHED]);
    hear(made, message([record({ server: SERVER2 })]));
    expect(made.eventsOf("sync-record").map(({ what }) => what)).to.deep.equal(["replaced"]);
    made.wait(0.1);
    expect(made.listing()).to.deep.equal([`TCP ESTABLISHED ${CLIENT}:50000 ${VIP}:80 ${SERVER2}:80`]);
    audit(made.director.server);
  });

  it("a template in an impossible state is listed as ERR! by 6.1.176, and refused by 6.12", () => {
    const impossible = message([record({ clientPort: 0, flags: 0x1000, state: 77 })]);
    const old = backup();
    hear(old, impossible);
    expect(old.listing()).to.deep.equal([`TCP ERR! ${CLIENT}:0 ${VIP}:80 ${SERVER}:80`]);
    const recent = lab([...service("-m"), BACKUP], { kernel: DEFAULT_KERNEL });
    hear(recent, impossible);
    expect(why(recent)).to.deep.equal(["templateState"]);
  });

  it("without a timeout takes the one of the state, of a template three minutes", () => {
    const made = backup();
    const template = record({ timeout: 0, clientPort: 0, state: 0, flags: 0x1000 });
    hear(made, message([record({ timeout: 0, state: 4 }), template]));
    const times = [0, 1].map((row) => made.connections.timers.secondsLeft(row));
    expect(times).to.deep.equal([120, 180]);
  });

  it("takes any timeout; a listing comes round after 2^32 ms, as the kernel's", () => {
    const times = [0x00418937, 0x00418938, 0x010186a0, 0xffffffff].map((timeout) => {
      const made = backup();
      hear(made, message([record({ timeout })]));
      const [, , row = ""] = made.ipvsadm("-Lnc").split("\n");
      return [made.connections.timers.secondsLeft(0), row.split(/ +/)[1]];
    });
    // Of the third a kernel of 100 ticks a second listed 66538:33 a quarter of a second later.
    expect(times).to.deep.equal([
      [4294967, "71582:47"],
      [4294968, "00:00"],
      [16877216, "66538:34"],
      [4294967295, "71582:46"],
    ]);
  });

  it("keeps sequence numbers that it is told, in either version", () => {
    const numbers = [1, 2, 3, 4, 5, 6];
    const one = backup();
    hear(
      one,
      message([record({ flags: 0x0600, options: [1, 24, ...numbers.flatMap((number) => [0, 0, 0, number])] })]),
    );
    const zero = backup();
    hear(
      zero,
      message0(
        0x0600,
        1,
        numbers.flatMap((number) => [number, 0, 0, 0]),
      ),
    );
    for (const made of [one, zero]) expect([...(made.rows.extras(0)?.sequences ?? [])]).to.deep.equal(numbers);
  });

  it("does not track a connection whose sequence numbers it is told: a SYN after its end begins a new one", () => {
    const made = backup();
    const numbers = [1, 24, ...new Array<number>(24).fill(0)];
    hear(made, message([record({ state: 5, flags: 0x0600, options: numbers })]));
    const again = made.receive(tcp(`${CLIENT}:50000 > ${VIP}:80`, "S"));
    expect([again.verdict, made.eventsOf("reuse").length]).to.deep.equal(["sent", 1]);
  });

  it("finds a template again by what its persistence engine read, once a service has loaded that", () => {
    const sip = service("-m", [SERVER], { at: `-u ${VIP}:5060`, extra: "-p 300 --pe sip" });
    const made = backup(sip);
    const call = [2, 2, 65, 66, 3, 3, ...new TextEncoder().encode("sip")];
    const other = [2, 2, 65, 67, 3, 3, ...new TextEncoder().encode("sip")];
    const template = (options: readonly number[]) =>
      record({ protocol: 17, clientPort: 0, state: 0, flags: 0x1000, options });
    hear(made, message([template(call), template(other), template(call)]));
    expect(made.eventsOf("sync-record").map(({ what }) => what)).to.deep.equal(["created", "created", "updated"]);
    const without = backup();
    hear(without, message([template(call)]));
    expect(why(without)).to.deep.equal(["engine"]);
  });
});
