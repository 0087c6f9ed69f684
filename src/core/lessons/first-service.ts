/** Lesson 1: a service and two real servers. */
import { goal, type Lesson, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";

const EMPTY = `# Three lines are to be written below this one. What begins with # is not read.
`;

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
`;

export const firstService: Lesson = {
  number: 1,
  title: "The first service",
  task: "balance port 80 over two real servers, in turn",
  watch: "mode=nat&do=r0@0",
  text: `A *director* stands between the clients and two *real servers*. Clients know only its virtual address, 12.11.0.101.

    client 12.11.0.10 ------- 12.11.0.1 director 172.16.1.1 ---+--- rs1 172.16.1.2
                         VIP 12.11.0.101                       +--- rs2 172.16.1.3

The director does not know yet what to do with port 80. \`ipvsadm\` does that, in two steps:

- \`-A -t ADDRESS:PORT -s SCHEDULER\` adds a virtual service for TCP. The scheduler decides who gets a new connection;
  \`rr\`, round robin, goes from one server to the next.
- \`-a -t ADDRESS:PORT -r SERVER:PORT METHOD\` adds a real server to it. The method says how packets get there:
  \`-m\` for NAT (masquerading), \`-g\` for direct routing, which is what you get if you say nothing, \`-i\` for a tunnel.

Here the servers have private addresses and reply through the director: that is NAT.

**To do:** write three lines into \`rules.ipvs\`, each with the options of one \`ipvsadm\` command: a service for 12.11.0.101, port 80,
with \`rr\`, and both real servers. A client will visit four times; each server should answer twice.`,
  files: { "rules.ipvs": EMPTY },
  hints: [
    "One line with -A for the service, then two lines with -a, one for each real server.",
    "The service: -A -t 12.11.0.101:80 -s rr",
    "A real server: -a -t 12.11.0.101:80 -r 172.16.1.2:80 -m. The other one has the address 172.16.1.3. Do not forget -m.",
  ],
  solution: { "rules.ipvs": RULES },
  why: `rr takes the servers in turn, and begins with the one that was added last: the kernel puts a new server at the head
of its list. With NAT the director writes the real server's address into each packet in place of the virtual one, and on the
path back the virtual one again; the client never learns that there are two servers.`,
  check,
};

function check(files: WorkFiles): Report {
  const scene = new Scene("nat");
  giveRules(scene.director, files, "rules.ipvs");
  scene.visitInTurn(4);
  const [one, two] = [scene.share("rs1"), scene.share("rs2")];
  return {
    exhibits: [...scene.story(), scene.listing("-Ln")],
    goals: [
      goal("Every visit is answered.", scene.allAnswered, whyUnanswered(scene)),
      goal(
        "Each server answers twice.",
        one === 2 && two === 2,
        `rs1 answered ${one} of the visits and rs2 ${two}. Are both of them added, and is the scheduler rr?`,
      ),
    ],
  };
}

/** What is most likely missing or wrong in the rules. */
function whyUnanswered({ director }: Scene): string {
  const service = director.stack.server.services.list().at(0);
  if (service === undefined)
    return "There is no service yet, so the director itself is asked; nobody listens there. Write a line with -A.";
  if (service.destinations.length === 0) return "The service has no real servers. Write a line with -a for each.";
  const listed = director.ipvsadm("-Ln");
  if (/ (Route|Tunnel) /.test(listed))
    return `The column Forward of the listing does not say Masq for each server. Without -m the director passes the packet on
as it is, still for 12.11.0.101, and in this network no real server has that address.`;
  return "Compare addresses and ports with the drawing: the service is TCP (-t) 12.11.0.101:80, the servers are 172.16.1.2 and .3, both port 80.";
}
