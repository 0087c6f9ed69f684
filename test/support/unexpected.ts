/** For what tells of trouble that a test does not expect. */
export function unexpected(message: string): never {
  throw new Error(message);
}
