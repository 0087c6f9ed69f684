/** FTP through NAT: the helper's entries, the rewritten reply, and sequence numbers both ways. */
import { expect } from "chai";
import fc from "fast-check";
import { acknowledgement, between, carries, ends, expectFrame, sequence } from "tapvs/testing";
import { audit } from "../../../support/audit.ts";
import { CLIENT, type Lab, lab, SERVER, VIP } from "../../../support/lab.ts";
import { tcp } from "../../../support/packet.ts";

const REQUEST = `${CLIENT}:40000 > ${VIP}:21`;
const ANSWER = `${SERVER}:21 > ${CLIENT}:40000`;
const REPLY = "227 Entering Passive Mode (192,168,1,2,195,80).\r\n";
const REWRITTEN = "227 Entering Passive Mode (203,0,113,100,195,80).\r\n";
const GROWTH = REWRITTEN.length - REPLY.length;

function open(options: { readonly modules?: readonly string[]; readonly method?: string } = {}): Lab {
  const { modules = ["ip_vs_ftp"], method = "-m" } = options;
  const made = lab([`-A -t ${VIP}:21 -s rr`, `-a -t ${VIP}:21 -r ${SERVER} ${method}`], { modules });
  made.receive(tcp(REQUEST, "S"));
  made.receive(tcp(ANSWER, "S.", { sequence: 5000, acknowledgement: 1001 }));
  made.receive(tcp(REQUEST, ".", { sequence: 1001, acknowledgement: 5001 }));
  return made;
}

const say = (made: Lab, data: string, acknowledged = 5001) =>
  made.receive(tcp(REQUEST, "P.", { sequence: 1001, acknowledgement: acknowledged, data }));
const reply = (made: Lab, data: string, at = 5001) =>
  made.receive(tcp(ANSWER, "P.", { sequence: at, acknowledgement: 1001, data }));

