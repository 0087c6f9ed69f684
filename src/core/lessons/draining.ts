/** Lesson 7: a real server is taken out while people are uploading to it. */
import type { Network } from "../simulator/network.ts";
import type { TcpProgram } from "../simulator/tcp-connection.ts";
import type { WebClient } from "../simulator/web.ts";
import { goal, type Lesson, listing, type Report, sentences, WorkError, type WorkFiles } from "./lesson.ts";
import { giveRule, giveRules } from "./rules.ts";
import { clockText, Scene, type Visit } from "./scene.ts";
import { type LessonStep, readSteps, secondsOf } from "./steps.ts";

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
`;

const GIVEN = `# What is done at the director from 0:22 on. Ten seconds after the last line rs1 is switched off.
#   ipvsadm ...      a command
#   sleep SECONDS    wait
ipvsadm -Ln
ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2:80
`;

const RIGHT = `ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 0
sleep 40
ipvsadm -Ln
ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2:80
`;

const SECOND = 1e6;
/** An upload is sent in pieces, the first at once, the last 40 seconds later. */
const PIECES = 9;
const PIECE_EVERY = 5 * SECOND;
const UPLOAD_EVERY = 5;
const BEGIN = 22;
/** From the last step until rs1 is off, and from then on until nobody begins an upload any more: seconds. */
const AFTERWARDS = 10;
/** More broken uploads are counted, not listed. */
const MOST_LISTED = 5;
const MOST_SECONDS = 120;

export const draining: Lesson = {
  number: 7,
  title: "Draining a server",
  task: "take rs1 out of service without breaking a single upload",
  watch: "mode=nat&do=r0@0&show=tables",
  text: `rs1 gets new memory today, so it has to be switched off. The service, by NAT with \`rr\`, goes on:

    client 12.11.0.10 ------- director ---+--- rs1 172.16.1.2   to be switched off
                         12.11.0.101:80   +--- rs2 172.16.1.3

Every five seconds somebody begins to upload a film, and each upload takes 40 seconds. At 0:22 you begin your work at the director. It stands in
\`steps.txt\`: commands, and \`sleep SECONDS\` where you wait. Ten seconds after the last step, rs1 is switched off.

The colleague who wrote \`steps.txt\` used \`-d\`, which deletes a real server. The connections to it stay in the table, but their packets are
dropped from then on.

- \`ipvsadm -e -t SERVICE -r SERVER ...\` edits a real server: options as for \`-a\`, and all of them, as it takes defaults
  for what you leave out.
- A server of weight 0 gets no new connections; those it has go on.
- \`ipvsadm -Ln\` shows in ActiveConn how many are open. You may use it in \`steps.txt\`; the check shows what it prints.

**To do:** change \`steps.txt\` so that no upload breaks off, and rs1 is out of the table in the end. You have two minutes.`,
  files: { "steps.txt": GIVEN },
  hints: [
    "First see to it that rs1 gets nothing new. Then wait. Only then delete it.",
    "An upload that began at 0:15 is over at 0:55. At 0:22 you begin to wait.",
    "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 0, then sleep 40, then the line with -d.",
  ],
  solution: { "steps.txt": RIGHT },
  why: `Weight 0 is the quiet way out: the scheduler passes the server over, and known connections are found in the table before
anybody asks the scheduler. Deleting at once ends them silently: the clients' packets are dropped. Mind -m with -e: without it the
server becomes one of direct routing. With a persistent service, weight 0 alone does not keep bound clients away.`,
  check,
};

function check(files: WorkFiles): Report {
  const steps = readSteps(files, "steps.txt");
  const scene = new Scene("nat");
  giveRules(scene.director, { rules: RULES }, "rules");
  const diary = play(scene, steps);
  const listed = scene.director.ipvsadm("-Ln");
  const waited = secondsOf(steps);
  return {
    exhibits: [
      listing("Your work", diary.join("\n")),
      sentences("What became of the uploads", uploadLines(scene)),
      ...scene.story().slice(1),
      scene.listing("-Ln"),
    ],
    goals: [
      goal("No upload breaks off.", scene.allAnswered, advice(scene)),
      goal("rs1 is out of the table in the end.", !listed.includes("172.16.1.2:80"), "ipvsadm -Ln still shows it."),
      goal("rs2 is still in it.", listed.includes("172.16.1.3:80"), "Somebody has to serve."),
      goal(
        `It takes no longer than ${MOST_SECONDS} seconds.`,
        waited <= MOST_SECONDS,
        `You wait ${waited} seconds; uploads take 40.`,
      ),
    ],
  };
}

