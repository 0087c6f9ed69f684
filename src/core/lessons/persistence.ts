/** Lesson 6: visitors who have to meet the same server again, and the templates that see to it. */
import { goal, type Lesson, listing, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { clockText, Scene, serverOf } from "./scene.ts";

const GIVEN = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
`;

/** When each client comes, in seconds; between 0:30 and 5:20 both read. */
const VISITS: readonly (readonly [seconds: number, client: number])[] = [
  [0, 0],
  [10, 1],
  [20, 1],
  [30, 0],
  [320, 1],
  [330, 0],
  [335, 1],
  [345, 0],
];
const SECOND = 1e6;
const HALF_AN_HOUR = 1800;

export const persistence: Lesson = {
  number: 6,
  title: "Persistence and its templates",
  task: "let each visitor of a shop meet the server that has the shopping cart",
  watch: "mode=nat&clients=2&persistent=60&do=r0@0&show=tables",
  text: `A shop runs on two real servers, by NAT. What a visitor puts into the cart is remembered only by the server that he talked to. He may
talk to the other one next time, and then the cart is empty. Visitors think for up to five minutes between two clicks.

    client  12.11.0.10 --+-- director --+-- rs1 172.16.1.2
    client2 12.11.0.11 --+              +-- rs2 172.16.1.3

\`-p SECONDS\` behind \`-A\` makes a service *persistent*. When a client comes for the first time, the scheduler picks a server, and the
director makes two entries in its table: the connection, and a *template*, which binds the client's address to that server. In
\`ipvsadm -Lnc\` the template is the line with client port 0. As long as the template is there, the scheduler is not asked about this client again.

The template's time starts again with each connection, and it cannot go while one of its connections is still in the table
(a finished one stays there for two minutes).

Bound visitors have a price: while they are bound, a server cannot be taken out without somebody losing the cart, and new
weights do not move anybody. So the time should not be much longer than it has to be.

**To do:** change \`rules.ipvs\` so that both visitors keep their carts, and nobody is bound half an hour after the last click.`,
  files: { "rules.ipvs": GIVEN },
  hints: [
    "The change is in the line with -A only.",
    "The time has to be longer than the longest pause: five minutes.",
    "-A -t 12.11.0.101:80 -s rr -p 360. Six minutes is also what you get if you write -p alone.",
  ],
  solution: { "rules.ipvs": GIVEN.replace("-s rr", "-s rr -p 360") },
  why: `A template is a connection entry with client port 0: client address, virtual service, real server. It is looked up before the
scheduler is asked. Many visitors behind one address (a company, a provider) all go to the same server, and that may be too many;
-M 255.255.255.0 binds whole networks even. To take a server out of a persistent service, weight 0 is not enough: bound
clients still come, unless net.ipv4.vs.expire_quiescent_template is 1.`,
  check,
};

function check(files: WorkFiles): Report {
  const scene = new Scene("nat", { clients: 2 });
  giveRules(scene.director, files, "rules.ipvs");
  for (const [seconds, client] of VISITS) {
    scene.network.runUntil(seconds * SECOND);
    scene.visit({ client: scene.clients[client] });
  }
  scene.network.run();
  const after = scene.director.ipvsadm("-Lnc");
  const end = scene.network.now + HALF_AN_HOUR * SECOND;
  scene.network.runUntil(end);
  const later = scene.director.ipvsadm("-Lnc");
  const created = scene.directorEvents.some((event) => event.kind === "template" && event.what === "created");
  const stray = scene.clients.map(({ name }) => name).filter((name) => serversOf(scene, name).length !== 1);
  const entries = later.trim().split("\n").length - 2;
  return {
    exhibits: [
      ...scene.story({ clock: true }),
      listing("ipvsadm -Lnc, after the last visit", after),
      listing(`ipvsadm -Lnc, at ${clockText(end)}`, later),
    ],
    goals: [
      goal("Every visit is answered.", scene.allAnswered, "The rules you were given could do that already."),
      goal(
        "Each visitor always meets the same server.",
        stray.length === 0,
        created
          ? `${stray.join(" and ")} met another one: the template was gone when the next click came.`
          : `${stray.join(" and ")} met more than one: nothing binds a visitor to a server yet.`,
      ),
      goal(
        "Both servers have visitors.",
        scene.share("rs1") > 0 && scene.share("rs2") > 0,
        "A shop with one server does not need a director. Both are to work.",
      ),
      goal("Visitors are bound by templates.", created, "No template was made: the service is not persistent."),
      goal(
        "Half an hour after the last click nobody is bound.",
        entries === 0,
        `${entries} entries are still in the table, see expire: the time is longer than it has to be.`,
      ),
    ],
  };
}

/** The servers that a client met. */
const serversOf = ({ visits }: Scene, client: string): string[] => [
  ...new Set(visits.filter((visit) => visit.client === client).map(({ program }) => serverOf(program.end))),
];
