/** A directory of a test's own, gone when it is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Within a describe: the path of a name in a new directory that the whole describe shares. */
export function scratch(): (name: string) => string {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tapvs-"));
  });
  after(() => rmSync(directory, { recursive: true }));
  return (name) => join(directory, name);
}
