/** What is said of an arrival. */
export interface Statement {
  /** A sentence or two, verb first after who does it. */
  readonly text: string;
  /** From here on the connection does not go as it should. */
  readonly breaks: boolean;
}
