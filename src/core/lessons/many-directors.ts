/** Lesson 12: eight directors behind a router, and one of them goes. */
import { SCHEDULER_NAMES } from "../ipvs/schedulers/schedulers.ts";
import { type FleetOutcome, loseDirectors } from "../simulator/fleet.ts";
import { goal, type Lesson, listing, type Report, type WorkFiles } from "./lesson.ts";
import { Settings } from "./settings.ts";

const DIRECTORS = 8;
const SERVERS = 8;
const CONNECTIONS = 600;
/** Of the connections to servers that stay, in percent. */
const MOST_BROKEN = 1;

const GIVEN = `# How the eight directors, and the router in front of them, are set up.
scheduler  = rr
sloppy_tcp = 0     # 1: take segments in the middle of a connection, as if they began one
`;

const RIGHT = `scheduler  = mh
sloppy_tcp = 1
`;

export const manyDirectors: Lesson = {
  number: 12,
  title: "Many directors, and what a hash is for",
  task: "set eight directors up so that hardly a connection breaks when one of them goes",
  watch: "schedulers=rr,sh,mh&sessions=12",
  text: `One director is not enough any more, so there are eight, all with the same virtual address and the same ${SERVERS} real servers. A router
spreads connections over them by a hash of addresses and ports:

    clients ---- router ---+--- director 1 ---+
                           +--- director 2 ---+--- rs1 ... rs${SERVERS}
                           +--- ...           +
                           +--- director 8 ---+

Directors do not tell each other of their connections: that would be too much. When one of them goes, the router divides its hash anew, as Linux
does by default, and about half of all connections come to another director than before, in the middle of what they were doing. A director that
does not know a connection resets it.

- With \`sloppy_tcp = 1\` a director schedules a segment of a connection that it does not know, as if it were the first one.
- The scheduler says to which real server. Whether that is the server that the connection has been talking to all the time is your problem.
- \`rr\` goes by turns, \`lc\` by the number of connections, \`sh\` and \`mh\` by a hash of the client's address.

Once a real server goes at the same moment, too. Its own connections are lost in any case; what is counted are those of the others.

**To do:** change \`plan.txt\` so that no connection breaks when a director goes, and at most ${MOST_BROKEN} % when a real server goes with it.`,
  files: { "plan.txt": GIVEN },
  hints: [
    "A director that knows nothing but the segment itself must come to the same server as the other one did. What can it go by?",
    "Both sh and mh go by the client's address. Try each, with sloppy_tcp = 1, and look at the second line of the table.",
    "scheduler = mh and sloppy_tcp = 1.",
  ],
  solution: { "plan.txt": RIGHT },
  why: `A hash needs no memory: every director comes to the same server for the same client, without ever having met the connection. sh
fills its table in the order of the servers, so that one server less moves nearly all clients; mh (Maglev) lets each server choose its places by
itself, and few move. What a hash cannot do: count connections, or keep a client where it is when weights change. Directors that tell
each other of their connections can, at the price of telling: tapvs explain --directors ${DIRECTORS} shows both.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "plan.txt");
  const scheduler = settings.answerText("scheduler");
  const sloppy = settings.number("sloppy_tcp", 0, 1) === 1;
  settings.done();
  const isKnown = SCHEDULER_NAMES.includes(scheduler);
  const lose = (lostServers: number): FleetOutcome =>
    loseDirectors({
      directors: DIRECTORS,
      servers: SERVERS,
      connections: CONNECTIONS,
      scheduler: isKnown ? scheduler : "rr",
      sloppy,
      synchronized: false,
      resilient: false,
      lostDirectors: 1,
      lostServers,
    });
  const [alone, together] = [lose(0), lose(1)];
  return {
    exhibits: [
      listing(
        `${CONNECTIONS} connections over ${DIRECTORS} directors`,
        ["a director goes", "and a server"]
          .map((name, index) => row(name, [alone, together][index] ?? alone))
          .join("\n"),
      ),
    ],
    goals: [
      goal(
        "The scheduler is one of IPVS's.",
        isKnown,
        `${scheduler || "none"}: IPVS has ${SCHEDULER_NAMES.join(", ")}.`,
      ),
      goal(
        "No connection breaks when a director goes.",
        isKnown && alone.broken === 0,
        sloppy
          ? `${alone.broken} of the ${alone.moved} that came to another director met another server there.`
          : `${alone.broken} were reset by a director that did not know them.`,
      ),
      goal(
        `At most ${MOST_BROKEN} % break when a real server goes, too.`,
        isKnown && share(together) <= MOST_BROKEN,
        `${share(together).toFixed(1)} % do: one server less, and the scheduler deals others anew.`,
      ),
    ],
  };
}

const share = ({ broken }: FleetOutcome): number => (100 * broken) / CONNECTIONS;

const row = (name: string, outcome: FleetOutcome): string =>
  `${name.padEnd(16)}  ${String(outcome.moved).padStart(4)} come to another director  ${String(outcome.broken).padStart(4)} break`;
