/** What the main thread and the dataplane's thread say to each other. Everything here survives a structured clone. */
import type { Outcome } from "../../core/control/environment.ts";
import type { ListingKind } from "../../core/control/json.ts";
import type { HostConfig } from "../../core/director/config.ts";

/** What the dataplane is made with. */
export interface DataplaneSetup {
  readonly host: HostConfig;
  /** The open TAP device of each interface, in their order. */
  readonly descriptors: readonly number[];
  readonly offloads: boolean;
  /** An eventfd that interrupts the wait for frames, and the word that tells why: 1 if there are messages. */
  readonly wake: number;
  readonly signal: Int32Array;
  readonly rules: readonly string[];
}

/** What may be asked of the director; it is done between two rounds of frames, so that it sees no packet half way. */
export type DirectorRequest =
  | { readonly kind: "ipvsadm"; readonly words: readonly string[]; readonly stdin?: string; readonly programName?: string }
  | { readonly kind: "listing"; readonly listing: ListingKind }
  | { readonly kind: "proc"; readonly name: string }
  | { readonly kind: "status" }
  | { readonly kind: "stop" };

/** What the requests are answered with, by kind. */
export interface Answers {
  readonly ipvsadm: Outcome;
  readonly listing: object;
  readonly proc: string | undefined;
  readonly status: DirectorStatus;
  readonly stop: undefined;
}

/** Frames and packets since the start. */
export interface PortCounters {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Frames that the kernel did not take. */
  readonly sendErrors: number;
}

export interface DirectorStatus {
  readonly ports: readonly PortCounters[];
  readonly services: number;
  readonly destinations: number;
  readonly connections: number;
  /** How packets ended, by verdict; those that never happened are left out. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Rounds of the poll loop. */
  readonly rounds: number;
}

export interface NumberedRequest {
  readonly id: number;
  readonly request: DirectorRequest;
}

/** From the dataplane to the main thread. */
export type DataplaneMessage =
  | { readonly kind: "ready"; readonly refused: readonly RefusedRule[] }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown };

/** A rule of the configuration that could not be run; `line` counts from 1 in the rules. */
export interface RefusedRule {
  readonly line: number;
  readonly message: string;
}
