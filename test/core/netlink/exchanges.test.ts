/** Every recorded exchange: the same messages, in the same order. */
import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import type { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { answerDatagram } from "../../../src/core/netlink/answer.ts";
import { bytesOf, messagesOf, newServer, RECORDED_FAMILY, runs } from "./recorded.ts";

/** The runs that share a table, by the first of them; the table they begin with is made by these lines. */
const TABLES: readonly { readonly first: string; readonly rules: string; readonly mayChange?: boolean }[] = [
  { first: "000", rules: "" },
  { first: "400", rules: "" },
  { first: "429", rules: manyServices() },
  { first: "500", rules: "", mayChange: false },
  { first: "300", rules: "" },
  { first: "301", rules: "" },
];

function manyServices(): string {
  const numbers = Array.from({ length: 120 }, (_, index) => index + 1);
  const services = numbers.map((number) => `-A -t 10.7.0.${number}:80 -s rr`);
  return [...services, ...numbers.map((number) => `-a -t 10.7.0.1:80 -r 10.8.0.${number}:80 -m`)].join("\n");
}

/** A dump by GET_SERVICE, 4. */
const listsServices = (request: string): boolean => /^.{12}..03.{16}04/.test(request);

describe("recorded exchanges with the kernel's netlink family", () => {
  let server: VirtualServer;
  let mayChange = true;
  let count = 0;

  for (const run of runs()) {
    it(`${run.id} ${run.program} ${run.args.join(" ")}`, () => {
      const table = TABLES.find(({ first }) => first === run.id);
      if (table !== undefined) {
        server = newServer();
        mayChange = table.mayChange ?? true;
        expect(runIpvsadm(["-R"], { server, stdin: table.rules })).include({ code: 0, err: "" });
      }
      for (const exchange of run.exchanges) {
        const options = { server, family: RECORDED_FAMILY, mayChange };
        const replies = answerDatagram(bytesOf(exchange.request), options);
        const recorded = messagesOf(exchange.replies.map(bytesOf));
        const answered = messagesOf(replies);
        // ipvsadm closes its socket when it has an answer: the acknowledgement behind it was sent, but nobody read it.
        if (run.program === "ipvsadm" && answered.length === 2 && recorded.length === 1) {
          expect(answered.pop(), exchange.request).match(/^2400000002000001.{16}00000000/);
        }
        // differs: the order of services hangs on a byte that each boot chooses anew.
        if (listsServices(exchange.request)) for (const messages of [answered, recorded]) messages.sort();
        expect(answered, exchange.request).deep.equals(recorded);
        expect(Math.max(...replies.map(({ length }) => length))).at.most(4096);
        count++;
      }
    });
  }

  it("are 619", () => {
    expect(count).equals(619);
  });
});
