/** What the SIP engine takes for a Call-ID; as the kernel was seen to (fixtures/recordings/sip_headers.jsonl). */
import { expect } from "chai";
import { callId } from "../../../../src/core/ipvs/engines/call-id.ts";

const HEAD = "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n";

function read(message: string): string | undefined {
  const bytes = Uint8Array.from(`##${message}`, (character) => character.charCodeAt(0));
  const found = callId(bytes, 2, bytes.length);
  return found && String.fromCharCode(...found);
}

const CASES: readonly (readonly [string, string | undefined])[] = [
  ["Call-ID: one@h\r\nCSeq: 1\r\n", "one@h"],
  ["call-id:two@h\r\n", "two@h"],
  ["CALL-ID :three@h\n", "three@h"],
  ["Call-ID:\t four@h\rX: y", "four@h"],
  ["i: five@h\r\n", "five@h"],
  ["ix: no@h\r\n", undefined],
  ["i5: no@h\r\n", undefined],
  ["Call-ID: seven@h", undefined],
  ["Call-ID: eight@\r\n", undefined],
  ["Call-ID: nine\r\n", "nine"],
  ["Call-ID: ten@h;x\r\n", undefined],
  ["Call-ID:\r\n eleven@h\r\n", "eleven@h"],
  [" Call-ID: no@h\r\nCall-ID: twelve@h\r\n", "twelve@h"],
  ["Call-ID: \r\nCall-ID: thirteen@h\r\n", undefined],
  ["Call-ID: \"a[b]{c}~`<d>?!%*(+)'-./_:\\@h\r\n", "\"a[b]{c}~`<d>?!%*(+)'-./_:\\@h"],
  ["Call-ID: a b\r\n", undefined],
  [`Call-ID: ${"y".repeat(255)}\r\n`, "y".repeat(255)],
  [`Call-ID: ${"y".repeat(256)}\r\n`, undefined],
  ["\r\nCall-ID: body@h\r\n", "body@h"],
  ["Call-ID: sixteen@h  \r\n", undefined],
  ["X: y\n\tCall-ID: no@h\r\n", undefined],
  ["Call-ID: @h\r\n", undefined],
  ["Call-ID: \u00e9@h\r\n", "\u00e9@h"],
  ["i\t: eighteen\r\n", "eighteen"],
];

describe("a Call-ID", () => {
  for (const [headers, expected] of CASES) {
    it(`in ${JSON.stringify(headers.slice(0, 40))}`, () => expect(read(HEAD + headers)).to.equal(expected));
  }

  it("never stands in the first line", () => {
    expect(read("Call-ID: first@h\r\n")).to.equal(undefined);
    expect(read("\nCall-ID: second@h\r\n")).to.equal("second@h");
    expect(read("")).to.equal(undefined);
  });
});
