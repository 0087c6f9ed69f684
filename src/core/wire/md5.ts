/** MD5 (RFC 1321) and HMAC with it (RFC 2104), for the authentication header of VRRP version 2. No secret of today should lean on it. */

const BLOCK = 64;
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
/** floor(2^32 * |sin(i + 1)|). */
const SINES = Uint32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32));

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** The digest, 16 bytes. */
export function md5(message: Uint8Array): Uint8Array {
  const length = message.length;
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (length * 8) >>> 0, true);
  const digest = new DataView(new ArrayBuffer(16));
  [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476].forEach((word, index) => {
    digest.setUint32(index * 4, word, true);
  });
  for (let at = 0; at < padded.length; at += BLOCK) addBlock(view, at, digest);
  return new Uint8Array(digest.buffer);
}

function addBlock(view: DataView, at: number, digest: DataView): void {
  const before = [0, 4, 8, 12].map((offset) => digest.getInt32(offset, true));
  let [a = 0, b = 0, c = 0, d = 0] = before;
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    const [mixed, index] = mix(round, step, b, c, d);
    const word = view.getInt32(at + index * 4, true);
    const sum = (a + mixed + (SINES[step] ?? 0) + word) | 0;
    [a, d, c] = [d, c, b];
    b = (b + rotated(sum, SHIFTS[round * 4 + (step & 3)] ?? 0)) | 0;
  }
  [a, b, c, d].forEach((word, index) => {
    digest.setInt32(index * 4, (word + (before[index] ?? 0)) | 0, true);
  });
}

/** What a round makes of three words, and which word of the block it adds. */
function mix(round: number, step: number, b: number, c: number, d: number): readonly [number, number] {
  switch (round) {
    case 0:
      return [(b & c) | (~b & d), step];
    case 1:
      return [(b & d) | (c & ~d), (5 * step + 1) & 15];
    case 2:
      return [b ^ c ^ d, (3 * step + 5) & 15];
    default:
      return [c ^ (b | ~d), (7 * step) & 15];
  }
}

/** The keyed digest, 16 bytes. */
export function hmacMd5(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const key = new Uint8Array(BLOCK);
  key.set(secret.length > BLOCK ? md5(secret) : secret);
  const keyed = (pad: number, rest: Uint8Array): Uint8Array =>
    Uint8Array.from([...key.map((byte) => byte ^ pad), ...rest]);
  return md5(keyed(0x5c, md5(keyed(0x36, message))));
}