/** Downloads and steps, each at its time; returns what was done at the director, as a diary. */
function play(scene: Scene, steps: readonly LessonStep[]): string[] {
  const diary: string[] = [];
  let seconds = 0;
  const passTo = (end: number): void => {
    for (; seconds < end; seconds++) {
      scene.network.runUntil(seconds * SECOND);
      if (seconds % UPLOAD_EVERY === 0) scene.visit({ program: (web) => upload(scene.network, web) });
    }
    scene.network.runUntil(end * SECOND);
  };
  passTo(BEGIN);
  for (const step of steps) {
    const time = clockText(scene.network.now);
    if (step.kind === "sleep") {
      diary.push(`${time}  sleep ${step.seconds}`);
      passTo(seconds + step.seconds);
    } else diary.push(`${time}  ipvsadm ${step.words}`, ...printed(scene, step));
  }
  passTo(seconds + AFTERWARDS);
  diary.push(`${clockText(scene.network.now)}  rs1 is switched off`);
  const [first] = scene.servers;
  if (first !== undefined) first.alive = false;
  passTo(seconds + AFTERWARDS);
  scene.network.run();
  return diary;
}

/** What a command prints; one that is refused is a WorkError. */
function printed({ director }: Scene, { line, words }: Extract<LessonStep, { kind: "ipvsadm" }>): string[] {
  if (/^(-L|-l|--list)/.test(words)) {
    return director
      .ipvsadm(words)
      .trimEnd()
      .split("\n")
      .map((row) => `         ${row}`);
  }
  const refusal = giveRule(director, words);
  if (refusal !== undefined) throw new WorkError([`steps.txt:${line}: ${refusal}`]);
  return [];
}

function uploadLines(scene: Scene): string[] {
  const lines = brokenOf(scene).map((visit) => {
    const who = scene.chosenFor(visit);
    return `The one begun at ${clockText(visit.time).trim()} ${who === "" ? "" : `with ${who} `}breaks off.`;
  });
  const more = lines.length - MOST_LISTED;
  return [
    `${scene.visits.length} uploads begin. rs1 completes ${scene.share("rs1")} of them, rs2 ${scene.share("rs2")}.`,
    ...lines.slice(0, MOST_LISTED),
    ...(more > 0 ? [`${more} more break off.`] : []),
  ];
}

const brokenOf = ({ visits }: Scene): Visit[] => visits.filter(({ program }) => program.end.kind !== "answered");

function advice(scene: Scene): string {
  const cut = brokenOf(scene).filter((visit) => scene.chosenFor(visit) === "rs1");
  const [first] = cut;
  if (first === undefined) return "It was not rs1 that broke them off: see what went wrong above.";
  const begun = clockText(first.time).trim();
  return first.time >= BEGIN * SECOND
    ? `rs1 still got new uploads after 0:${BEGIN}, the first of those that were truncated at ${begun}. What keeps new ones away from it?`
    : `The one from ${begun} was still running when rs1 was deleted. Known connections need their server in the table.`;
}

/** Sends the request of a visit piece by piece; the server answers the last one. */
function upload(network: Network, web: WebClient): TcpProgram {
  const text = (words: string): Uint8Array => Uint8Array.from(words, (letter) => letter.charCodeAt(0));
  const body = Array.from({ length: PIECES - 2 }, (_, number) => `X-Piece: ${number}\r\n`);
  return {
    connected: (connection) => {
      for (const [number, piece] of ["GET / HTTP/1.0\r\n", ...body, "\r\n"].entries()) {
        network.after(number * PIECE_EVERY + 1000, () => connection.write(text(piece)));
      }
    },
    data: (connection, bytes) => web.data(connection, bytes),
    ended: (connection, end) => web.ended(connection, end),
  };
}
