/** What students try, and what they are told: typical mistakes, and other ways that are right as well. */
import { expect } from "chai";
import { isMet, type Report } from "../../../src/core/lessons/lesson.ts";
import { LESSONS } from "../../../src/core/lessons/lessons.ts";

/** A replacement in a file of the solution: what, and by what. */
type Edit = readonly [file: string, what: string | RegExp, by: string];

interface Attempt {
  readonly lesson: number;
  readonly title: string;
  /** Made in the solution. */
  readonly edits: readonly Edit[];
  /** Where the report has to say so: in what happened, or in the advice. */
  readonly says: readonly RegExp[];
}

const SERVICE = "-t 12.11.0.101:80";
const RS1 = "172.16.1.2:80";

const WRONG: readonly Attempt[] = [
  {
    lesson: 1,
    title: "-m forgotten",
    edits: [["rules.ipvs", / -m/g, ""]],
    says: [/rs2 drops \[.* TCP S\]\. The packet is for another host/, /column Forward .* does not say Masq/s],
  },
  {
    lesson: 1,
    title: "the service without servers",
    edits: [["rules.ipvs", /-a.*\n/g, ""]],
    says: [/port unreachable/, /no real servers/],
  },
  {
    lesson: 1,
    title: "one server only",
    edits: [["rules.ipvs", /-a.*3:80 -m\n/, ""]],
    says: [/rs1 answered 4 of the visits and rs2 0/],
  },
  {
    lesson: 1,
    title: "a server that is not there",
    edits: [["rules.ipvs", "172.16.1.3", "172.16.1.33"]],
    says: [/director asks by ARP who has 172\.16\.1\.33, and nobody answers/, /director reports: .*host unreachable/],
  },
  { lesson: 2, title: "weights, but rr", edits: [["rules.ipvs", "wrr", "rr"]], says: [/4, 4, 4\. .*rr does not look/] },
  {
    lesson: 2,
    title: "wrr, but no weights",
    edits: [["rules.ipvs", / -w \d/g, ""]],
    says: [/All weights are the same/],
  },
  { lesson: 2, title: "wrong weights", edits: [["rules.ipvs", "-w 3", "-w 5"]], says: [/are 5, 2, 1/] },
  {
    lesson: 3,
    title: "a gateway where nobody is",
    edits: [["network.conf", "rs2.gateway = 172.16.1.1", "rs2.gateway = 172.16.1.9"]],
    says: [/rs2 asks by ARP who has 172\.16\.1\.9, and nobody answers/, /nobody there passes them on/],
  },
  {
    lesson: 3,
    title: "the other router for both",
    edits: [["network.conf", /172\.16\.1\.1$/gm, "172.16.1.254"]],
    says: [
      /client refuses \[172\.16\.1\.2:80 > 12\.11\.0\.10:\d+\] with a reset/,
      /rs1 sends its answers to 172\.16\.1\.254/,
    ],
  },
  {
    lesson: 4,
    title: "arp_ignore only",
    edits: [["network.conf", "rs1.arp_announce = 2", "rs1.arp_announce = 0"]],
    says: [/rs1 asks who has 12\.11\.0\.10, and names 12\.11\.0\.101/, /arp_announce is about/],
  },
  {
    lesson: 4,
    title: "arp_announce only",
    edits: [["network.conf", "rs1.arp_ignore   = 1", "rs1.arp_ignore = 0"]],
    says: [/rs1 answers: it is at 02:00:0c:0b:00:67/, /It sees 0\./, /arp_ignore is about/],
  },
  {
    lesson: 5,
    title: "the outer header only",
    edits: [["network.conf", /1380/g, "1480"]],
    says: [/router drops .*too-big/, /client drops .*firewall lets no ICMP in/, /packet of 1480 bytes/],
  },
  {
    lesson: 5,
    title: "the link only",
    edits: [["network.conf", /1380/g, "1400"]],
    says: [/router reports: .*fragmentation needed, mtu 1400/, /packet of 1400 bytes/],
  },
  {
    lesson: 5,
    title: "smaller than need be",
    edits: [["network.conf", "1380", "1000"]],
    says: [/more fits than 1000 bytes/],
  },
  {
    lesson: 6,
    title: "too short a time",
    edits: [["rules.ipvs", "360", "60"]],
    says: [/the template was gone/],
  },
  {
    lesson: 6,
    title: "a whole day",
    edits: [["rules.ipvs", "360", "86400"]],
    says: [/2 entries are still in the table/],
  },
  {
    lesson: 6,
    title: "source hashing in its place",
    edits: [["rules.ipvs", "rr -p 360", "sh"]],
    says: [/No template was made/],
  },
  {
    lesson: 7,
    title: "deleted at once",
    edits: [["steps.txt", /^(ipvsadm -e|sleep).*\n/gm, ""]],
    says: [/real server was deleted \(destination-unavailable\)/, /was still running when rs1 was deleted/],
  },
  {
    lesson: 7,
    title: "waited, but with new uploads all the time",
    edits: [["steps.txt", /^ipvsadm -e.*\n/m, ""]],
    says: [/rs1 still got new uploads after 0:22/],
  },
  {
    lesson: 7,
    title: "weight 0, and not waited long enough",
    edits: [["steps.txt", "sleep 40", "sleep 15"]],
    says: [/The one from 0:05 was still running/],
  },
  {
    lesson: 7,
    title: "never deleted, and waited too long",
    edits: [
      ["steps.txt", /^ipvsadm -d.*\n/m, ""],
      ["steps.txt", "40", "200"],
    ],
    says: [/ipvsadm -Ln still shows it/, /You wait 200 seconds/],
  },
  {
    lesson: 7,
    title: "everything cleared",
    edits: [["steps.txt", /^ipvsadm -d.*/m, "ipvsadm -C"]],
    says: [/Somebody has to serve/],
  },
  {
    lesson: 8,
    title: "no TOA, and one real server counted",
    edits: [
      ["rules.ipvs", " --toa dpvs", ""],
      ["answers.txt", "121072", "60536"],
    ],
    says: [/from 172\.16\.1\.100:5000 +client unknown/, /They see the local address only/, /There are two/],
  },
  {
    lesson: 8,
    title: "no local address",
    edits: [["rules.ipvs", /-P.*\n/, ""]],
    says: [/no-local-port/, /Give it one with -P/],
  },
  {
    lesson: 8,
    title: "a local address that nobody has a way to",
    edits: [["rules.ipvs", "172.16.1.100", "172.16.9.9"]],
    says: [/router drops \[.* > 172\.16\.9\.9:5000 .*no-route/, /is it one that the router can reach/],
  },
  {
    lesson: 9,
    title: "sed taken for wlc",
    edits: [["answers.txt", /^wlc =.*/m, "wlc = rs1 rs1 rs2 rs1 rs1 rs1"]],
    says: [/1 {2}rs1: overhead 0 \/ weight 3 = 0 +rs2: .* => rs2 {3}and you said rs1/, /mistake is at connection 1/],
  },
  {
    lesson: 9,
    title: "not all of them",
    edits: [["answers.txt", /^nq.*/m, "nq = rs2, rs1"]],
    says: [/Right so far; 4 are still missing/],
  },
  {
    lesson: 10,
    title: "the reset taken for a drop",
    edits: [
      ["answers.txt", "33", "21"],
      ["answers.txt", "too-big", "closed"],
    ],
    says: [/Packet 21: .*the director itself replies/, /21 is not it/, /closed is not it/],
  },
  {
    lesson: 13,
    title: "both on eth0",
    edits: [["network.conf", /lo$/gm, "eth0"]],
    says: [
      /director refuses \[\[fd00:11::10\]:\d+ > \[fd00:11::101\]:80\] with a reset/,
      /rs1 advertises it at/,
      /rs2 advertises/,
    ],
  },
  {
    lesson: 13,
    title: "nowhere",
    edits: [["network.conf", "rs1.vip_dev = lo", "rs1.vip_dev ="]],
    says: [/rs1 drops \[/, /has it the address at all/],
  },
  {
    lesson: 11,
    title: "synchronised, but replies have no gateway",
    edits: [["ha.conf", ", 172.16.1.1", ""]],
    says: [/rs1 asks by ARP who has 172\.16\.1\.1, and nobody answers/, /Where does that send its reply/],
  },
  {
    lesson: 11,
    title: "as Linux does",
    edits: [["ha.conf", "prompt", "linux"]],
    says: [/director2 becomes master: no advertisement came/, /younger than its third packet/],
  },
  {
    lesson: 11,
    title: "only the gateway moves",
    edits: [["ha.conf", "12.11.0.101, ", ""]],
    says: [/Who has the virtual address now/, /see to the addresses first/],
  },
  {
    lesson: 12,
    title: "by turns",
    edits: [["plan.txt", "mh", "rr"]],
    says: [/met another server there/],
  },
  {
    lesson: 12,
    title: "without sloppy_tcp",
    edits: [["plan.txt", "= 1", "= 0"]],
    says: [/were reset by a director that did not know them/],
  },
  {
    lesson: 12,
    title: "the hash that moves nearly all",
    edits: [["plan.txt", "mh", "sh"]],
    says: [/one server less, and the scheduler deals others anew/],
  },
  {
    lesson: 12,
    title: "no scheduler of that name",
    edits: [["plan.txt", "mh", "maglev"]],
    says: [/maglev: IPVS has/],
  },
];

const RIGHT: readonly Attempt[] = [
  { lesson: 1, title: "with the program's name", edits: [["rules.ipvs", /^-/gm, "ipvsadm -"]], says: [] },
  { lesson: 1, title: "named port, other order", edits: [["rules.ipvs", "101:80 -s rr", "101:http -s rr"]], says: [] },
  { lesson: 1, title: "lines of Windows", edits: [["rules.ipvs", /\n/g, "\r\n"]], says: [] },
  { lesson: 2, title: "other numbers, same shares", edits: [["rules.ipvs", /-w (\d)/g, "-w $100"]], says: [] },
  {
    lesson: 4,
    title: "stricter than need be",
    edits: [["network.conf", "arp_ignore   = 1", "arp_ignore=2"]],
    says: [],
  },
  { lesson: 6, title: "-p alone", edits: [["rules.ipvs", " 360", ""]], says: [] },
  { lesson: 7, title: "-w first", edits: [["steps.txt", "-m -w 0", "-w 0 -m"]], says: [] },
  { lesson: 8, title: "TOA as alibaba/LVS has it", edits: [["rules.ipvs", "dpvs", "alibaba"]], says: [] },
  { lesson: 9, title: "commas", edits: [["answers.txt", /(rs\d) /g, "$1, "]], says: [] },
];

function report({ lesson: number, edits }: Attempt): Report {
  const lesson = LESSONS[number - 1];
  if (lesson === undefined) throw new Error(`no lesson ${number}`);
  const files: Record<string, string> = { ...lesson.solution };
  for (const [file, what, by] of edits) {
    const before = files[file] ?? "";
    files[file] = before.replace(what, by);
    if (files[file] === before) throw new Error(`${what} is not in ${file}`);
  }
  return lesson.check(files);
}

/** Everything that the student reads. */
const toldBy = ({ exhibits, goals }: Report): string =>
  [...exhibits.flatMap(({ lines }) => lines), ...goals.map(({ advice }) => advice)].join("\n");

describe("wrong attempts", () => {
  it("are there for every lesson", () => {
    expect(LESSONS.filter(({ number }) => !WRONG.some(({ lesson }) => lesson === number))).deep.equals([]);
  });

  for (const attempt of WRONG) {
    it(`${attempt.lesson}: ${attempt.title}`, () => {
      const result = report(attempt);
      expect(isMet(result)).equals(false);
      for (const pattern of attempt.says) expect(toldBy(result)).matches(pattern);
    });
  }
});

describe("other right attempts", () => {
  for (const attempt of RIGHT) {
    it(`${attempt.lesson}: ${attempt.title}`, () => {
      expect(report(attempt).goals.filter(({ met }) => !met)).deep.equals([]);
    });
  }
});

describe("lesson 7, the last moment", () => {
  it("is reached when the last upload to rs1 is over, and not before", () => {
    const sleeping = (seconds: number): boolean =>
      isMet(report({ lesson: 7, title: "", says: [], edits: [["steps.txt", "sleep 40", `sleep ${seconds}`]] }));
    // Begun at 0:15, over at 0:55; waiting begins at 0:22.
    expect([sleeping(32), sleeping(34)]).deep.equals([false, true]);
  });

  it("needs its first line as it stands there", () => {
    const lesson = LESSONS[6];
    const work = `ipvsadm -e ${SERVICE} -r ${RS1} -m -w 0\nsleep 40\nipvsadm -d ${SERVICE} -r ${RS1}\n`;
    expect(lesson !== undefined && isMet(lesson.check({ "steps.txt": work }))).equals(true);
  });
});
