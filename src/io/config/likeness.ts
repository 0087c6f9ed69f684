/** Whether a text is a director.yaml at all: mistakes in one that is none would be those of its parser. */
import { isMap, isScalar, parseDocument } from "yaml";
import { CONFIG_KEYS } from "./document.ts";

/** Any of its keys at its top, and a key, a brace or nothing at all where it begins. */
export function isDirectorYaml(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\uFEFF?\s*(#|---|%|\r?$)/.test(line)) ?? "";
  if (first !== "" && !/^\uFEFF?(["']?[\w.-]+["']?\s*:|\s*\{)/.test(first)) return false;
  const { contents } = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  if (!isMap(contents)) return contents === null;
  return contents.items.some(({ key }) => isScalar(key) && CONFIG_KEYS.some((known) => known === key.value));
}

/** What to say of one that is none. */
export const notDirectorYaml = (text: string): string =>
  `this is ${/^\uFEFF?\s*[[{]/.test(text) ? "JSON" : "a text"}, expected a director.yaml; its keys are ${CONFIG_KEYS.join(", ")}`;
