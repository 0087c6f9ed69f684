/** A check that a text is well-formed XML: tags that nest, attributes in quotes, no bare `<` or `&` (XML 1.0, sections 2.4, 3). */

const NAME = "[A-Za-z_][\\w.-]*";
const ATTRIBUTE = `\\s+${NAME}="[^"<&]*(?:&(?:#\\d+|amp|lt|gt|quot|apos);[^"<&]*)*"`;
const TAG = new RegExp(`^<(/?)(${NAME})((?:${ATTRIBUTE})*)\\s*(/?)>$`);

/** What is wrong with it; `undefined` if nothing is. */
export function xmlProblem(text: string): string | undefined {
  const open: string[] = [];
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  for (const piece of body.split(/(<[^>]*>)/)) {
    if (!piece.startsWith("<")) {
      if (/&(?!(?:#\d+|amp|lt|gt|quot|apos);)/.test(piece)) return `a bare & in ${JSON.stringify(piece)}`;
      if (open.length === 0 && piece.trim() !== "") return `text outside of all elements: ${JSON.stringify(piece)}`;
      continue;
    }
    const tag = TAG.exec(piece);
    if (tag === null) return `no tag: ${piece}`;
    const [, closes, name = "", , isEmpty] = tag;
    if (closes === "/" && open.pop() !== name) return `${piece} closes another element`;
    if (closes === "" && isEmpty === "") open.push(name);
  }
  // What XML 1.0 cannot hold.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) return "a control character";
  return open.length === 0 ? undefined : `${open.join(", ")} not closed`;
}
