/** The folder that a command writes into. */
import { makeFolder } from "../io/folder.ts";
import { systemError } from "../io/system-error.ts";
import { FAILED, Failure } from "./failure.ts";

/** Makes the folder, if it is not there; a Failure names the one that cannot be made. */
export function makeFolderOrFail(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new Failure(FAILED, `${folder}: ${failure.text}`);
  }
}
