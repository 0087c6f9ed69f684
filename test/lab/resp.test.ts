import { expect } from "chai";
import fc from "fast-check";
import { encodeCommand, type Reply, ReplyReader, RespError } from "../../src/lab/sessions/resp.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The bytes of a reply, as a server writes them. */
function encodeReply(reply: Reply): string {
  switch (reply.kind) {
    case "nothing":
      return "$-1\r\n";
    case "number":
      return `:${reply.number}\r\n`;
    case "error":
      return `-${reply.message}\r\n`;
    case "text":
      return `$${bytes(reply.text).length}\r\n${reply.text}\r\n`;
  }
}

const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.constant<Reply>({ kind: "nothing" }),
  fc.integer().map((number): Reply => ({ kind: "number", number })),
  line.map((message): Reply => ({ kind: "error", message })),
  // A text may hold line ends: its length is told before.
  fc.string({ unit: "grapheme", maxLength: 40 }).map((text): Reply => ({ kind: "text", text })),
);

describe("RESP", () => {
  it("writes commands as arrays of bulk strings", () => {
    expect(encodeCommand("SET", "session:é", "1")).to.equal("*3\r\n$3\r\nSET\r\n$10\r\nsession:é\r\n$1\r\n1\r\n");
  });

  it("reads replies, however they are cut into pieces", () => {
    fc.assert(
      fc.property(
        fc.array(reply, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (replies, sizes) => {
          const stream = bytes(replies.map(encodeReply).join(""));
          const reader = new ReplyReader();
          const read: Reply[] = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value ?? 1;
            read.push(...reader.read(stream.subarray(at, at + size)));
            at += size;
          }
          expect(read).to.deep.equal(replies);
        },
      ),
    );
  });

  it("reads the short answer OK", () => {
    expect(new ReplyReader().read(bytes("+OK\r\n"))).to.deep.equal([{ kind: "text", text: "OK" }]);
  });

  for (const wrong of ["HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n"]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      expect(() => new ReplyReader().read(bytes(wrong))).to.throw(RespError);
    });
  }
});
