/** Bytes that no client sends: the kernel's errors, well-formed answers, and nothing thrown. */
import { expect } from "chai";
import fc from "fast-check";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { answerDatagram } from "../../../src/core/netlink/answer.ts";
import { changesOf } from "../../../src/core/netlink/ipvsadm-line.ts";
import { errorOf, readMessages } from "../../../src/core/netlink/messages.ts";
import { bytesOf, hexOf, newServer, RECORDED_FAMILY, runs } from "./recorded.ts";

const REQUESTS = [...new Set(runs().flatMap(({ exchanges }) => exchanges.map(({ request }) => request)))].map(bytesOf);

const serverWithServices = () => {
  const server = newServer();
  const stdin = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m\n-A -f 7 -s wlc -p 60\n";
  expect(runIpvsadm(["-R"], { server, stdin }).code).equals(0);
  return server;
};

/** Message headers in hexadecimal: of length 0, of the family, with these flags and this command. */
const request = (command: number, attributes: string, flags = 5, type = RECORDED_FAMILY): Uint8Array => {
  const bytes = Buffer.concat([Buffer.alloc(20), Buffer.from(attributes.replaceAll(" ", ""), "hex")]);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(77, 8);
  bytes[16] = command;
  bytes[17] = 1;
  return bytes;
};

/** What a request is refused with; 0 for an acknowledgement, `undefined` for any other answer. */
const refusal = (bytes: Uint8Array, mayChange = true): number | undefined =>
  errorOf(answerDatagram(bytes, { server: serverWithServices(), family: RECORDED_FAMILY, mayChange })[0] ?? bytes);

/** Attributes of 10.0.0.1:80, TCP, without the header of SERVICE. */
const KEY = "0600010002000000 0600020006000000 140003000a000001000000000000000000000000 0600040000500000";
const SERVICE = `30000180 ${KEY}`;

describe("netlink messages that are wrong", () => {
  it("are refused with the kernel's error", () => {
    expect(refusal(request(99, "")), "unknown command").equals(95);
    expect(refusal(request(14, "")), "an answer").equals(95);
    expect(refusal(request(8, SERVICE)), "GET_DEST without dump").equals(95);
    expect(refusal(request(15, "", 0x305)), "a dump of GET_INFO").equals(95);
    expect(refusal(request(4, "", 5, 500)), "unknown family").equals(2);
    expect(refusal(request(4, "", 5, RECORDED_FAMILY).subarray(0, 16).slice()), "shorter than it says").equals(
      undefined,
    );
    expect(refusal(request(4, "")), "no service").equals(22);
    expect(refusal(request(3, "04000180")), "an empty service").equals(22);
    expect(refusal(request(3, `30000180 0600010003000000 ${KEY.slice(17)}`)), "another address family").equals(97);
    expect(refusal(request(3, "05000180 00000000")), "a service shorter than an attribute").equals(34);
    expect(refusal(request(1, SERVICE)), "a service without its options").equals(22);
    expect(refusal(request(5, SERVICE)), "no server").equals(22);
    expect(refusal(request(12, "06000400 0100 0000")), "a timeout of two bytes").equals(34);
    expect(refusal(request(12, "08000400 ffffffff")), "a timeout beyond the clock").equals(22);
    expect(refusal(request(9, "04000380")), "an empty daemon").equals(22);
    expect(refusal(request(10, "0c000380 0800010003000000")), "a daemon of no state").equals(22);
    expect(refusal(request(17, ""), false), "no privilege").equals(1);
    expect(refusal(request(99, ""), false), "an unknown command needs none").equals(95);
  });

  it("are taken as they are where the kernel does not look", () => {
    expect(refusal(request(16, `${SERVICE} ffff`)), "bytes behind the last attribute").equals(0);
    expect(refusal(request(16, SERVICE.replace("0180", "0100"))), "nesting without its flag").equals(0);
    expect(refusal(request(16, `08006300 00000000 ${SERVICE}`)), "an attribute that is not known").equals(0);
    expect(answerDatagram(request(17, "", 0), { server: serverWithServices() }), "no request").deep.equals([]);
    expect(refusal(request(17, "", 4)), "no request, but an acknowledgement is wished").equals(0);
    const services = answerDatagram(request(4, "05000180 00000000", 0x301), {
      server: serverWithServices(),
      family: RECORDED_FAMILY,
    });
    expect(services.flatMap(readMessages), "a dump of services with attributes that are none").length(3);
    expect(refusal(request(17, "", 4, 1)), "a control message").equals(0);
  });

  it("quote the whole request, or its header where the socket wants no more", () => {
    const bytes = request(4, "");
    const options = { server: newServer(), family: RECORDED_FAMILY };
    const [whole = bytes] = answerDatagram(bytes, options);
    const [capped = bytes] = answerDatagram(bytes, { ...options, capped: true });
    expect([whole.length, hexOf(whole.subarray(20))]).deep.equals([40, hexOf(bytes)]);
    expect([capped.length, hexOf(capped.subarray(20))]).deep.equals([36, hexOf(bytes.subarray(0, 16))]);
  });

  it("begin one long dump at a time", () => {
    const server = newServer();
    const stdin = Array.from({ length: 40 }, (_, index) => `-A -t 10.0.0.${index}:80\n`).join("");
    runIpvsadm(["-R"], { server, stdin });
    const dump = request(4, "", 0x301);
    const replies = answerDatagram(Buffer.concat([dump, dump]), { server, family: RECORDED_FAMILY });
    expect(errorOf(replies.at(-1) ?? dump)).equals(16);
    expect(replies.flatMap(readMessages).filter(({ type }) => type === RECORDED_FAMILY)).length(40);
  });

  it("never throw, and are answered in whole messages", () => {
    const server = serverWithServices();
    const damaged = fc
      .tuple(fc.constantFrom(...REQUESTS), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
      .map(([bytes, changes, cut]) => {
        const copy = bytes.slice(0, cut % 4 === 0 ? cut % bytes.length : bytes.length);
        for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const replies = answerDatagram(bytes, { server, family: RECORDED_FAMILY });
        for (const reply of replies) {
          const messages = readMessages(reply);
          expect(messages.reduce((sum, message) => sum + ((message.bytes.length + 3) & ~3), 0)).equals(reply.length);
        }
        changesOf(bytes, replies, RECORDED_FAMILY);
      }),
      { numRuns: 5000 },
    );
  });
});
