/**
 * One virtual router: the state machine of RFC 9568, section 6.4 (of RFC 3768 for version 2), with what keepalived adds: a
 * delay before it preempts, and links that fail. Pure: it says what is to be sent, and is told what was heard.
 *
 *   initialize -> backup -> master        a backup that hears nothing for so long becomes master
 *                 backup <- master        a master that hears of a better one becomes backup
 *   fault                                 its link is down, or that of another router of its group
 */
import type { Agenda, Appointment } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { VrrpCause, VrrpState } from "../../trace/events.ts";
import { OWNER_PRIORITY, RESIGNING } from "../../wire/vrrp.ts";
import type { VirtualRouterConfig } from "./config.ts";

const CENTISECOND = 10_000;
const SECOND = 1_000_000;
/** A master is missed after three intervals and a skew that is shorter the higher the priority. */
const MISSED = 3;
/** Microseconds in which all frames that wait are read. */
const UNREAD = 2000;

/** What a router asks of what is around it. */
export interface VirtualRouterHost {
  readonly now: Microseconds;
  /** The present: timers that are late run at the time that they were due. */
  readonly latest: Microseconds;
  readonly agenda: Agenda;
  /** Whether it is ready to take over from a master that lives. */
  readonly mayPreempt: boolean;
  /** Sends an advertisement with this priority. */
  advertise(router: VirtualRouter, priority: number): void;
  /** It has another state by now. */
  moved(router: VirtualRouter, before: VrrpState, cause: VrrpCause): void;
  /** Somebody else claims the addresses, wrongly: says again where they are. */
  reannounce(router: VirtualRouter): void;
}

/** An advertisement as it concerns a router. */
export interface HeardAdvertisement {
  readonly priority: number;
  /** Hundredths of a second. */
  readonly interval: number;
  /** Whether its sender's address is higher than ours: of two equal masters that one stays. */
  readonly fromHigherAddress: boolean;
}

export class VirtualRouter {
  config: VirtualRouterConfig;
  state: VrrpState = "initialize";
  /** When and why it came into that state. */
  since: Microseconds = 0;
  cause: VrrpCause = "start";
  sent = 0;
  received = 0;
  /** How often it became master. */
  takeovers = 0;
  readonly #host: VirtualRouterHost;
  #timer: Appointment | undefined;
  /** Of the master that was heard last (version 3); the own one before. */
  #masterInterval: number;
  /** From when on a master of lower priority is not respected any more. */
  #preemptsFrom: Microseconds | undefined;
  /** What it would be if the timer ran out now. */
  #lastHeard: VrrpCause = "silence";

  constructor(config: VirtualRouterConfig, host: VirtualRouterHost) {
    this.config = config;
    this.#host = host;
    this.#masterInterval = config.interval;
  }

  /** Initialize: the owner is master at once, others listen first. */
  start(cause: VrrpCause = "start"): void {
    if (this.config.priority === OWNER_PRIORITY) this.#becomeMaster("owner");
    else this.#becomeBackup(cause);
  }

  /** Gives up; a master says so. */
  stop(cause: VrrpCause = "stop"): void {
    const wasMaster = this.state === "master";
    if (wasMaster) this.#advertise(RESIGNING);
    this.#move(cause === "stop" ? "initialize" : "fault", cause);
  }

  /** Goes on as what a predecessor was. */
  resume(state: VrrpState): void {
    if (state === "master") this.#becomeMaster("handover");
    else if (state === "fault") this.#move("fault", "handover");
    else this.#becomeBackup("handover");
  }

  /** Another router of the group has this state. */
  follow(state: "master" | "backup"): void {
    if (state === this.state || this.state === "fault" || this.state === "initialize") return;
    if (state === "master") this.#becomeMaster("group");
    else this.#becomeBackup("group");
  }

  hear(heard: HeardAdvertisement): void {
    this.received++;
    if (this.state === "backup") this.#hearAsBackup(heard);
    else if (this.state === "master") this.#hearAsMaster(heard);
  }

  /** Section 6.4.2. */
  #hearAsBackup({ priority, interval }: HeardAdvertisement): void {
    if (priority === RESIGNING) {
      this.#lastHeard = "resignation";
      this.#wait(this.#skew);
    } else if (priority >= this.config.priority) {
      this.#respect(interval);
      this.#preemptsFrom = undefined;
    } else if (!this.#preempts()) this.#respect(interval);
    else this.#lastHeard = "preemption";
  }

  #respect(interval: number): void {
    this.#lastHeard = "silence";
    if (this.config.version === 3) this.#masterInterval = interval;
    this.#wait(this.#masterDown);
  }

  /** Whether a master of lower priority is not respected, or no longer. */
  #preempts(): boolean {
    const { preempt, preemptDelay } = this.config;
    if (!preempt || !this.#host.mayPreempt) return false;
    this.#preemptsFrom ??= this.#host.now + preemptDelay * SECOND;
    return this.#host.now >= this.#preemptsFrom;
  }

  /**
   * Section 6.4.3; the master that stays announces its addresses again, as keepalived does: whoever heard the other has them wrong by now.
   * differs: one that yields says that it does. Else a master that was heard first would never know that there were two.
   */
  #hearAsMaster({ priority, fromHigherAddress }: HeardAdvertisement): void {
    const own = this.config.priority;
    if (priority > own || (priority === own && fromHigherAddress)) {
      this.#becomeBackup("higher-priority");
      this.#advertise(RESIGNING);
      return;
    }
    this.#wait(this.config.interval * CENTISECOND);
    this.#advertise(own);
    this.#host.reannounce(this);
  }

  /** Microseconds. */
  get #skew(): number {
    const interval = this.config.version === 3 ? this.#masterInterval : SECOND / CENTISECOND;
    return ((256 - this.config.priority) * interval * CENTISECOND) / 256;
  }

  get #masterDown(): number {
    const interval = this.config.version === 3 ? this.#masterInterval : this.config.interval;
    return MISSED * interval * CENTISECOND + this.#skew;
  }

  #becomeMaster(cause: VrrpCause): void {
    this.takeovers++;
    this.#advertise(this.config.priority);
    this.#move("master", cause);
    this.#wait(this.config.interval * CENTISECOND);
  }

  #becomeBackup(cause: VrrpCause): void {
    this.#lastHeard = "silence";
    this.#preemptsFrom = undefined;
    this.#move("backup", cause);
    this.#wait(this.#masterDown);
  }

  #move(state: VrrpState, cause: VrrpCause): void {
    const before = this.state;
    this.#host.agenda.cancel(this.#timer);
    this.state = state;
    this.since = this.#host.now;
    this.cause = cause;
    if (state !== before) this.#host.moved(this, before, cause);
  }

  #advertise(priority: number): void {
    this.sent++;
    this.#host.advertise(this, priority);
  }

  #wait(delay: number): void {
    const { agenda, now } = this.#host;
    agenda.cancel(this.#timer);
    this.#timer = agenda.schedule(now + Math.round(delay), () => this.#timeUp());
  }

  #timeUp(): void {
    if (this.state === "backup") this.#takeOverUnlessHeard();
    else if (this.state === "master") {
      this.#wait(this.config.interval * CENTISECOND);
      this.#advertise(this.config.priority);
    }
  }

  /** A director that was held up has advertisements in its devices that it has not read: it reads them first. */
  #takeOverUnlessHeard(): void {
    const { agenda, now, latest } = this.#host;
    this.#timer = agenda.schedule(Math.max(now, latest) + UNREAD, () => this.#becomeMaster(this.#lastHeard));
  }
}
