/** `tapvs`: a director to be fed with packets, which tells what it did with each and why. docs/library.md shows how; docs/api.md lists all. */
export type { Connection, Counters, DestinationStats, ServiceStats, Stats } from "./library/connection.ts";
export type { Controls } from "./library/controls.ts";
export type { Description, InterfaceDescription } from "./library/description.ts";
export { createDirector, type Director, type DirectorOptions, type Link } from "./library/director.ts";
export { DescriptionError, type DescriptionProblem, IpvsadmError, UsageError } from "./library/errors.ts";
export type { Passed, Received, SentFrame, Step, Verdict } from "./library/walk.ts";
