/** What a director tells of synchronisation that is heard, and of what its own master tells. */

import type { DataPath } from "../ipvs/data-path.ts";
import type { SyncObserver } from "../ipvs/sync/synchronization.ts";
import { viewConnection } from "../ipvs/views.ts";
import type { Trace } from "../trace/events.ts";

export const observeSync = (path: DataPath, trace: Trace): SyncObserver => ({
  told: (row) => trace.add({ kind: "sync-record", what: "told", connection: viewConnection(path, row) }),
  taken: (what, row) => trace.add({ kind: "sync-record", what, connection: viewConnection(path, row) }),
  refused: (why) => trace.add({ kind: "sync-refused", why }),
});
