/** What a file is, told by how it begins: so that one that was given for another can be called by its name. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { gunzipSync, constants as zlib } from "node:zlib";
import { pcapFlavour } from "../core/capture/pcap.ts";
import { SECTION_HEADER } from "../core/capture/pcapng.ts";
import { isCaseFolder } from "./recorded-cases.ts";
import { systemError } from "./system-error.ts";
import { isTranscriptName } from "./transcript-file.ts";

/** What commands take. */
export type Wanted = "capture" | "configuration" | "rules" | "transcript" | "failures";

type Kind =
  | Wanted
  | "listing"
  | "keepalived"
  | "tcpdump"
  | "json"
  | "text"
  | "empty"
  | "bytes"
  | "compressed"
  | "other";

interface Told {
  readonly kind: Kind;
  /** Behind "this is". */
  readonly name: string;
  /** What is compressed in it, where that can be seen. */
  readonly inside?: Kind;
}

const WANTED: Readonly<Record<Wanted, string>> = {
  capture: "a capture (pcap or pcapng)",
  configuration: "a director.yaml",
  rules: "rules as ipvsadm -S prints them",
  transcript: "a transcript or a case",
  failures: "cases that are known to fail, NAME: REASON a line",
};

/** Where a file of a kind is in its place. */
const PLACES: Partial<Readonly<Record<Kind, string>>> = {
  capture: "tapvs replay, explain and adopt take a capture",
  configuration: "it belongs behind -c",
  rules: "a director.yaml names it as its rules, and tapvs ipvsadm -R reads it",
  transcript: "tapvs verify, replay and explain take it",
  listing: "ipvsadm -Sn prints rules",
  keepalived: "tapvs with -- keepalived -nlf runs it",
  tcpdump: "tcpdump -w writes a capture",
  compressed: "decompress it first",
};
/** A transcript has frames, too, where its name says that it is one. */
const ENDINGS = "the name of a transcript ends in .jsonl, that of a case in .case";

/** How many bytes of a file are looked at, and of one that is compressed. */
export const HEAD = 32 * 1024;
const COMPRESSED_HEAD = 2 * 1024;

/** Bytes that no text has: control characters but for blanks and the escapes of colours. */
const NO_TEXT = /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/;

/** What files begin with, in hexadecimal. */
const MAGIC: readonly (readonly [string, Kind, string])[] = [
  ["28b52ffd", "compressed", "a file compressed by zstd"],
  ["fd377a58", "compressed", "a file compressed by xz"],
  ["425a68", "compressed", "a file compressed by bzip2"],
  ["504b0304", "compressed", "a ZIP archive"],
  ["fffe", "other", "a text in UTF-16, not in UTF-8"],
  ["feff", "other", "a text in UTF-16, not in UTF-8"],
  ["89504e47", "other", "a picture"],
  ["ffd8ff", "other", "a picture"],
  ["25504446", "other", "a PDF"],
  ["7f454c46", "other", "a program"],
];

