/** A key for anonymising, as a person writes it. */
import { createCipheriv, createHash } from "node:crypto";
import { Anonymiser } from "../core/capture/anonymise/anonymiser.ts";
import { Pseudonyms } from "../core/capture/anonymise/pseudonyms.ts";

const KEY = 16;

/**
 * The same key gives the same addresses each time. 64 hexadecimal digits are a key of Crypto-PAn, 16 bytes for the cipher and 16
 * for the pad; any other text is made into one by SHA-256.
 */
export function anonymiser(key: string): Anonymiser {
  const bytes = /^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, "hex") : createHash("sha256").update(key).digest();
  const cipher = createCipheriv("aes-128-ecb", bytes.subarray(0, KEY), null).setAutoPadding(false);
  const encipher = (blocks: Uint8Array): Uint8Array => new Uint8Array(cipher.update(blocks));
  return new Anonymiser(new Pseudonyms(encipher, bytes.subarray(KEY)));
}
