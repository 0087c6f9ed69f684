/** Watches the real servers of one service, takes those that fail out of it, and puts them back when they are well. */

import { type DestinationOptions, TUNNEL_IPIP, TUNNEL_NO_CHECKSUM } from "../../core/ipvs/destination.ts";
import { methodCalled } from "../../core/ipvs/forwarding/methods.ts";
import { describeService, type ServiceKey } from "../../core/ipvs/service.ts";
import { AF_INET, ANY, formatAddress } from "../../core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../core/wire/ipv4.ts";
import type { HealthCheck, ServiceName } from "../config/live.ts";
import type { LiveDirector } from "../live/live-director.ts";
import type { ServerEnd, Target } from "../live/messages.ts";
import { Refusal } from "../live/refusal.ts";
import type { Log } from "../log.ts";
import type { Probe } from "./checks/check.ts";
import { type Change, Judge } from "./judge.ts";
import type { Prober } from "./prober.ts";
import type { ServerReport } from "./report.ts";

/** The key that the table knows a service by. */
export const serviceKeyOf = ({ protocol, address, port, mark }: ServiceName): ServiceKey =>
  protocol === "fwmark"
    ? { family: AF_INET, protocol: PROTOCOL_TCP, address: ANY, port: 0, fwmark: mark }
    : { family: address.family, protocol: protocol === "tcp" ? PROTOCOL_TCP : PROTOCOL_UDP, address, port, fwmark: 0 };

const endText = ({ address, port }: ServerEnd): string =>
  `${address.family === AF_INET ? formatAddress(address) : `[${formatAddress(address)}]`}:${port}`;

interface Watched {
  readonly server: ServerEnd;
  readonly judge: Judge;
}

export class Watcher {
  readonly #check: HealthCheck;
  readonly #key: ServiceKey;
  readonly #director: LiveDirector;
  readonly #prober: Prober;
  readonly #log: Log;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Why checks cannot be made; told once. */
  #obstacle = "";
  sorry = false;

  constructor(check: HealthCheck, director: LiveDirector, prober: Prober, log: Log) {
    this.#check = check;
    this.#key = serviceKeyOf(check.service);
    this.#director = director;
    this.#prober = prober;
    this.#log = log;
  }

  get service(): string {
    return describeService(this.#key);
  }

  /** Begins, and goes on until it is stopped. */
  start(): void {
    this.#round()
      .catch((error: unknown) => {
        // The director is about to end, or somebody deleted the service meanwhile.
        if (!(error instanceof Refusal)) throw error;
      })
      .finally(() => {
        if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.#check.interval * 1000);
      });
  }

  /** Ends; servers that are out go back in if `release` says so. */
  async stop(release: boolean): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (!release) return;
    for (const { server } of this.#watched.values()) {
      await this.#director.ask({ kind: "put-back", service: this.#key, server }).catch(() => {});
    }
    await this.#sendSorryHome().catch(() => {});
  }

  reports(): ServerReport[] {
    return [...this.#watched.values()].map(({ server, judge: { state, checks, failures, last } }) => ({
      service: this.service,
      server: endText(server),
      state,
      checks,
      failures,
      last,
    }));
  }

  async #round(): Promise<void> {
    const targets = (await this.#director.ask({ kind: "targets", service: this.#key })) ?? [];
    this.#forgetOthers(targets);
    await Promise.all(targets.map((target) => this.#look(target)));
    if (!this.#stopped) await this.#mindSorry(targets);
  }

  #forgetOthers(targets: readonly Target[]): void {
    const present = new Set(targets.map(endText));
    for (const name of this.#watched.keys()) if (!present.has(name)) this.#watched.delete(name);
  }

  #watch({ address, port }: Target): Watched {
    const server = { address, port };
    const name = endText(server);
    const watched = this.#watched.get(name) ?? { server, judge: new Judge(this.#check) };
    this.#watched.set(name, watched);
    return watched;
  }

  async #look(target: Target): Promise<void> {
    const watched = this.#watch(target);
    const { judge, server } = watched;
    const finding = await this.#prober.probe(this.#probeOf(target), this.#check.netns).catch((error: unknown) => {
      this.#cannot(error);
      return null;
    });
    // Nothing is known of a server that could not be looked at: it stays as it is.
    if (finding === null || this.#stopped) return;
    const change = judge.hear(finding);
    if (change !== undefined) this.#tell(change, watched);
    if (judge.state === "down") {
      await this.#director.ask({ kind: "take-out", service: this.#key, server, how: this.#check.failure });
    } else if (judge.state === "up" && target.out) {
      await this.#director.ask({ kind: "put-back", service: this.#key, server });
    }
  }

  #probeOf({ address, port }: Target): Probe {
    const { kind, timeout, path, host, status, body, port: other } = this.#check;
    return {
      kind,
      address: formatAddress(address),
      port: other ?? port,
      timeout: timeout * 1000,
      path,
      host,
      status,
      body,
    };
  }

  #cannot(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== this.#obstacle) this.#log.error(`health of ${this.service}: ${why}; its servers are not checked`);
    this.#obstacle = why;
  }

  #tell(change: Change, { server, judge }: Watched): void {
    const { failure } = this.#check;
    const name = `${this.service}: ${endText(server)}`;
    if (change === "went-up") this.#log.notice(`${name} is up again`);
    else this.#log.warning(`${name} is down, ${failure === "quiesce" ? "quiesced" : "removed"}: ${judge.last}`);
  }

  /** The sorry server stands in while every server is down. */
  async #mindSorry(targets: readonly Target[]): Promise<void> {
    const { sorry } = this.#check;
    if (sorry === undefined) return;
    const states = targets.map((target) => this.#watched.get(endText(target))?.judge.state);
    if (states.length === 0 || states.some((state) => state !== "down")) return this.#sendSorryHome();
    const { address, port, method } = sorry;
    const options: DestinationOptions = {
      forwarding: methodCalled(method).number,
      weight: 1,
      upperThreshold: 0,
      lowerThreshold: 0,
      tunnelType: TUNNEL_IPIP,
      tunnelPort: 0,
      tunnelFlags: TUNNEL_NO_CHECKSUM,
    };
    const stands = await this.#director.ask({
      kind: "stand-in",
      service: this.#key,
      server: { address, port },
      options,
    });
    if (stands) this.#log.warning(`${this.service}: all servers are down, ${endText(sorry)} stands in`);
    this.sorry = true;
  }

  async #sendSorryHome(): Promise<void> {
    const { sorry } = this.#check;
    this.sorry = false;
    if (sorry === undefined) return;
    const { address, port } = sorry;
    const left = await this.#director.ask({ kind: "send-home", service: this.#key, server: { address, port } });
    if (left) this.#log.notice(`${this.service}: ${endText(sorry)} is no longer needed`);
  }
}
