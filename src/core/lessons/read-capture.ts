/** Lesson 10: a capture from the director's ports, in which one packet was dropped. */
import { type CapturedFrame, recording } from "./capture-of-a-drop.ts";
import { goal, type Lesson, type Report, sentences, type WorkFiles } from "./lesson.ts";
import { Settings } from "./settings.ts";

const QUESTIONS = `# Packets are numbered from 1, as explain and Wireshark number them.
# Which packet did the director drop?
packet =
# Why? The word in brackets behind "dropped".
reason =
# By which packet was its sender told?
told =
# How many bytes would have been let through?
limit =
`;

const RIGHT = `packet = 33
reason = too-big
told = 34
limit = 1400
`;

export const readCapture: Lesson = {
  number: 10,
  title: "Read a capture",
  task: "find the packet that the director dropped, and say why",
  watch: "mode=nat&mtu=1400&do=l0@0",
  text: `Two clients visit a service by NAT. One of them says: "It always works, but when I send a long form it takes a moment longer
than it should." Nothing is in any log. So somebody recorded all frames on both ports of the director:

| file | what it is |
| --- | --- |
| \`wire.pcapng\` | the frames; Wireshark can open it |
| \`director.yaml\` | the director's interfaces and addresses |
| \`rules.ipvs\` | its rules |

\`tapvs explain\` sends the frames that arrived once more through a director like that, and says what became of each:

    tapvs explain wire.pcapng -c director.yaml --brief
    tapvs explain wire.pcapng -c director.yaml --packet 5

The first prints a line for each packet; what the director sent itself is there as well, with the packet that made it do so. The second
tells everything about one packet. (Run them in this folder.)

Not everything that looks unhappy is a loss: a reset is a reply, too.

**To do:** answer the questions in \`answers.txt\`.`,
  files: { "answers.txt": QUESTIONS },
  extras: () => recording().files,
  hints: [
    "In the lines of --brief, look for the word dropped.",
    "tapvs explain wire.pcapng -c director.yaml --packet N with that number shows each step, the MTU among them, and the message to the sender.",
    "The message is of ICMP, fragmentation needed; it leaves right behind the dropped packet, and says how much fits.",
  ],
  solution: { "answers.txt": RIGHT },
  why: `The form made a packet of 1500 bytes, and behind the director a link carries only 1400. DF forbids fragmenting it, so it was dropped, and
the client was told how much fits. It sent the same in two smaller packets, and remembered the size for ten minutes; that is why it happened only
sometimes. Had a firewall swallowed that message, the visit would hang for ever, as in lesson 5.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "answers.txt");
  const { frames, dropped, told, reason, limit } = recording();
  const packet = settings.answerNumber("packet", 1, frames.length);
  const why = settings.answerText("reason");
  const message = settings.answerNumber("told", 1, frames.length);
  const bytes = settings.answerNumber("limit", 1, 65_535);
  settings.done();
  const named = [packet, message].filter((number) => number !== undefined);
  const lines = named.map((number) => `Packet ${number}: ${storyOf(frames[number - 1])}.`);
  return {
    exhibits: lines.length === 0 ? [] : [sentences("The packets that you name", lines)],
    goals: [
      goal(
        "The dropped packet is found.",
        packet === dropped,
        adviceOn(packet, "explain with --brief shows the end of each."),
      ),
      goal(
        "The reason is known.",
        why === reason,
        adviceOn(why || undefined, 'It stands in brackets behind "dropped".'),
      ),
      goal(
        "The message to the sender is found.",
        message === told,
        adviceOn(message, "It leaves by the port where the packet came from."),
      ),
      goal("The limit is known.", bytes === limit, adviceOn(bytes, "The message to the sender names it.")),
    ],
  };
}

const adviceOn = (answer: string | number | undefined, where: string): string =>
  `${answer === undefined ? "No reply yet." : `${answer} is not it.`} ${where}`;

const storyOf = (frame: CapturedFrame | undefined): string => frame?.story ?? "there is no such packet";
