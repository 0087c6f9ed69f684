/** Where a web server of the lab keeps its clients' sessions. */

export interface Sessions {
  /** How often the client of this session has come; `undefined` if nobody here knows the session. */
  count(id: string): Promise<number | undefined>;
  /** Remembers it; when this resolves, whoever shares the session knows it too. */
  remember(id: string, count: number): Promise<void>;
  /** Resolves when sessions can be kept; rejects if that is not to be expected any more. */
  ready(): Promise<void>;
}

/** Sessions in the server's own memory: nobody else knows them, and they end with it. */
export class OwnSessions implements Sessions {
  readonly #counts = new Map<string, number>();

  count(id: string): Promise<number | undefined> {
    return Promise.resolve(this.#counts.get(id));
  }

  remember(id: string, count: number): Promise<void> {
    this.#counts.set(id, count);
    return Promise.resolve();
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }
}
