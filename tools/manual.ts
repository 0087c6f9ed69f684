/** man/tapvs.1, made from the help of the commands. */
import type { CommandFacts, OptionFacts } from "./command-tree.ts";

const EXIT_STATUS: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["1", "it failed, or something differs"],
  ["2", "the command line or a configuration is wrong"],
  ["3", "no director is running"],
  ["4", "a privilege or a device is missing"],
  ["130, 143", "ended by SIGINT, SIGTERM"],
];
const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ["TAPVS_SOCKET", "the control socket of the director that commands talk to"],
  ["NO_COLOR", "no colours, even on a terminal"],
];

/** The page in man(7), for section 1. */
export function manualPage(program: CommandFacts): string {
  const lines = [
    `.\\" Made from the help of the commands by tools/pages-for-shells.ts: run \`make docs\`.`,
    '.TH TAPVS 1 "" tapvs "User Commands"',
    ".SH NAME",
    `tapvs \\- ${text(program.description)}`,
    ".SH SYNOPSIS",
    ".B tapvs",
    "\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...",
    ".SH DESCRIPTION",
    text(`${program.description}. Every command has its own help: tapvs COMMAND --help.`),
    ".SH COMMANDS",
    ...program.commands.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...EXIT_STATUS.flatMap(([code, what]) => tagged(code, what)),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, what]) => tagged(name, what)),
    ".SH SEE ALSO",
    ".BR ipvsadm (8),",
    ".BR keepalived (8),",
    ".BR tcpdump (1)",
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(command: CommandFacts): string[] {
  const { usage, description, options, more, commands } = command;
  return [
    `.SS ${text(usage)}`,
    text(description),
    ...command.arguments.flatMap((argument) =>
      argument.description === "" ? [] : tagged(argument.name, argument.description),
    ),
    ...options.filter(({ long }) => long !== "--help").flatMap(optionLines),
    ...(more === "" ? [] : [".PP", ".nf", ...more.split("\n").map(text), ".fi"]),
    ...commands.flatMap(commandLines),
  ];
}

const optionLines = ({ flags, description }: OptionFacts): string[] => tagged(flags, description);

const tagged = (tag: string, what: string): string[] => [".TP", `.B ${text(tag)}`, text(what)];

/** Letters that mean something to roff mean themselves; a line that begins with a dot or an apostrophe is text. */
function text(words: string): string {
  const escaped = words.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
