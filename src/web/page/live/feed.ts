/** Fetches what the running director says of itself, once a second, and the stream of explained packets. */
import type { ExplainedPacket, LiveConnection, LiveService, LiveStatus } from "./listing.ts";
import type { LiveTab } from "./live-tab.ts";

/** Milliseconds between two looks. */
const INTERVAL = 1000;
/** More connections are not asked for. */
const MOST_CONNECTIONS = 5000;

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path);
  const answer: unknown = await response.json();
  if (!response.ok)
    throw new Error((answer as { readonly error?: string }).error ?? `the server replied ${response.status}`);
  return answer as Answer;
}

export class Feed {
  readonly #tab: LiveTab;
  readonly #changed: () => void;
  #stream: AbortController | undefined;
  #begun = false;

  /** `changed` is told of everything new. */
  constructor(tab: LiveTab, changed: () => void) {
    this.#tab = tab;
    this.#changed = changed;
  }

  /** Begins to look, if there is a director and nobody has yet. */
  begin(): void {
    if (this.#begun || !this.#tab.there) return;
    this.#begun = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      const [status, { services }] = await Promise.all([
        ask<LiveStatus>("v1/status"),
        ask<{ services: LiveService[] }>("v1/services"),
      ]);
      const few = status.connections <= MOST_CONNECTIONS;
      const { connections } = few
        ? await ask<{ connections: LiveConnection[] }>("v1/connections")
        : { connections: [] };
      this.#tab.rates.add(status, performance.now());
      Object.assign(this.#tab, { status, services, connections, problem: "" });
    } catch (error) {
      this.#tab.problem = `The director does not reply: ${error instanceof Error ? error.message : String(error)}. Trying again.`;
    }
    this.#changed();
    setTimeout(() => void this.#look(), INTERVAL);
  }

  /** Has packets explained that pass the filter, in place of those before. */
  async listen(filter: string): Promise<void> {
    this.stop();
    const stream = new AbortController();
    this.#stream = stream;
    Object.assign(this.#tab, { filter, listening: true, filterProblem: "", explained: [] });
    this.#changed();
    try {
      const response = await fetch(`v1/trace?filter=${encodeURIComponent(filter)}`, { signal: stream.signal });
      if (response.ok && response.body !== null) await this.#read(response.body);
      else this.#tab.filterProblem = ((await response.json()) as { readonly error?: string }).error ?? "no stream";
    } catch (error) {
      if (!stream.signal.aborted)
        this.#tab.filterProblem = `The stream broke off: ${error instanceof Error ? error.message : String(error)}.`;
    }
    if (this.#stream === stream) this.stop();
  }

  /** Ends the stream. */
  stop(): void {
    this.#stream?.abort();
    this.#stream = undefined;
    this.#tab.listening = false;
    this.#changed();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#tab.tell(JSON.parse(line) as ExplainedPacket);
      this.#changed();
    }
  }
}
