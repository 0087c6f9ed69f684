/** Whether two names stand for one file, so that nothing is written over what is read. */
import { type Stats, statSync } from "node:fs";

/** True if both are there and are the same regular file, by whatever names. */
export function isSameFile(a: string, b: string): boolean {
  const first = fileOf(a);
  const second = fileOf(b);
  return first?.isFile() === true && first.dev === second?.dev && first.ino === second.ino;
}

/** What is there under a name; `undefined` also if that cannot be known: opening it will tell. */
function fileOf(name: string): Stats | undefined {
  try {
    return statSync(name, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
