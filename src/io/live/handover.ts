/**
 * A director gives its place to a successor: another process of the same command line, with the same open devices.
 *
 *   predecessor                              successor
 *   starts it with its descriptors   ->      loads the program and the configuration
 *   stops taking frames              <-      prepared
 *   tells all that it knows          ->      takes it over, takes frames
 *   ends                             <-      running
 *
 * Meanwhile frames wait in the devices. If the successor fails before it runs, the predecessor goes on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { handoverTo } from "../system/privileges.ts";
import type { LiveDirector } from "./live-director.ts";
import type { Handed } from "./messages.ts";
import type { Prepared } from "./preparation.ts";
import { Refusal } from "./refusal.ts";

/** Standard streams, then the channel between the two; descriptors come behind them. */
const STANDARD = ["inherit", "inherit", "inherit", "ipc"] as const;

type FromSuccessor = { readonly kind: "prepared" } | { readonly kind: "running" };

/** The process that takes over, as its predecessor sees it. */
export class Successor {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(new Error(`the successor ended with ${signal ?? code}; its log says why`)),
      );
    });
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it waits to be told; rejects if it ends instead. */
  static async start({ lock, devices }: Prepared): Promise<Successor> {
    const descriptors = [lock.descriptor, ...devices.map(({ descriptor }) => descriptor)];
    const [ofLock = 0, ...ofDevices] = descriptors.map((_, index) => STANDARD.length + index);
    const left: Prepared = {
      lock: { ...lock, descriptor: ofLock },
      devices: devices.map((device, index) => ({ ...device, descriptor: ofDevices[index] ?? 0 })),
    };
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      stdio: [...STANDARD, ...descriptors],
      serialization: "advanced",
      env: handoverTo(left),
    });
    const successor = new Successor(child);
    await successor.#says("prepared");
    return successor;
  }

  /** Resolves when it takes frames; rejects if it ends instead. */
  async takeOver(handed: Handed): Promise<void> {
    this.#child.send(handed);
    await this.#says("running");
    this.#child.removeAllListeners();
    this.#child.disconnect();
    this.#child.unref();
  }

  #says(kind: FromSuccessor["kind"]): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const hear = (message: unknown): void => {
        if ((message as FromSuccessor).kind !== kind) return;
        this.#child.off("message", hear);
        resolve();
      };
      this.#child.on("message", hear);
    });
    return Promise.race([said, this.#ended]);
  }
}

/** The process whose place this one takes. */
export class Predecessor {
  /** Resolves to what it knew; the process ends if it goes away before. */
  async tells(): Promise<Handed> {
    const gone = (): void => process.exit(1);
    process.once("disconnect", gone);
    const told = new Promise<Handed>((resolve) => process.once("message", (handed) => resolve(handed as Handed)));
    process.send?.({ kind: "prepared" } satisfies FromSuccessor);
    const handed = await told;
    process.off("disconnect", gone);
    return handed;
  }

  /** It may end now. */
  dismiss(): void {
    process.send?.({ kind: "running" } satisfies FromSuccessor);
  }
}

/** What a director does around the moment in which it takes no frames. */
export interface HandoverSteps {
  /** Lets go of what the successor will hold: files, the socket's name. */
  readonly pause: () => Promise<void>;
  /** Takes all of it back. */
  readonly resume: () => Promise<void>;
}

/** Resolves to the successor, which takes frames by then. Rejects with Refusal if it does not: then the director goes on. */
export async function handOverTo(
  prepared: Prepared,
  director: LiveDirector,
  { pause, resume }: HandoverSteps,
): Promise<Successor> {
  let paused = false;
  try {
    const successor = await Successor.start(prepared);
    await pause();
    paused = true;
    await successor.takeOver(await director.ask({ kind: "hand-over" }));
    return successor;
  } catch (error) {
    if (paused) {
      await director.ask({ kind: "begin" });
      await resume();
    }
    throw new Refusal(error instanceof Error ? error.message : String(error));
  }
}
