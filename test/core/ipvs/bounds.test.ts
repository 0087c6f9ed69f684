/** The connection table: how many there may be, and what becomes of its memory after a flood. */
import { expect } from "chai";
import { audit } from "../../support/audit.ts";
import { CLIENT, CLIENT2, type Lab, LOCAL, lab, SERVER, SERVER2, service, VIP } from "../../support/lab.ts";
import { ip, tcp, udp } from "../../support/packet.ts";

const FLOOD = 20_000;

/** SYNs of so many clients. */
function flood(made: Lab, count = FLOOD, first = 0): void {
  for (let number = first; number < first + count; number++) {
    made.receive(
      tcp(`198.51.${(number >> 14) + 1}.${(number >> 8) & 63}:${1024 + (number & 255)} > ${VIP}:80`, "S"),
      "eth0",
    );
  }
}

describe("connections.max", () => {
  const full = (rules: readonly string[], most: number): Lab => {
    const made = lab(rules);
    made.director.limitConnections(most);
    return made;
  };

  it("new ones are refused without a word, established ones go on, and room is room again", () => {
    const made = full(service("-m"), 2);
    for (const client of [CLIENT, CLIENT2])
      expect(made.receive(tcp(`${client}:1 > ${VIP}:80`, "S")).verdict).to.equal("sent");
    const refused = made.receive(tcp(`${CLIENT}:2 > ${VIP}:80`, "S"));
    expect([refused.verdict, refused.sent.length]).to.deep.equal(["connections-full", 0]);
    for (const client of [CLIENT, CLIENT2])
      expect(made.receive(tcp(`${client}:1 > ${VIP}:80`, ".")).verdict).to.equal("sent");
    audit(made.director.server);
    made.wait(1000);
    expect(made.receive(tcp(`${CLIENT}:2 > ${VIP}:80`, "S")).verdict).to.equal("sent");
  });

  it("a template counts, too; without room for both it stays alone", () => {
    const made = full([`-A -t ${VIP}:80 -s rr -p 60`, `-a -t ${VIP}:80 -r ${SERVER} -m`], 1);
    expect(made.receive(tcp(`${CLIENT}:1 > ${VIP}:80`, "S")).verdict).to.equal("connections-full");
    expect(made.rows.count).to.equal(1);
    expect(made.receive(tcp(`${CLIENT2}:1 > ${VIP}:80`, "S")).verdict).to.equal("connections-full");
    audit(made.director.server);
    made.wait(200);
    expect(made.rows.count).to.equal(0);
  });

  it("one-packet connections need a row for a moment", () => {
    const made = full([`-A -u ${VIP}:53 -s rr -o`, `-a -u ${VIP}:53 -r ${SERVER} -m`], 1);
    for (let port = 1; port < 5; port++)
      expect(made.receive(udp(`${CLIENT}:${port} > ${VIP}:53`)).verdict).to.equal("sent");
  });

  it("the table takes memory for no more", () => {
    const made = full(service("-m"), 5000);
    flood(made, 6000);
    expect([made.rows.count, made.rows.capacity]).to.deep.equal([5000, 5000]);
  });
});

describe("memory of the connection table", () => {
  it("is given back after a flood: rows and chains", () => {
    const made = lab(service("-m"), { silent: true, deaf: true });
    const { table } = made.connections;
    const before = table.bytes;
    flood(made);
    expect(table.bytes).to.be.above(4 * before);
    made.wait(1000);
    expect(table.rows.count).to.equal(0);
    expect(table.bytes).to.equal(before);
  });

  it("who is left is found, has its timer, its template, its local address and its extras", () => {
    const made = lab(
      [
        ...service("-m"),
        `-A -t ${VIP}:81 -s rr -p 3600`,
        `-a -t ${VIP}:81 -r ${SERVER2} -m`,
        `-A -t ${VIP}:82 -s rr`,
        `-a -t ${VIP}:82 -r ${SERVER} -b`,
        `-P -t ${VIP}:82 -z ${LOCAL}`,
      ],
      { silent: true },
    );
    const { connections } = made;
    flood(made, FLOOD / 2);
    const kept = [81, 82].flatMap((to) => [CLIENT, CLIENT2].map((client) => `${client}:9 > ${VIP}:${to}`));
    for (const ends of kept) made.receive(tcp(ends, "S"));
    const { table } = connections;
    const rowOf = (): number => table.findRequest(6, ip(CLIENT) | 0, 9, ip(VIP) | 0, 81);
    table.rows.addExtras(rowOf()).appState = 81;
    const formerRow = rowOf();
    flood(made, FLOOD / 2, FLOOD / 2);
    for (let second = 0; second < 90; second += 30) {
      made.wait(30);
      for (const ends of kept) expect(made.receive(tcp(ends, "S")).verdict, ends).to.equal("sent");
    }
    expect(connections.table.rows.capacity, "shrunk").to.equal(4096);
    expect(connections.table.rows.count, "four, and two templates").to.equal(6);
    expect(rowOf(), "moved").to.not.equal(formerRow);
    expect(table.rows.extras(rowOf())?.appState, "and its extras with it").to.equal(81);
    audit(made.director.server);
    made.wait(4000);
    expect(connections.table.rows.count).to.equal(0);
    audit(made.director.server);
  });
});
