/** The packets that a frame stands for, as a wire carries them: none longer than it may be, and with all their checksums. */
import type { Frame } from "./frame.ts";
import { IPV4_IDENTIFICATION } from "./ipv4.ts";
import { finishChecksum } from "./offload.ts";
import { forEachSegment } from "./segments.ts";

/** Copies; the frame is left as it is. */
export function wirePackets(frame: Frame): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const copy = frame.copy();
  forEachSegment(copy, nextIdentification(copy), (piece) => {
    finishChecksum(piece);
    packets.push(piece.copyOfContents());
  });
  return packets;
}

/** Identifications of outer headers as they will be seen: counted up from the first. */
function nextIdentification({ view, network }: Frame): () => number {
  let identification = view.getUint16(network + IPV4_IDENTIFICATION);
  return () => {
    identification = (identification + 1) & 0xffff;
    return identification;
  };
}