describe("FTP through NAT", () => {
  it("is tracked from the first packet on: an ACK to a SYN that nobody answered belongs to another connection", () => {
    const made = lab([`-A -t ${VIP}:21 -s rr`, `-a -t ${VIP}:21 -r ${SERVER} -m`], { modules: ["ip_vs_ftp"] });
    expect(made.receive(tcp(REQUEST, "S")).verdict).to.equal("sent");
    const early = made.receive(tcp(REQUEST, ".", { sequence: 1001, acknowledgement: 5001 }));
    expect(early.verdict).to.equal("tracking-clash");
  });

  it("puts the virtual address into the reply, and shifts numbers behind it both ways", () => {
    expect(GROWTH).to.equal(2);
    const made = open();
    say(made, "PASV\r\n");
    const [sent] = reply(made, REPLY).sent;
    expectFrame(sent, between(`${VIP} > ${CLIENT}`), sequence(5001), carries(REWRITTEN));
    const [next] = reply(made, "150 go\r\n", 5001 + REPLY.length).sent;
    expectFrame(next, sequence(5001 + REWRITTEN.length), carries("150 go\r\n"));
    const [ack] = say(made, "", 5001 + REWRITTEN.length).sent;
    expectFrame(ack, acknowledgement(5001 + REPLY.length));
    const [old] = say(made, "", 5001).sent;
    expectFrame(old, acknowledgement(5001));
    audit(made.director.server);
  });

  it("leaves a reply that is sent again as the server wrote it", () => {
    const made = open();
    say(made, "PASV\r\n");
    reply(made, REPLY);
    expectFrame(reply(made, REPLY).sent[0], sequence(5001), carries(REPLY));
  });

  it("awaits the client's data connection, from whatever port", () => {
    const made = open();
    say(made, "PASV\r\n");
    reply(made, REPLY);
    const awaiting = `TCP LISTEN ${CLIENT}:0 ${VIP}:50000 ${SERVER}:50000`;
    expect(made.listing()).to.include(awaiting);
    const [syn] = made.receive(tcp(`${CLIENT}:41000 > ${VIP}:50000`, "S")).sent;
    expectFrame(syn, ends(`${CLIENT}:41000 > ${SERVER}:50000`));
    expect(made.listing()).to.include(`TCP SYN_RECV ${CLIENT}:41000 ${VIP}:50000 ${SERVER}:50000`);
    expect(made.listing()).not.to.include(awaiting);
    audit(made.director.server);
  });

  it("awaits the server's data connection after PORT, which becomes the virtual service's", () => {
    const made = open();
    const sent = say(made, "PORT 198,51,100,1,200,10\r\n").sent;
    expectFrame(sent[0], carries("PORT 198,51,100,1,200,10\r\n"));
    const [syn] = made.receive(tcp(`${SERVER}:20 > ${CLIENT}:51210`, "S")).sent;
    expectFrame(syn, ends(`${VIP}:20 > ${CLIENT}:51210`));
    const [answer] = made.receive(tcp(`${CLIENT}:51210 > ${VIP}:20`, "S.", { acknowledgement: 1001 })).sent;
    expectFrame(answer, ends(`${CLIENT}:51210 > ${SERVER}:20`));
  });

  it("does nothing where the module is not loaded, or the method is another", () => {
    for (const made of [open({ modules: [] }), open({ method: "-g" })]) {
      say(made, "PASV\r\n");
      if (made.director.server.connections.apps.list.length === 0) {
        expectFrame(reply(made, REPLY).sent[0], carries(REPLY));
      }
      expect(made.listing()).to.have.length(1);
    }
  });

  it("keeps the control connection while data connections are under it", () => {
    const made = open();
    say(made, "PORT 198,51,100,1,200,10\r\n");
    made.receive(tcp(REQUEST, "R", { sequence: 1027 }));
    made.wait(15);
    expect(made.listing()).to.have.length(2);
    made.wait(200);
    expect(made.listing()).to.deep.equal([]);
    expect(made.director.server.connections.apps.list.map(({ connections }) => connections)).to.deep.equal([0]);
  });

  it("never throws and keeps its counts right, whatever is said in whichever order", () => {
    const words = [
      "PASV\r\n",
      "EPSV\r\n",
      "EPSV 1\r\n",
      "PORT ",
      "EPRT |1|",
      "227 ",
      "229 (",
      "(",
      "198,51,100,1,",
      "192,168,1,2,",
    ];
    const said = fc.array(
      fc.oneof(fc.constantFrom(...words, "195,80", "|||50000|", "\r\n"), fc.string({ maxLength: 4 })),
      {
        maxLength: 6,
      },
    );
    const segment = fc.record({
      said,
      fromClient: fc.boolean(),
      flags: fc.constantFrom("P.", ".", "F.", "S", "R"),
      sequence: fc.integer({ min: 0, max: 400 }),
      acknowledgement: fc.integer({ min: 0, max: 400 }),
      tcpOptions: fc.constantFrom<number[][]>([], [5, 10, 0, 0, 20, 0, 0, 0, 21, 0, 1, 1], [5, 30, 1, 1], [1, 1, 1, 0]),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 12 }), (segments) => {
        const made = open();
        for (const {
          said: texts,
          fromClient,
          flags,
          sequence: offset,
          acknowledgement: acked,
          tcpOptions,
        } of segments) {
          const [ownBase, otherBase] = fromClient ? [1001, 5001] : [5001, 1001];
          const fields = {
            sequence: ownBase + offset,
            acknowledgement: otherBase + acked,
            tcpOptions,
            data: texts.join(""),
          };
          made.receive(tcp(fromClient ? REQUEST : ANSWER, flags, fields));
        }
        audit(made.director.server);
        made.wait(2000);
        expect(made.listing()).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });

  it("tells what it read and made", () => {
    const made = open();
    say(made, "EPSV\r\n");
    expect(made.events).to.deep.include({ kind: "helper", helper: "ftp", what: "passive" });
    reply(made, "229 (|||50000|)\r\n");
    const [event] = made.events.filter(({ kind }) => kind === "helper");
    expect(event).to.deep.include({ what: "from-client" });
  });
});
