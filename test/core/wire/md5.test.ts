import { expect } from "chai";
import { hmacMd5, md5 } from "../../../src/core/wire/md5.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const hex = (digest: Uint8Array): string => Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");

describe("MD5", () => {
  for (const [text, digest] of [
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
    ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
  ] as const) {
    it(`is that of RFC 1321 for ${text.length} bytes`, () => expect(hex(md5(bytes(text)))).to.equal(digest));
  }

  for (const [key, text, digest] of [
    ["\x0b".repeat(16), "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"],
    ["Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"],
    ["\xaa".repeat(16), "\xdd".repeat(50), "56be34521d144c88dbb8c733f0e8b3f6"],
    ["\xaa".repeat(80), "Test Using Larger Than Block-Size Key - Hash Key First", "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"],
  ] as const) {
    it(`with a key of ${key.length} bytes is that of RFC 2202`, () =>
      expect(hex(hmacMd5(bytes(key), bytes(text)))).to.equal(digest));
  }
});
