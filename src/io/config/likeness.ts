/** Whether a text is a director.yaml at all: mistakes in one that is none would be those of its parser. */
import { isMap, isScalar, parseDocument } from "yaml";
import { CONFIG_KEYS, SEVERAL_DOCUMENTS } from "./document.ts";

const BEGIN = new RegExp(`^\\uFEFF?["']?(?:${CONFIG_KEYS.join("|")})["']?\\s*:`);

/**
 * Any of its keys at its top, and a key, a brace or nothing at all where it begins. A mistake in YAML may hide its keys: it is one
 * then if it is called or begins as one.
 */
export function isDirectorYaml(text: string, file: string): boolean {
  const first = text.split("\n").find((line) => !/^\uFEFF?\s*(#|---|%|\r?$)/.test(line)) ?? "";
  const { contents, errors } = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  const isBroken = errors.some(({ code }) => code !== SEVERAL_DOCUMENTS);
  if (isBroken && (/\.ya?ml$/.test(file) || BEGIN.test(first))) return true;
  if (first !== "" && !/^\uFEFF?(["']?[\w.-]+["']?\s*:|\s*\{)/.test(first)) return false;
  if (!isMap(contents)) return contents === null;
  return contents.items.some(({ key }) => isScalar(key) && CONFIG_KEYS.some((known) => known === key.value));
}

/** What to say of one that is none. */
export const notDirectorYaml = (text: string): string =>
  `this is ${/^\uFEFF?\s*[[{]/.test(text) ? "JSON" : "a text"}, expected a director.yaml; its keys are ${CONFIG_KEYS.join(", ")}`;
