/** Completion for bash, zsh and fish, made from the commands and their options. */
import type { CommandFacts, OptionFacts } from "./command-tree.ts";

const MADE = "# Made from the help of the commands by tools/pages-for-shells.ts: run `make docs`.";

const everyCommand = (command: CommandFacts): CommandFacts[] => [command, ...command.commands.flatMap(everyCommand)];

const nameOf = ({ path }: CommandFacts): string => ["tapvs", ...path].join(" ");
const last = ({ path }: CommandFacts): string => path.at(-1) ?? "tapvs";

/** Options by all their names. */
const spellings = ({ long, short }: OptionFacts): string[] => [short, long].filter((name) => name !== "");

/** What may stand in a single-quoted word of a shell. */
const quotable = (words: string): string => words.replaceAll("'", "’").replaceAll(/\s+/g, " ");

/** The path of commands that the words so far name: the same function for bash and zsh. */
const PATH_FUNCTION = (paths: readonly string[]): string[] => [
  "  local named=tapvs word",
  `  for word in "\${before[@]}"; do`,
  '    case "$named $word" in',
  `      ${paths.map((path) => `"${path}"`).join("|")}) named="$named $word" ;;`,
  "    esac",
  "  done",
];

export function bashCompletion(program: CommandFacts): string {
  const all = everyCommand(program);
  const paths = all.slice(1).map(nameOf);
  const lines = [
    MADE,
    "_tapvs() {",
    `  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"`,
    `  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")`,
    ...PATH_FUNCTION(paths),
    "  COMPREPLY=()",
    '  case "$named $prev" in',
    ...all.flatMap((command) =>
      command.options.filter(({ takesValue }) => takesValue).map((option) => valueLine(command, option)),
    ),
    "  esac",
    '  local words=""',
    '  case "$named" in',
    ...all.map((command) => {
      const options = command.options.flatMap(spellings).join(" ");
      const words = [...command.commands.map(last), ...command.arguments.flatMap(({ choices }) => choices)].join(" ");
      return `    "${nameOf(command)}") [[ $cur == -* ]] && words="${options}" || words="${words}" ;;`;
    }),
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    "}",
    "complete -o default -F _tapvs tapvs",
  ];
  return `${lines.join("\n")}\n`;
}

/** Behind an option that takes a value: its choices, or nothing, and then the shell completes a file. */
function valueLine(command: CommandFacts, option: OptionFacts): string {
  const patterns = spellings(option)
    .map((name) => `"${nameOf(command)} ${name}"`)
    .join("|");
  const reply =
    option.choices.length === 0 ? "" : `COMPREPLY=($(compgen -W "${option.choices.join(" ")}" -- "$cur")); `;
  return `    ${patterns}) ${reply}return ;;`;
}

export function zshCompletion(program: CommandFacts): string {
  const all = everyCommand(program);
  const described = (name: string, what: string): string => `'${name.replaceAll(":", "\\:")}:${quotable(what)}'`;
  const lines = [
    "#compdef tapvs",
    MADE,
    "_tapvs() {",
    `  local prev="\${words[CURRENT-1]}"`,
    `  local before=("\${(@)words[2,CURRENT-1]}")`,
    ...PATH_FUNCTION(all.slice(1).map(nameOf)),
    "  local -a choices",
    '  case "$named $prev" in',
    ...all.flatMap((command) =>
      command.options
        .filter(({ takesValue }) => takesValue)
        .map((option) => {
          const patterns = spellings(option)
            .map((name) => `"${nameOf(command)} ${name}"`)
            .join("|");
          const offer = option.choices.length === 0 ? "_files" : `compadd ${option.choices.join(" ")}`;
          return `    ${patterns}) ${offer}; return ;;`;
        }),
    ),
    "  esac",
    '  case "$named" in',
    ...all.map((command) => {
      const options = command.options.flatMap((option) =>
        spellings(option).map((name) => described(name, option.description)),
      );
      const below = command.commands.map((one) => described(last(one), one.summary || one.description));
      const words = [...below, ...command.arguments.flatMap(({ choices }) => choices.map((choice) => `'${choice}'`))];
      return `    "${nameOf(command)}") if [[ $PREFIX == -* ]]; then choices=(${options.join(" ")}); else choices=(${words.join(" ")}); fi ;;`;
    }),
    "  esac",
    "  _describe tapvs choices || _files",
    "}",
    '_tapvs "$@"',
  ];
  return `${lines.join("\n")}\n`;
}

export function fishCompletion(program: CommandFacts): string {
  const lines = [MADE];
  for (const command of everyCommand(program)) {
    const where = condition(command);
    for (const below of command.commands)
      lines.push(
        `complete -c tapvs -f -n "${where}" -a ${last(below)} -d '${quotable(below.summary || below.description)}'`,
      );
    for (const { choices } of command.arguments)
      if (choices.length > 0) lines.push(`complete -c tapvs -n "${where}" -a '${choices.join(" ")}'`);
    for (const option of command.options) lines.push(fishOption(option, where));
  }
  return `${lines.join("\n")}\n`;
}

/** When a command is the one that is being typed. */
function condition({ path, commands }: CommandFacts): string {
  const below = commands.map(last).join(" ");
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const none =
    below === "" ? [] : [path.length === 0 ? "__fish_use_subcommand" : `not __fish_seen_subcommand_from ${below}`];
  return [...seen, ...none].join("; and ");
}

function fishOption({ long, short, takesValue, choices, description }: OptionFacts, where: string): string {
  const names = [...(short === "" ? [] : [`-s ${short.slice(1)}`]), ...(long === "" ? [] : [`-l ${long.slice(2)}`])];
  const value = takesValue ? [choices.length === 0 ? "-r" : `-x -a '${choices.join(" ")}'`] : [];
  return ["complete -c tapvs", `-n "${where}"`, ...names, ...value, `-d '${quotable(description)}'`].join(" ");
}
