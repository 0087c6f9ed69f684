/** What a director tells of its walks where the step itself has no place for it: fragments that wait, synchronisation that is heard. */
import { type DataPath, viewConnection } from "../ipvs/data-path.ts";
import type { SyncObserver } from "../ipvs/sync/synchronization.ts";
import type { Trace } from "../trace/events.ts";
import type { Frame } from "../wire/frame.ts";
import { IPV4_IDENTIFICATION } from "../wire/ipv4.ts";
import { fragmentIdentification } from "../wire/ipv6.ts";
import type { Held, Reassembly } from "./reassembly.ts";
import type { HeldIpv6, Ipv6Reassembly } from "./reassembly-ipv6.ts";

export function noteIpv6Fragment(trace: Trace, frame: Frame, held: HeldIpv6, where: Ipv6Reassembly): void {
  if (typeof held === "object") {
    trace.add({ kind: "reassembled", fragments: held.fragmentLengths?.length ?? 1, length: held.end - held.network });
  } else if (held === "held") {
    const identification = fragmentIdentification(frame);
    trace.add({ kind: "held", identification, offset: frame.fragmentOffset, have: where.progress(frame) });
  }
}

export const observeSync = (path: DataPath, trace: Trace): SyncObserver => ({
  told: (row) => trace.add({ kind: "sync-record", what: "told", connection: viewConnection(path, row) }),
  taken: (what, row) => trace.add({ kind: "sync-record", what, connection: viewConnection(path, row) }),
  refused: (why) => trace.add({ kind: "sync-refused", why }),
});

export function noteFragment(trace: Trace, frame: Frame, held: Held, where: Reassembly): void {
  const { view, network } = frame;
  if (typeof held !== "string") {
    trace.add({ kind: "reassembled", fragments: held.fragmentLengths?.length ?? 1, length: held.end - held.network });
  } else if (held === "held") {
    const identification = view.getUint16(network + IPV4_IDENTIFICATION);
    trace.add({ kind: "held", identification, offset: frame.fragmentOffset, have: where.progress(frame) });
  }
}
