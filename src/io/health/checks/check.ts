/** One look at a real server: how it is to be made, and what comes of it. */
import type { CheckKind } from "../../config/live.ts";

/** What is to be checked; survives a structured clone. Times are in milliseconds. */
export interface Probe {
  readonly kind: CheckKind;
  readonly address: string;
  readonly port: number;
  readonly timeout: number;
  readonly path: string;
  readonly host: string | undefined;
  readonly status: readonly [number, number];
  readonly body: string | undefined;
}

/** Why the server is not well; `undefined` if it is. */
export type Finding = string | undefined;

/** What a failed connection says, in few words: `connection refused (ECONNREFUSED)`. */
export function connectionFailure(error: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to the host",
    ENETUNREACH: "network unreachable",
    ECONNRESET: "connection reset",
    ETIMEDOUT: "no reply",
  };
  const code = error.code ?? "";
  return words[code] ?? (code === "" ? error.message : `${error.message} (${code})`);
}

export const noAnswer = (milliseconds: number): string => `no answer within ${milliseconds / 1000} s`;