/** What a text has in it, the surest first. */
const TEXTS: readonly (readonly [RegExp, Kind, string])[] = [
  [/^\s*\{.*"transcript"\s*:/, "transcript", "a transcript"],
  [/^\s*\{(?:.|\n)*"interfaces"\s*:/, "configuration", "a director.yaml"],
  [/^\s*[[{]/, "json", "JSON"],
  [/^(IP Virtual Server version|IPVS connection entries)/m, "listing", "a listing of ipvsadm"],
  [/^["']?interfaces["']?[ \t]*:/m, "configuration", "a director.yaml"],
  [/^director\s+\S/m, "transcript", "a case"],
  [/^(?:\s*(?:#.*)?\n)*\s*(?:-[ACa]\s|--(?:add|clear))/, "rules", "a file of rules"],
  [/^(virtual_server|vrrp_instance|global_defs)\b/m, "keepalived", "a configuration of keepalived"],
  [/^\d\d:\d\d:\d\d\.\d+ (?:\S+ +(?:In|Out) +)?(IP6?|ARP)\b/m, "tcpdump", "what tcpdump printed"],
];

/** What a file that begins with these bytes is. */
function toldBy(bytes: Uint8Array): Told {
  const head = Buffer.from(bytes.subarray(0, HEAD));
  if (head.length === 0) return { kind: "empty", name: "an empty file" };
  const magic = head.length < 4 ? 0 : head.readUInt32BE();
  if (magic === SECTION_HEADER) return { kind: "capture", name: "a capture (pcapng)" };
  if (pcapFlavour(magic) !== undefined) return { kind: "capture", name: "a capture (pcap)" };
  const digits = head.toString("hex", 0, 4);
  if (digits.startsWith("1f8b")) return gzipped(head);
  const [, kind, name] = MAGIC.find(([start]) => digits.startsWith(start)) ?? [];
  if (kind !== undefined && name !== undefined) return { kind, name };
  const text = head.toString("utf8").replace(/^\uFEFF/, "");
  if (NO_TEXT.test(text)) return { kind: "bytes", name: "no text, and no file that is known here" };
  const [, what, called] = TEXTS.find(([sign]) => sign.test(text)) ?? [];
  return what === undefined || called === undefined ? { kind: "text", name: "a text" } : { kind: what, name: called };
}

function gzipped(head: Uint8Array): Told {
  try {
    const inside = toldBy(gunzipSync(head.subarray(0, COMPRESSED_HEAD), { finishFlush: zlib.Z_SYNC_FLUSH }));
    return { kind: "compressed", name: `${inside.name}, compressed by gzip`, inside: inside.kind };
  } catch {
    return { kind: "compressed", name: "a file compressed by gzip" };
  }
}

/**
 * Why a file that begins with these bytes cannot be what is wanted, in words to stand behind its name; `undefined` where it may be,
 * and whoever reads it has more to say. Of a capture that is compressed they are the bytes inside.
 */
export function wrongBytes(file: string, bytes: Uint8Array, wanted: Wanted): string | undefined {
  const { kind, name, inside = kind } = toldBy(bytes);
  if (kind === wanted || mayBe(file, kind, wanted)) return undefined;
  const place = wanted === "capture" && kind === "transcript" ? ENDINGS : PLACES[inside === wanted ? kind : inside];
  return `this is ${name}, expected ${WANTED[wanted]}${place === undefined ? "" : `; ${place}`}`;
}

/** Whether its reader says more. A file's name counts: what is called as a transcript is read as one. */
function mayBe(file: string, kind: Kind, wanted: Wanted): boolean {
  if (wanted === "capture") return kind === "bytes" || kind === "compressed";
  if (kind === "empty") return wanted === "rules" || wanted === "failures";
  if (kind !== "text" && kind !== "json") return false;
  return wanted !== "transcript" || isTranscriptName(file);
}

/** The same of a folder. */
export const wrongFolder = (folder: string, wanted: Wanted): string =>
  isCaseFolder(folder)
    ? `this is the folder of a case, expected ${WANTED[wanted]}; tapvs verify, replay and explain take it`
    : `this is a folder, expected ${WANTED[wanted]}`;

/** Whether a file is one that can be read only once, and from its beginning: a pipe, as the shell's `<(...)` is one, or a terminal. */
export function isPipe(file: string): boolean {
  try {
    const there = statSync(file);
    return !there.isFile() && !there.isDirectory();
  } catch (error) {
    if (systemError(error) === undefined) throw error;
    return false;
  }
}

/** What the system says of a file or a folder that cannot be read: it is not there, or its folder is closed to us. */
export function whyUnreadable(path: string): ReturnType<typeof systemError> {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** The same of a file that is not read yet; `undefined`, too, for what can be read only once. */
export function wrongFile(file: string, wanted: Wanted): string | undefined {
  const head = Buffer.alloc(HEAD);
  let descriptor: number | undefined;
  try {
    const there = statSync(file);
    if (there.isDirectory()) return wrongFolder(file, wanted);
    if (!there.isFile()) return undefined;
    descriptor = openSync(file, "r");
    return wrongBytes(file, head.subarray(0, readSync(descriptor, head)), wanted);
  } catch (error) {
    // Whoever reads the file says what is wrong with it.
    if (systemError(error) === undefined) throw error;
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
