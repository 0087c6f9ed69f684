/** The paths of the control interface. */
import { LISTING_KINDS } from "../../core/control/json.ts";
import { BadRequest, type ControlCall, type Routes } from "../control/server.ts";
import type { LiveDirector } from "./live-director.ts";

const VERSION = 1;

/** What the interface says of the process. */
export interface ProcessFacts {
  readonly name: string;
  readonly config: string;
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** The paths that ask the director. */
export function directorRoutes(director: LiveDirector, facts: ProcessFacts): Routes {
  const listings = LISTING_KINDS.map((listing) => [
    `GET /v1/${listing}`,
    async () => ({ kind: "json", value: await director.ask({ kind: "listing", listing }) }) as const,
  ]);
  return {
    ...(Object.fromEntries(listings) as Routes),
    "GET /v1/status": async () => {
      const status = await director.ask({ kind: "status" });
      return { kind: "json", value: { v: VERSION, ...facts, ...status } };
    },
    "POST /v1/ipvsadm": async ({ body }: ControlCall) => {
      const { words, stdin, programName } = body;
      if (!isWords(words)) throw new BadRequest(400, "words: expected a list of texts");
      const outcome = await director.ask({
        kind: "ipvsadm",
        words,
        ...(typeof stdin === "string" && { stdin }),
        ...(typeof programName === "string" && { programName }),
      });
      return { kind: "json", value: { v: VERSION, ...outcome } };
    },
    "GET /v1/proc": async ({ query }: ControlCall) => {
      const name = query.get("name") ?? "";
      const text = await director.ask({ kind: "proc", name });
      if (text === undefined) throw new BadRequest(404, `no such file: ${name}`);
      return { kind: "text", text };
    },
  };
}

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === "string");
