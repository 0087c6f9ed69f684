/** Lesson 9: three schedulers that count connections; say whom they pick, then see. */
import { goal, type Lesson, listing, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const SCHEDULERS = ["wlc", "sed", "nq"] as const;
type Name = (typeof SCHEDULERS)[number];
const CONNECTIONS = 6;
const SERVERS = ["rs1", "rs2"];
/** Between two connections, in microseconds: time enough for a handshake. */
const PAUSE = 100_000;

const rulesFor = (scheduler: Name): string => `-A -t 12.11.0.101:80 -s ${scheduler}
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 3
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 1
`;

const ANSWERS = `# Who gets connection 1, 2, 3, 4, 5 and 6? Six times rs1 or rs2 in each line.
wlc =
sed =
nq  =
`;

const RIGHT = `wlc = rs2 rs1 rs1 rs1 rs2 rs1
sed = rs1 rs1 rs2 rs1 rs1 rs1
nq  = rs2 rs1 rs1 rs1 rs1 rs1
`;

export const predict: Lesson = {
  number: 9,
  title: "wlc, sed and nq in numbers",
  task: "predict which server each of six connections gets, then see",
  watch: "schedulers=wlc,sed,nq&weights=3,1&sessions=6&shown=0",
  text: `Two real servers: rs1 is strong, weight 3; rs2 is weak, weight 1, and it was added last. Six clients come, one after the other,
and all their connections stay open. Who gets which? That depends on the scheduler; these three count connections.

| scheduler | | picks the server with |
| --- | --- | --- |
| \`wlc\` | weighted least connection, the default | the smallest overhead / weight |
| \`sed\` | shortest expected delay | the smallest (active + 1) / weight |
| \`nq\` | never queue | no active connection; if there is none, as \`sed\` |

The *overhead* is 256 x active + inactive. \`sed\` counts as if the new connection were there already.

*Active* connections are those in use, *inactive* those that ended but are still remembered; here there are none. Of two that are equally good,
the one wins that was **added last**: that is rs2.

**To do:** write into \`answers.txt\`, for each scheduler, the servers of connections 1 to ${CONNECTIONS}. Compute with paper and pencil; the check
shows the director's own numbers up to your first mistake.`,
  files: { "answers.txt": ANSWERS },
  hints: [
    "Make a table: a line for each connection, with active and the result of the formula for rs1 and rs2. For the first one active is 0 everywhere.",
    "wlc, first connection: 0/3 and 0/1 are equal, so rs2, the one that was added last. sed, first connection: 1/3 against 1/1.",
    "sed, third connection: rs1 has two, so 3/3; rs2 has none, so 1/1. Equal, so rs2. nq begins as wlc does, and goes on as sed does.",
  ],
  solution: { "answers.txt": RIGHT },
  why: `wlc sees only what is there: at the start all are equal, and the weak server may get the first visitor. sed counts the newcomer in,
so the strong one gets several before the weak one gets any. nq lets nobody be idle, and is sed from then on. With thousands of
short connections the three hardly differ; with few long ones they do.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "answers.txt");
  const answers = SCHEDULERS.map((name) => settings.answerWords(name, SERVERS, CONNECTIONS));
  settings.done();
  const results = SCHEDULERS.map((name, index) => compare(name, answers[index] ?? []));
  return {
    exhibits: results
      .filter(({ lines }) => lines.length > 0)
      .map(({ name, lines }) => listing(`${name}, by the director's numbers`, lines.join("\n"))),
    goals: results.map(({ name, right, given }) =>
      goal(
        `All ${CONNECTIONS} connections of ${name} are predicted.`,
        right === CONNECTIONS,
        advice(name, right, given),
      ),
    ),
  };
}

interface Comparison {
  readonly name: Name;
  /** How many were given, and how many of them are right up to the first that is not. */
  readonly given: number;
  readonly right: number;
  /** The director's picks up to the first mistake. */
  readonly lines: readonly string[];
}

function compare(name: Name, answer: readonly string[]): Comparison {
  const picks = picksOf(name);
  const wrong = answer.findIndex((server, index) => server !== picks[index]?.server);
  const right = wrong < 0 ? answer.length : wrong;
  const shown = wrong < 0 ? right : wrong + 1;
  const lines = picks.slice(0, shown).map(({ server, numbers }, index) => {
    const mine = answer[index] ?? "";
    return `${index + 1}  ${numbers}  => ${server}${mine === server ? "" : `   and you said ${mine}`}`;
  });
  return { name, given: answer.length, right, lines };
}

function advice(name: Name, right: number, given: number): string {
  if (given === 0) return `Write your prediction behind ${name} = in answers.txt.`;
  return right < given
    ? `The first mistake is at connection ${right + 1}: see the numbers.`
    : `Right so far; ${CONNECTIONS - given} ${CONNECTIONS - given === 1 ? "is" : "are"} still missing.`;
}

/** Whom the director picks for connections that all stay open, and what the scheduler saw. */
function picksOf(scheduler: Name): { readonly server: string; readonly numbers: string }[] {
  const scene = new Scene("nat", { program: () => ({}) });
  giveRules(scene.director, { rules: rulesFor(scheduler) }, "rules");
  for (let number = 0; number < CONNECTIONS; number++) {
    scene.visit();
    scene.network.runUntil(scene.network.now + PAUSE);
  }
  const nameOf = (destination: string): string => (destination === "172.16.1.2:80" ? "rs1" : "rs2");
  const rows = scene.directorEvents.flatMap((event) => {
    if (event.kind !== "scheduled") return [];
    const seen = event.candidates.map(({ destination, numbers }) => `${nameOf(destination)}: ${numbers}`).toSorted();
    return [{ server: nameOf(event.picked), seen }];
  });
  const widest = Math.max(...rows.flatMap(({ seen }) => seen.map((text) => text.length)));
  return rows.map(({ server, seen }) => ({ server, numbers: seen.map((text) => text.padEnd(widest)).join("  ") }));
}
