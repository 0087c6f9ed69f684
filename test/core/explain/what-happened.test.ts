/** Events are told of what the director does, not of what a packet asks of it. */
import { expect } from "chai";
import { sentence, verdictSentence } from "../../../src/core/explain/sentences/sentences.ts";
import { CLIENT, DIRECTOR_MACS, INSIDE, lab, macOf, SERVER, service, VIP } from "../../support/lab.ts";
import { ethernet, tcp } from "../../support/packet.ts";

const hex = (mac: string): number[] => mac.split(":").map((pair) => Number.parseInt(pair, 16));
const quad = (address: string): number[] => address.split(".").map(Number);

/** `from` is at `mac`: an ARP reply to the director's port eth1. */
function reply(from: string, mac: string): Uint8Array {
  const to = DIRECTOR_MACS.eth1 ?? "";
  const message = [0, 1, 8, 0, 6, 4, 0, 2, ...hex(mac), ...quad(from), ...hex(to), ...quad(INSIDE)];
  return ethernet(to, mac, Uint8Array.from(message), 0x0806);
}

describe("what an explanation says happened", () => {
  it("an ARP reply that the table refuses is not told as learnt", () => {
    const made = lab(service("-m"), { neighbors: false });
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    made.receiveFrame(reply(SERVER, macOf(SERVER)), "eth1");
    expect(made.events.map(sentence)).includes(
      `The director learns by ARP that ${SERVER} is at ${macOf(SERVER)}; the neighbor is REACHABLE.`,
    );
    made.receiveFrame(reply(SERVER, "02:00:00:00:bb:bb"), "eth1");
    expect(made.events.map(sentence)).includes(
      `The director ignores it: its entry for ${SERVER} stays ${macOf(SERVER)} (REACHABLE).`,
    );
    expect(verdictSentence(made.events)).equals(
      `the director keeps ${macOf(SERVER)} for ${SERVER}: another ARP reply came first`,
    );
  });

  it("a destination that takes every port is named with the connection's port", () => {
    const made = lab([`-A -t ${VIP}:0 -s rr -p 60`, `-a -t ${VIP}:0 -r ${SERVER}:0 -g`]);
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    const method = made.events.find((event) => event.kind === "method");
    expect(method?.kind === "method" && method.destination).equals(`${SERVER}:80`);
  });

  it("an error of the director's own is not told as a real server's", () => {
    const made = lab(service("-m"), { neighbors: false });
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    made.wait(5);
    const told = made.events.map(sentence).join("\n");
    expect(told).includes("The director itself sends it to the client of the connection");
    expect(told).not.includes("a real server's answer");
  });
});
