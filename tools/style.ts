/**
 * Holds what people read to docs/style.md: finds words that are out, in the texts of the program (strings of src) and in the pages.
 * `node dist/tools/style.js` names each with its place and what to say instead, and then exits with 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exit } from "node:process";

interface Rule {
  readonly out: RegExp;
  readonly say: string;
  /** Out in comments, too. */
  readonly inComments?: true;
}

const RULES: readonly Rule[] = [
  {
    out: /\b(?:an|the|its|their|your|no|each|every|first|whose|late|server's|servers'|host's|and|or) answers?\b(?! (?:ARP|for|by|to|with|a|an|the|on|it|is yes))/i,
    say: "reply",
  },
  {
    out: /\banswers? (?:of|from|come|comes|go|goes|leave|leaves|pass|passes|that|which|back|is|are|was|were|do|does)\b/i,
    say: "reply",
  },
  { out: /\bARP questions?\b|\bquestions? (?:by|of|for) ARP\b/i, say: "ARP request" },
  {
    out: /\b(?:to|not|be|is|are|was|were|may|they|it|which|nobody) cut\b(?! off| short)|\bcuts? (?:a|the|an|it|them|packets|IPv6)\b|\bforbids? to\b/i,
    say: "fragment, fragmented",
  },
  { out: /\bcut off\b(?! to)/i, say: "truncated", inComments: true },
  {
    out: /\bways? (?:back|leads?|lead|passes|to the (?:client|server|director|real server)s?)\b|\bboth ways\b|\b(?:another|shorter|own|by which|which) way\b/i,
    say: "route, path",
  },
  { out: /\blives? (?:\d|for \d|on by|without)/i, say: "expires after" },
  {
    out: /\bnobody has (?:said|told)\b|\bhas nothing to say\b|\bsaid so\b|\bnone of (?:IPVS's|its) business\b/i,
    say: "is not known",
  },
  { out: /\bother than it (?:came|was)\b/i, say: "changed" },
  { out: /\bwhat one sees\b/i, say: "symptom" },
  { out: /\bin spite of\b/i, say: "although", inComments: true },
  { out: /\b(?:hears?|heard) of\b/i, say: "learns of" },
  { out: /\breads along\b/i, say: "reads the payload" },
  { out: /\bwithout a word\b/i, say: "silently" },
  { out: /\bis taken off\b|\btakes? it off\b/i, say: "removed" },
];

/** What is right as it stands, by a piece of its text. */
const EXCEPTIONS: readonly string[] = ["question and answer"];

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly say: string;
}

const STRING = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

/** The prose in a program's text: strings of several words, each with its offset. */
export function stringsOf(source: string): readonly (readonly [number, string])[] {
  const code = source.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, " "));
  return [...code.matchAll(STRING)].flatMap((found) => {
    const text = (found[1] ?? found[2] ?? "").replace(/\$\{[^}]*\}/g, "X");
    return /[a-z] [a-z]/i.test(text) && !/^\s*import\b/.test(lineAt(code, found.index))
      ? [[found.index, text] as const]
      : [];
  });
}

/** The comments of a program's text. */
export const commentsOf = (source: string): readonly (readonly [number, string])[] =>
  [...source.matchAll(COMMENT)].map(({ 0: text, index }) => [index, text] as const);

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g;

/** The prose of a page, line by line: no code, no links' targets. */
export function proseOf(page: string): readonly (readonly [number, string])[] {
  const prose = page
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]*`|\]\([^)]*\)/g, (code) => " ".repeat(code.length));
  return [[0, prose]];
}

const lineAt = (text: string, index: number): string => text.slice(text.lastIndexOf("\n", index) + 1, index);

export function findingsIn(file: string, text: string): Finding[] {
  if (file.endsWith(".md")) return findings(file, text, proseOf(text), RULES);
  const forComments = RULES.filter(({ inComments }) => inComments === true);
  return [...findings(file, text, stringsOf(text), RULES), ...findings(file, text, commentsOf(text), forComments)];
}

function findings(
  file: string,
  text: string,
  pieces: readonly (readonly [number, string])[],
  rules: readonly Rule[],
): Finding[] {
  return pieces.flatMap(([start, piece]) =>
    rules.flatMap(({ out, say }) =>
      [...piece.matchAll(new RegExp(out.source, "gi"))].flatMap(({ 0: words, index }) => {
        const context = piece.slice(Math.max(0, index - 40), index + words.length + 40).replace(/\s+/g, " ");
        if (EXCEPTIONS.some((right) => context.includes(right))) return [];
        const line = text.slice(0, start + index).split("\n").length;
        return [{ file, line, text: context.trim(), say }];
      }),
    ),
  );
}

const FOLDERS = ["src", "docs", "examples"];
const isText = (name: string): boolean => name.endsWith(".ts") || name.endsWith(".md");

function filesToHold(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
  );
  // It names the words that are out.
  return ["README.md", ...files].filter((name) => isText(name) && name !== join("docs", "style.md"));
}

if (import.meta.filename === process.argv[1]) {
  const findings = filesToHold().flatMap((file) => findingsIn(file, readFileSync(file, "utf8")));
  for (const { file, line, text, say } of findings) console.log(`${file}:${line}: ${say}: ...${text}...`);
  console.log(`${findings.length} words that docs/style.md has out`);
  exit(findings.length === 0 ? 0 : 1);
}
