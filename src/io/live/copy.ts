/** A copy of the running director, to be asked what would become of a packet: the director itself forwards meanwhile. */
import type { Explanation } from "../../core/explain/explanation.ts";
import { whatIf } from "../../core/explain/what-if.ts";
import { Director } from "../../core/host/director.ts";
import { restoreSnapshot } from "../../core/ipvs/sync/restoration.ts";
import { parsePacket } from "../../core/packet/read-packet.ts";
import { loadRules } from "../../core/replay/rules.ts";
import { gatherConnections } from "./connections-file.ts";
import type { LiveDirector } from "./live-director.ts";
import type { ConnectionsAt, DirectorImage } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { meetNeighbors } from "./succession.ts";

/** The walk of a made-up packet. Rejects with PacketError for words that are none, and with Refusal. */
export async function explainOn(director: LiveDirector, words: string): Promise<Explanation> {
  const packet = parsePacket(words);
  const gathered = await gatherConnections(director);
  if (gathered === undefined) throw new Refusal("the connections change too fast to be copied");
  const image = await director.ask({ kind: "image" });
  const { parts, hz, taken } = gathered;
  return whatIf(copyOf(image, { bytes: Buffer.concat(parts), hz, taken }), packet);
}

/** A director like the one that the image shows, with its connections and what it remembers, and without wires. */
export function copyOf(image: DirectorImage, { bytes, hz, taken }: ConnectionsAt): Director {
  const copy = new Director(image.host, { link: { send: () => {} } });
  copy.advance(0);
  copy.advance(image.now);
  for (const [name, value] of image.switches) copy.setSysctl(name, value);
  loadRules(copy, { file: "the director", firstLine: 1, lines: image.rules });
  meetNeighbors(copy, image.neighbors);
  restoreSnapshot(copy.server, bytes, { hz, elapsed: Math.max(0, Date.now() * 1000 - taken) });
  copy.server.changes.takeOver(image.changes);
  copy.tracing.remember();
  for (const past of image.past) copy.tracing.history?.note(past);
  return copy;
}
