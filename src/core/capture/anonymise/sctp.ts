/** SCTP without what its chunks say: their types, flags and lengths stay. */
import { finishSctp, SCTP_CHECKSUM, SCTP_CHUNK_HEADER, SCTP_HEADER } from "../../wire/sctp.ts";

/** A checksum that was right is right afterwards; a wrong one stays. */
export function sctpWithout(view: DataView, at: number, end: number): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (at + SCTP_HEADER > end) {
    bytes.fill(0, Math.min(at, end), end);
    return;
  }
  const before = view.getUint32(at + SCTP_CHECKSUM);
  finishSctp(view, at, end);
  const isRight = view.getUint32(at + SCTP_CHECKSUM) === before;
  let chunk = at + SCTP_HEADER;
  while (chunk + SCTP_CHUNK_HEADER <= end) {
    const length = Math.max(SCTP_CHUNK_HEADER, view.getUint16(chunk + 2));
    const last = Math.min(chunk + ((length + 3) & ~3), end);
    bytes.fill(0, chunk + SCTP_CHUNK_HEADER, last);
    chunk = last;
  }
  bytes.fill(0, chunk, end);
  if (isRight) finishSctp(view, at, end);
  else view.setUint32(at + SCTP_CHECKSUM, before);
}
