/** Lines for the people who run a director: to stderr, as text, as JSON, or with the journal's priorities. */

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Levels with the priorities of syslog(3). */
const PRIORITIES = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;
export type LogLevel = keyof typeof PRIORITIES;

export interface LogOptions {
  readonly format: LogFormat;
  /** The journal reads stderr: lines begin with `<priority>`, and it adds the time itself. */
  readonly journal: boolean;
  /** Somebody watches: lines begin with the time. */
  readonly terminal: boolean;
  readonly write: (line: string) => void;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** What goes with a message: printed behind it as text, as members of the object in JSON. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export class Log {
  readonly #options: LogOptions;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  error(message: string, fields?: LogFields): void {
    this.#line("error", message, fields);
  }

  warning(message: string, fields?: LogFields): void {
    this.#line("warning", message, fields);
  }

  notice(message: string, fields?: LogFields): void {
    this.#line("notice", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#line("info", message, fields);
  }

  #line(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { format, journal, terminal, write, now } = this.#options;
    const prefix = journal ? `<${PRIORITIES[level]}>` : "";
    if (format === "json") {
      write(`${prefix}${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
      return;
    }
    const time = terminal && !journal ? `${new Date(now()).toTimeString().slice(0, 8)} ` : "";
    const urgency = level === "error" || level === "warning" ? `${level}: ` : "";
    const details = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
    // One message is one line, whatever a file name or a server's answer has in it.
    write(`${prefix}${time}${urgency}${message}${details.join("")}`.replace(/[\n\r]+/g, " ").concat("\n"));
  }
}

/** A log to this process's stderr. */
export const standardLog = (format: LogFormat): Log =>
  new Log({
    format,
    journal: (process.env.JOURNAL_STREAM ?? "") !== "",
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(line),
    now: Date.now,
  });
