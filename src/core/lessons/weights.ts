/** Lesson 2: servers of different strength. */
import { goal, type Lesson, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";

const GIVEN = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.4:80 -m
`;

const RIGHT = `-A -t 12.11.0.101:80 -s wrr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 3
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 2
-a -t 12.11.0.101:80 -r 172.16.1.4:80 -m -w 1
`;

const VISITS = 12;
/** Of rs1, rs2 and rs3. */
const WANTED = [6, 4, 2] as const;

export const weights: Lesson = {
  number: 2,
  title: "Weights",
  task: "give three servers of different strength their fair share, with wrr",
  watch: "schedulers=rr,wrr&weights=3,2,1&sessions=12&shown=0",
  text: `Three real servers work for 12.11.0.101, port 80, by NAT:

| server | address | it can serve |
| --- | --- | --- |
| rs1 | 172.16.1.2 | 300 requests a second |
| rs2 | 172.16.1.3 | 200 requests a second |
| rs3 | 172.16.1.4 | 100 requests a second |

Today each gets a third, because \`rr\` treats all alike. In the evening rs3 is overloaded while rs1 is half idle.

A real server has a *weight*, \`-w NUMBER\` behind \`-a\`; without it, 1. Weights are shares: with 2 and 1 the first server
gets two of three connections. Weight 0 means: no new connections. Not every scheduler looks at weights.

**To do:** change \`rules.ipvs\` so that of ${VISITS} visits rs1 gets ${WANTED[0]}, rs2 ${WANTED[1]} and rs3 ${WANTED[2]}.`,
  files: { "rules.ipvs": GIVEN },
  hints: [
    "Two things have to change: the weights of the servers, and the scheduler.",
    "rr sees of a weight only whether it is 0. Its sister that counts is wrr, weighted round robin.",
    "-s wrr in the first line; -w 3 for 172.16.1.2, -w 2 for 172.16.1.3, -w 1 for 172.16.1.4.",
  ],
  solution: { "rules.ipvs": RIGHT },
  why: `Only the proportion counts: 3, 2, 1 and 300, 200, 100 give the same shares. wrr deals out connections, not load: if one
visitor downloads a film and another one a picture, it counts one each. Schedulers that look at how many connections are
open do better then; they are the subject of lesson 9.`,
  check,
};

function check(files: WorkFiles): Report {
  const scene = new Scene("nat", { servers: 3 });
  giveRules(scene.director, files, "rules.ipvs");
  scene.visitInTurn(VISITS);
  const shares = ["rs1", "rs2", "rs3"].map((name) => scene.share(name));
  return {
    exhibits: [...scene.story(), scene.listing("-Ln")],
    goals: [
      goal(
        "Every visit is answered.",
        scene.allAnswered,
        "Each of the three servers needs its line with -a and -m, and the service its line with -A.",
      ),
      goal(
        `rs1 gets ${WANTED[0]} visits, rs2 ${WANTED[1]} and rs3 ${WANTED[2]}.`,
        shares.every((share, index) => share === WANTED[index]),
        `They got ${shares.join(", ")}. ${advice(scene)}`,
      ),
    ],
  };
}

function advice({ director }: Scene): string {
  const service = director.stack.server.services.list().at(0);
  const given = [2, 3, 4].map((last) => {
    const line = new RegExp(`172\\.16\\.1\\.${last}:80 +\\w+ +(\\d+)`).exec(director.ipvsadm("-Ln"));
    return Number(line?.[1] ?? 0);
  });
  if (new Set(given).size === 1) return "All weights are the same: -w behind each -a changes that.";
  if (service?.scheduler?.name === "rr")
    return "The weights differ, but rr does not look at them. Which scheduler does?";
  return `The weights of rs1, rs2 and rs3 are ${given.join(", ")}, and they should stand as 3 to 2 to 1; -s wrr goes by them exactly.`;
}
