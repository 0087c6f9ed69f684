/** The paths of the control interface. */

import type { Outcome } from "../../core/control/environment.ts";
import { LISTING_KINDS } from "../../core/control/json.ts";
import { explanationJson } from "../../core/explain/explanation.ts";
import { walkText } from "../../core/explain/walk-text.ts";
import { sysctlKey, sysctlRefusal } from "../../core/host/sysctls.ts";
import { HOST_PROGRAMS } from "../../core/host-programs/programs.ts";
import { changesTables } from "../../core/netlink/answer.ts";
import { PacketError } from "../../core/packet/made-up-packet.ts";
import type { ControlCall, Routes, WriteLine } from "../control/server.ts";
import { BadRequest } from "../http/guarded-server.ts";
import { LARGEST_DATAGRAM } from "../http/limits.ts";
import { explainOn } from "./copy.ts";
import type { ExplainedPacket } from "./explainer.ts";
import type { LiveDirector } from "./live-director.ts";
import type { ProcessFacts } from "./process-facts.ts";
import { Refusal } from "./refusal.ts";
import { parseTraceFilter } from "./trace-filter.ts";

const VERSION = 1;
const EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

/** What of the process the paths reach beyond the director itself. */
export interface ControlledProcess {
  readonly facts: ProcessFacts;
  readonly director: LiveDirector;
  /** The state of the checked servers, as an object that JSON can hold. */
  readonly health: () => object;
  /** Metrics about the process and its checks, as exposition text. */
  readonly moreMetrics: () => string;
  /** Something changed that is to survive a crash; resolves to why it would not. */
  readonly changed: () => Promise<string | undefined>;
  /** The same of a change by somebody who asks with `POST /v1/save` whether all is saved, before others hear that it is done. */
  readonly changedSoon: () => void;
  /** A switch may have another value. */
  readonly switched: () => Promise<void>;
  /** Reads the configuration again; resolves to what is wrong with it, line by line. */
  readonly reload: () => Promise<readonly string[]>;
  /** Lets another process take over; resolves to its number. Rejects with Refusal. */
  readonly handOver: () => Promise<number>;
}

export function controlRoutes(controlled: ControlledProcess): Routes {
  const routes = Object.entries(pathsOf(controlled)).map(([name, route]) => [name, refusing(route)] as const);
  return Object.fromEntries(routes);
}

/** What the director refuses, as one does that is stopping, is said to whoever asked. */
const refusing =
  (route: Routes[string]): Routes[string] =>
  async (call) => {
    try {
      return await route(call);
    } catch (error) {
      throw error instanceof Refusal ? new BadRequest(503, error.message) : error;
    }
  };

function pathsOf(controlled: ControlledProcess): Routes {
  const { director, facts, health, moreMetrics, reload, switched } = controlled;
  return {
    ...listingRoutes(director),
    "GET /v1/status": async () => json({ ...facts, ...(await director.ask({ kind: "status" })) }),
    "GET /v1/health": async () => json(health()),
    "GET /v1/state": async () => ({ kind: "text", text: await director.ask({ kind: "state" }) }) as const,
    "GET /v1/trace": ({ query }) => explained(director, query.get("filter") ?? ""),
    "GET /metrics": async () => {
      const text = await director.ask({ kind: "metrics" });
      return { kind: "text", text: `${text}${moreMetrics()}`, contentType: EXPOSITION } as const;
    },
    "POST /v1/ipvsadm": (call) => ipvsadm(controlled, call),
    "POST /v1/netlink": (call) => netlink(controlled, call),
    "POST /v1/host": (call) => host(controlled, call),
    "GET /v1/sysctl": async ({ query }) => {
      const name = sysctlKey(query.get("name") ?? "");
      const found = (await director.ask({ kind: "switches" })).find(([key]) => key === name);
      if (found === undefined) throw new BadRequest(404, sysctlRefusal(name, "no such switch") ?? "");
      return json({ name, value: found[1] });
    },
    "POST /v1/sysctl": async ({ body: { name, value } }) => {
      if (typeof name !== "string" || (typeof value !== "number" && typeof value !== "string")) {
        throw new BadRequest(400, "expected a name, and a number or a text as its value");
      }
      const key = sysctlKey(name);
      const outcome = await director.ask({ kind: "sysctl", name: key, value });
      const refusal = sysctlRefusal(key, outcome);
      if (refusal !== undefined) throw new BadRequest(outcome === "no such switch" ? 404 : 400, refusal);
      await switched();
      return json({ outcome });
    },
    "POST /v1/why": (call) => answerWhy(director, call),
    "POST /v1/save": async () => {
      const unsaved = await controlled.changed();
      return json(unsaved === undefined ? {} : { unsaved });
    },
    "POST /v1/handover": async () => json({ pid: await controlled.handOver() }),
    "POST /v1/reload": async () => {
      const problems = await reload();
      return { kind: "json", value: { v: VERSION, problems }, status: problems.length === 0 ? 200 : 409 } as const;
    },
  };
}

const json = (value: object) => ({ kind: "json", value: { v: VERSION, ...value } }) as const;

function listingRoutes(director: LiveDirector): Routes {
  const listings = LISTING_KINDS.map((listing) => [
    `GET /v1/${listing}`,
    async () => json(await director.ask({ kind: "listing", listing })),
  ]);
  return {
    ...(Object.fromEntries(listings) as Routes),
    "GET /v1/proc": async ({ query }) => {
      const name = query.get("name") ?? "";
      const [text] = await director.ask({ kind: "proc", names: [name] });
      if (text === undefined) throw new BadRequest(404, `no such file: ${name}`);
      return { kind: "text", text };
    },
  };
}

