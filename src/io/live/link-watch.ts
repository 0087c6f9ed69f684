/** Tells when the device of an interface goes down or comes back, which whoever looks for lost packets wants to read. */
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { askInterface, IFF_RUNNING, IFF_UP, InterfaceRequest, SIOCGIFFLAGS } from "../tap/ifreq.ts";

/**
 * How often it looks, in milliseconds: at 50 ms between advertisements the other director takes over within 180, and two virtual routers of a group
 * contradict each other until the link is known to be down.
 */
const INTERVAL = 50;

/** An interface of the director and the device that is its wire. */
export interface WatchedLink {
  readonly name: string;
  readonly tap: string;
}

export class LinkWatch {
  readonly #links: readonly WatchedLink[];
  readonly #log: Pick<Log, "warning" | "notice">;
  readonly #changed: (name: string, isUp: boolean) => void;
  readonly #down = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `changed` hears of each change, too. */
  constructor(
    links: readonly WatchedLink[],
    log: Pick<Log, "warning" | "notice">,
    changed: (name: string, isUp: boolean) => void,
  ) {
    this.#links = links;
    this.#log = log;
    this.#changed = changed;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const link of this.#links) {
      const up = isUp(link.tap);
      if (up === undefined || up !== this.#down.has(link.tap)) continue;
      this.#tell(link, up);
    }
  }

  #tell({ name, tap }: WatchedLink, up: boolean): void {
    this.#changed(name, up);
    if (up) {
      this.#down.delete(tap);
      this.#log.notice(`${name}: its device ${tap} is up again`);
    } else {
      this.#down.add(tap);
      this.#log.warning(`${name}: its device ${tap} is down: no frame arrives or leaves there`);
    }
  }
}

/** `undefined` for a device that is gone: its reader says so. */
function isUp(tap: string): boolean | undefined {
  const flags = new InterfaceRequest(tap);
  try {
    askInterface(SIOCGIFFLAGS, flags, tap);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return undefined;
  }
  return (flags.short & IFF_UP) !== 0 && (flags.short & IFF_RUNNING) !== 0;
}
