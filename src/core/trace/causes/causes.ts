/**
 * What made a packet end as it did, as codes and values: something that happened before it, a switch, a setting, a table. Looked for
 * when a walk is over, only for those who listen (host/causes). The sentences are explain/sentences/causes. Each of the three has a file
 * of the same name for each theme.
 */
import type { AddressCauses } from "./addresses.ts";
import type { ConnectionCauses } from "./connections.ts";
import type { FtpCauses } from "./ftp.ts";
import type { HelperCauses } from "./helpers.ts";
import type { IntegrityCauses } from "./integrity.ts";
import type { MethodCauses } from "./methods.ts";
import type { PastCauses } from "./past.ts";
import type { ReplyCauses } from "./replies.ts";
import type { SchedulerCauses } from "./schedulers.ts";
import type { SchedulingCauses } from "./scheduling.ts";
import type { UnservedCauses } from "./unserved.ts";
import type { WayCauses } from "./ways.ts";

/** What each kind of cause tells. */
export interface Causes
  extends AddressCauses,
    ConnectionCauses,
    FtpCauses,
    HelperCauses,
    IntegrityCauses,
    MethodCauses,
    PastCauses,
    ReplyCauses,
    SchedulerCauses,
    SchedulingCauses,
    UnservedCauses,
    WayCauses {}

export type CauseKind = keyof Causes;

/** A cause of one kind, or of any. */
export type Cause<Kind extends CauseKind = CauseKind> = {
  readonly [K in Kind]: { readonly kind: K } & Causes[K];
}[Kind];
