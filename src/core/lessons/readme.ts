/** README.md of a lesson's working folder. */
import { wrapped } from "../explain/styled.ts";
import type { Lesson } from "./lesson.ts";

const WIDTH = 88;
/** A blank within code, where no line is broken. */
const UNBROKEN = "\u00a0";

/** The text of the lesson, broken into lines that fit a terminal. */
export function readme({ number, title, text, watch }: Lesson): string {
  return reflowed(`# Lesson ${number}: ${title}

${text}

Check as often as you like; the other two are for when you are stuck:

    tapvs lesson check ${number}
    tapvs lesson hint ${number}
    tapvs lesson solution ${number}

To watch it packet by packet: \`tapvs serve\`, then

    http://127.0.0.1:8078/#${watch}
`);
}

/** Paragraphs and items of lists anew; drawings, tables and headings as they are. */
function reflowed(markdown: string): string {
  const blocks = markdown.trimEnd().split(/\n{2,}/);
  return `${blocks.map((block) => (/^( {4}|\||#)/.test(block) ? block : reflowedBlock(block))).join("\n\n")}\n`;
}

function reflowedBlock(block: string): string {
  const items = block.split(/\n(?=- )/);
  return items
    .flatMap((item) => {
      const indent = item.startsWith("- ") ? "  " : "";
      const words = item.replace(/\s*\n\s*/g, " ").replace(/`[^`]*`/g, (code) => code.replaceAll(" ", UNBROKEN));
      const rows = wrapped(words, WIDTH - indent.length).map((row) => row.replaceAll(UNBROKEN, " "));
      return rows.map((row, index) => (index === 0 ? row : indent + row));
    })
    .join("\n");
}
