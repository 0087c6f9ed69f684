/** Commands as a shell script: what `lab up` prints, and what a person could type instead. */
import { dirname } from "node:path";
import type { LabCommand, Section } from "./command.ts";

/** The commands of all sections, each section under its title, reasons as comments. Ends with a newline. */
export const shellScript = (sections: readonly Section[]): string =>
  sections.map(({ title, commands }) => [`# ${title}`, ...commands.flatMap(commandLines), ""].join("\n")).join("\n");

/** The lines of one command; the reason, if it has one, comes first. */
function commandLines(command: LabCommand): string[] {
  const reason = command.why === undefined ? [] : [`# ${command.why}`];
  return [...reason, ...typed(command)];
}

function typed(command: LabCommand): string[] {
  switch (command.kind) {
    case "ip": {
      const { netns, words } = command;
      return [shellWords(netns === undefined ? ["ip", ...words] : ["ip", "-n", netns, ...words])];
    }
    case "sysctl":
      return [shellWords(sysctlWords(command))];
    case "write":
      return [
        `mkdir -p ${quoted(dirname(command.file))}`,
        `cat > ${quoted(command.file)} <<'END'`,
        ...command.text.replace(/\n$/, "").split("\n"),
        "END",
      ];
    case "start":
      return [...waiting(command.awaits), `${shellWords(["ip", "netns", "exec", command.netns, ...command.words])} &`];
  }
}

const waiting = (socket: string | undefined): string[] =>
  socket === undefined ? [] : [`until tapvs status --socket ${quoted(socket)} >/dev/null 2>&1; do sleep 0.1; done`];

/** The whole command that sets kernel parameters inside a namespace. */
export const sysctlWords = ({ netns, values, ignoreUnknown }: Extract<LabCommand, { kind: "sysctl" }>): string[] => [
  ...["ip", "netns", "exec", netns, "sysctl", ignoreUnknown === true ? "-qew" : "-qw"],
  ...values.map(([key, value]) => `${key}=${value}`),
];

/** Words as one line for a POSIX shell. */
export const shellWords = (words: readonly string[]): string => words.map(quoted).join(" ");

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
