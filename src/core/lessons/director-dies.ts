/** Lesson 11: two directors, and the one that is master dies under a connection. */
import { happeningWords, isTold } from "../explain/happenings.ts";
import { pairOf, SYNC_CHOICES, type SyncChoice } from "../simulator/two-directors.ts";
import { goal, type Lesson, listing, type Report, sentences, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
`;

const VIRTUAL = "12.11.0.101";
const GATEWAY = "172.16.1.1";

const GIVEN = `# What \`ha\` of both directors says.
moves = ${VIRTUAL}     # the addresses that move to whoever is master: ${VIRTUAL}, ${GATEWAY}
sync  = off             # how one tells the other of its connections: off, linux, prompt
`;

const RIGHT = `moves = ${VIRTUAL}, ${GATEWAY}
sync  = prompt
`;

/** Microseconds after which a connection stands, and nothing was asked for yet. */
const IN_THE_MIDDLE = 1000;

export const directorDies: Lesson = {
  number: 11,
  title: "The director dies",
  task: "let a second director take over so that no client is reset",
  watch: "mode=nat&directors=2&sync=off&do=r0@0&do=k0@2000",
  text: `Two directors, with the same rules. By VRRP one of them is master; the other one takes over when no advertisement
has come for three seconds and a little.

    client 12.11.0.10 --+-- 12.11.0.251  director   172.16.1.251  --+-- rs1 172.16.1.2
                        +-- 12.11.0.252  director2  172.16.1.252  --+-- rs2 172.16.1.3
                        VIP 12.11.0.101 moves       gateway of rs1 and rs2: 172.16.1.1

The virtual address moves, and a colleague says that this is enough. Then director dies, just when a client has opened a connection and
is about to ask for its page.

- An address that is in \`moves\` belongs to whoever is master. One that is not stays with the first director, and dies with it.
- \`sync = linux\` tells the other director of a connection as Linux does: with its third packet in the state ESTABLISHED, and up to two
  seconds later. \`sync = prompt\` tells of it when it begins and when its state changes, at once.

**To do:** change \`ha.conf\` so that the client which was in the middle of it gets its page, and everybody who comes later, too.`,
  files: { "ha.conf": GIVEN },
  hints: [
    "Where do the real servers send their replies when the first director is dead? Look at their gateway.",
    "The second director gets a packet from the middle of a connection. How can it know to which real server that goes?",
    "moves = 12.11.0.101, 172.16.1.1 and sync = prompt.",
  ],
  solution: { "ha.conf": RIGHT },
  why: `Three things must survive a director: the virtual address, for requests; with NAT the gateway of the real servers, for replies; and
the table that says which connection goes to which server. The first two move by VRRP, in one group, and neighbors are told by gratuitous ARP.
The third is told by synchronisation. The client sends again what nobody has acknowledged, and notices a pause, nothing else. To see it packet by
packet: tapvs explain nat --directors 2 --lose 1, and the same with --sync off.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "ha.conf");
  const moving = settings.answerWords("moves", [VIRTUAL, GATEWAY], 2);
  const [sync = "off"] = settings.answerWords("sync", SYNC_CHOICES, 1) as readonly SyncChoice[];
  settings.done();
  const moves = (dev: string): boolean => moving.includes(dev === "eth0" ? VIRTUAL : GATEWAY);
  const scene = new Scene("nat", { directors: (single) => pairOf(single, { sync, moves }) });
  for (const director of scene.directors) giveRules(director, { rules: RULES }, "rules");
  scene.network.settle();
  scene.visitInTurn(1);
  scene.visit();
  scene.network.after(IN_THE_MIDDLE, () => scene.director.die());
  scene.network.run();
  scene.visitInTurn(2);
  const [, interrupted, ...later] = scene.visits.map(({ program }) => program.end.kind);
  const second = scene.directors.at(-1);
  return {
    exhibits: [
      ...scene.story().slice(0, scene.allAnswered ? 1 : 2),
      sentences("What became of the directors", directorLines(scene)),
      listing("director2: ipvsadm -Lnc", second?.ipvsadm("-Lnc") ?? ""),
    ],
    goals: [
      goal(
        "Visits after the death of the first director are answered.",
        later.every((end) => end === "answered"),
        moving.includes(VIRTUAL)
          ? "Requests come to director2, and it sends them to a real server. Where does that send its reply?"
          : "Who has the virtual address now?",
      ),
      goal(
        "The visit in the middle of which it died is answered.",
        interrupted === "answered",
        adviceFor(sync, interrupted),
      ),
    ],
  };
}

function adviceFor(sync: SyncChoice, end: string | undefined): string {
  if (end !== "reset") return "Its packets reach nobody who replies: see to the addresses first.";
  return sync === "linux"
    ? "The connection was younger than its third packet in the state ESTABLISHED: director2 was not told of it yet, and reset it."
    : "director2 did not know the connection, and reset it. Who could have told it?";
}

const directorLines = ({ network }: Scene): string[] =>
  network.happenings.filter(isTold).map((one) => `${(one.time / 1e6).toFixed(2)} s: ${happeningWords(one)}.`);
