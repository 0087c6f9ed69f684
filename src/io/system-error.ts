/** What the operating system says when a file cannot be read or written, without Node's decoration. */

/** Whether a code says that a privilege is missing: as root, or with more capabilities, it would have gone well. */
export const lacksPrivilege = (code: string): boolean => code === "EACCES" || code === "EPERM";

/** The code of a failed system call (ENOENT) and its text (no such file or directory); `undefined` if `error` is something else: a bug. */
export function systemError(error: unknown): { readonly code: string; readonly text: string } | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // "ENOENT: no such file or directory, open 'FILE'"
  const text = /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*)?)?$/s.exec(error.message)?.[1] ?? error.message;
  return { code: error.code, text: error.code === "EISDIR" ? "this is a folder, not a file" : text };
}