async function ipvsadm({ director, changed }: ControlledProcess, { body }: ControlCall) {
  const { words, stdin, programName } = body;
  if (!isWords(words)) throw new BadRequest(400, "words: expected a list of texts");
  const runsLines = programName === "ipvsadm-restore" || restores(words[0]);
  const before = runsLines ? await director.ask({ kind: "state" }) : undefined;
  const outcome = await director.ask({
    kind: "ipvsadm",
    words,
    ...(typeof stdin === "string" && { stdin }),
    ...(typeof programName === "string" && { programName }),
  });
  const isWithoutChange = runsLines
    ? (await director.ask({ kind: "state" })) === before
    : outcome.code !== 0 || leavesRules(words[0]);
  if (isWithoutChange) return json(outcome);
  const unsaved = await changed();
  return json(unsaved === undefined ? outcome : unsavedOutcome(outcome, unsaved, programName));
}

/** A program of the host, with the texts of the files that it reads: the director opens none of them. */
async function host({ director, switched }: ControlledProcess, { body: { program, words, files = {} } }: ControlCall) {
  if (typeof program !== "string" || !HOST_PROGRAMS.includes(program)) {
    throw new BadRequest(404, `program: expected one of ${HOST_PROGRAMS.join(", ")}`);
  }
  if (!isWords(words)) throw new BadRequest(400, "words: expected a list of texts");
  if (!isTexts(files)) throw new BadRequest(400, "files: expected texts by name");
  const outcome = await director.ask({ kind: "host", program, words, files });
  await switched();
  return json(outcome);
}

/** differs: the kernel's table is nowhere saved. A change that would be lost in a crash must not pass for one that is kept. */
const unsavedOutcome = (outcome: Outcome, why: string, programName: unknown): Outcome => ({
  ...outcome,
  code: outcome.code === 0 ? 1 : outcome.code,
  err: `${outcome.err}${typeof programName === "string" ? programName : "ipvsadm"}: in force, but not saved: ${why}\n`,
});

const WIDEST = 400;

/** What would become of a packet, as text and as JSON. A copy is asked: the director itself goes on undisturbed. */
async function answerWhy(director: LiveDirector, { body: { packet, width = 110 } }: ControlCall) {
  if (typeof packet !== "string") throw new BadRequest(400, "packet: expected its words");
  if (typeof width !== "number" || !(width >= 40 && width <= WIDEST))
    throw new BadRequest(400, `width: expected 40 to ${WIDEST} columns`);
  try {
    const explanation = await explainOn(director, packet);
    return json({ whatIf: explanationJson(explanation), lines: walkText(explanation, width) });
  } catch (error) {
    if (error instanceof PacketError) throw new BadRequest(400, `packet: ${error.message}`);
    throw error;
  }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** differs: an answer of the family's has no place for a change that is in force but not saved; it stands beside it. */
/** With `save: "later"` an answer does not wait until its change is saved: the sender's next request would have to wait as well. */
async function netlink({ director, changed, changedSoon }: ControlledProcess, { body }: ControlCall) {
  const { datagram: text, capped, save } = body;
  if (typeof text !== "string" || !BASE64.test(text)) throw new BadRequest(400, "datagram: expected base64");
  const datagram = new Uint8Array(Buffer.from(text, "base64"));
  if (datagram.length > LARGEST_DATAGRAM) throw new BadRequest(413, "the datagram is too large");
  const answers = await director.ask({ kind: "netlink", datagram, capped: capped === true });
  const datagrams = answers.map((answer) => Buffer.from(answer).toString("base64"));
  if (!changesTables(datagram, answers)) return json({ datagrams });
  if (save === "later") {
    changedSoon();
    return json({ datagrams, changed: true });
  }
  const unsaved = await changed();
  return json({ datagrams, ...(unsaved !== undefined && { unsaved }) });
}

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === "string");

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");

/** The commands that change no rules: those that print, -Z, which zeroes counters, and those of the synchronization daemon. */
const leavesRules = (first = "-L"): boolean =>
  /^(-[LlSGhvZ]|--(list|save|get-laddr|help|version|zero|start-daemon|stop-daemon)$)/.test(first);

/** The command that runs many lines; some of them may be refused, and others not. */
const restores = (first = ""): boolean => /^(-R|--restore$)/.test(first);

function explained(director: LiveDirector, filter: string) {
  const parsed = parseTraceFilter(filter);
  if (typeof parsed !== "function") throw new BadRequest(400, `filter: ${parsed.problem}`);
  const start = (write: WriteLine): (() => void) => {
    let end: (() => void) | undefined;
    let over = false;
    director.follow(filter, countingLost(write)).then(
      (stop) => {
        end = stop;
        if (over) stop();
      },
      () => {},
    );
    return () => {
      over = true;
      end?.();
    };
  };
  return { kind: "stream", start } as const;
}

/** Counts the packets that a slow client was not told of into the next line that it gets. */
function countingLost(write: WriteLine): (line: string) => void {
  let lost = 0;
  return (line) => {
    const packet = lost === 0 ? undefined : (JSON.parse(line) as ExplainedPacket);
    const told = packet === undefined ? line : JSON.stringify({ ...packet, lost: lost + (packet.lost ?? 0) });
    lost = write(told) ? 0 : lost + 1;
  };
}
