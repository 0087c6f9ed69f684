/** What runs on the director at the prompt; what changes it is written down. */
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { procFile } from "../control/proc.ts";
import type { Director } from "../host/director.ts";
import { sysctlKey, sysctlRefusal, sysctlValue } from "../host/sysctls.ts";
import { isProcFile, PROC_FILES } from "../ipvs/proc-files.ts";
import type { Recorder } from "./recorder.ts";
import { type Answer, failed, said } from "./session.ts";

export function ipvsadm(director: Director, recorder: Recorder, args: string): Answer {
  const { code, out, err } = runIpvsadm(wordsOf(args), { server: director.server });
  recorder.tell({ do: "ipvsadm", t: recorder.seconds, args, code, out, err });
  const text = `${out}${err}`.trimEnd();
  const lines = text === "" ? [] : text.split("\n");
  return code === 0 ? said(...lines) : failed(...lines);
}

/** `NAME`, or `-w NAME=VALUE`. */
export function sysctl(director: Director, recorder: Recorder, text: string): Answer {
  const [, write, name = "", value] = /^(-w\s+)?([^=\s]+)(?:\s*=\s*(.+))?$/.exec(text) ?? [];
  const key = sysctlKey(name);
  if (name === "" || (value === undefined && write !== undefined))
    return failed(
      `sysctl: expected a switch, or -w and a switch with its value${text === "" ? "" : `, got "${text}"`}`,
    );
  if (value === undefined) {
    const current = sysctlValue(director, key);
    return current === undefined ? failed(sysctlRefusal(key, "no such switch") ?? "") : said(`${key} = ${current}`);
  }
  const refusal = sysctlRefusal(key, director.setSysctl(key, value));
  if (refusal !== undefined) return failed(refusal);
  recorder.tell({
    do: "sysctl",
    t: recorder.seconds,
    key,
    value: /^-?\d{1,15}$/.test(value) ? Number(value) : value,
  });
  return said(`${key} = ${value}`);
}

/** A file of /proc/net. */
export function cat(director: Director, path: string): Answer {
  const file = path.replace(/^\/proc\/net\//, "");
  if (!isProcFile(file))
    return failed(
      `cat: ${path === "" ? "" : `${path}: `}expected one of ${PROC_FILES.map((name) => `/proc/net/${name}`).join(", ")}`,
    );
  return said(...(procFile(file, director.server) ?? "").trimEnd().split("\n"));
}
