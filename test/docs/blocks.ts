/** Fenced blocks of a Markdown page, and the marks between them that tell the test what to set up. */

/** A fenced block. `info` are the words behind the opening fence: ["console"], ["yaml", "director", "file=a.yaml"]. */
export interface Block {
  readonly kind: "block";
  readonly info: readonly string[];
  /** Of the first line inside, from 0. */
  readonly start: number;
  /** Of the closing fence. */
  readonly end: number;
  readonly lines: readonly string[];
}

/** `<!-- lab: nat fault=gateway -->`: a comment that readers do not see. */
export interface Mark {
  readonly kind: "mark";
  readonly line: number;
  readonly name: string;
  readonly words: readonly string[];
}

export type Part = Block | Mark;

const FENCE = /^(`{3,})(.*)$/;
const MARK = /^<!-- (\w+): (.*) -->$/;

/** Blocks and marks in the order of the page. Throws if a block is not closed. */
export function partsOf(markdown: string): Part[] {
  const lines = markdown.split("\n");
  const parts: Part[] = [];
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? "";
    const [, name, words = ""] = MARK.exec(text) ?? [];
    if (name !== undefined) parts.push({ kind: "mark", line, name, words: wordsOf(words) });
    const [, fence, info = ""] = FENCE.exec(text) ?? [];
    if (fence === undefined) continue;
    const start = line + 1;
    const end = lines.indexOf(fence, start);
    if (end < 0) throw new Error(`line ${line + 1}: this block is not closed`);
    parts.push({ kind: "block", info: wordsOf(info), start, end, lines: lines.slice(start, end) });
    line = end;
  }
  return parts;
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** The value of `key=value` among the words; `undefined` if there is none. */
export const valueOfKey = (words: readonly string[], key: string): string | undefined =>
  words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);

/** Whether the program can try the block. */
export const isRunnable = ({ info }: Block): boolean =>
  info[0] === "console" || info[0] === "js" || (info[0] === "yaml" && info[1] === "director");

/** A command of a console block, on the host of its prompt, and the lines that it prints. */
export interface Command {
  readonly host: string;
  readonly line: string;
  readonly output: readonly string[];
}

/** `$ tapvs ...` on the director, or `client$ curl ...`. */
const PROMPT = /^(\w*)\$ (.*)$/;

/** Throws if the block does not begin with a prompt. */
export function commandsOf(block: Block): Command[] {
  const commands: { host: string; line: string; output: string[] }[] = [];
  for (const [index, text] of block.lines.entries()) {
    const [, host, line] = PROMPT.exec(text) ?? [];
    if (host !== undefined && line !== undefined) commands.push({ host, line, output: [] });
    else {
      const last = commands.at(-1);
      if (last === undefined) throw new Error(`line ${block.start + index + 1}: a console block begins with a prompt`);
      last.output.push(text);
    }
  }
  return commands;
}
