/** The network of a lesson: a topology whose director has no rules yet, with the student's settings, and visits to it. */

import type { FaultName } from "../simulator/faults.ts";
import { Host, type HostOptions } from "../simulator/host.ts";
import { type Layout, type Mode, SERVICE_PORT } from "../simulator/layout.ts";
import { Network } from "../simulator/network.ts";
import type { TcpProgram } from "../simulator/tcp-connection.ts";
import { dr } from "../simulator/topologies/dr.ts";
import { fullnat } from "../simulator/topologies/fullnat.ts";
import { nat } from "../simulator/topologies/nat.ts";
import { tun } from "../simulator/topologies/tun.ts";
import { addressing, clientBeside, directorHosts } from "../simulator/topologies.ts";
import { SETTLING } from "../simulator/two-directors.ts";
import { WebClient, type WebEnd, webServer } from "../simulator/web.ts";
import type { WalkEvent } from "../trace/events.ts";
import { type Address, AF_INET, type Family, sameAddress } from "../wire/address.ts";
import { incidents } from "./incidents.ts";
import { type Exhibit, listing, sentences } from "./lesson.ts";

export interface SceneOptions {
  /** AF_INET by default. */
  readonly family?: Family;
  /** Two by default. */
  readonly servers?: number;
  /** One by default; the others have the addresses behind the first one's. */
  readonly clients?: number;
  /** What is wrong with the network and not the student's business. */
  readonly faults?: readonly FaultName[];
  /** Of the link from the director to the servers; 1500 by default. */
  readonly mtu?: number;
  /** Two directors made of the one; they settle when `network.settle` is called. */
  readonly directors?: (single: HostOptions) => readonly [HostOptions, ...HostOptions[]];
  /** What the student's settings make of a real server. */
  readonly server?: (options: HostOptions) => HostOptions;
  /** What listens on port 80 of a real server; a page that says its name by default. */
  readonly program?: () => TcpProgram;
}

/** A request of a client, and what becomes of it while the network runs. */
export interface Visit {
  readonly client: string;
  /** Microseconds. */
  readonly time: number;
  /** The client's port. */
  readonly port: number;
  readonly program: WebClient;
}

export interface VisitOptions {
  /** The first one by default. */
  readonly client?: Host | undefined;
  /** Bytes that the request is longer than it has to be. */
  readonly padding?: number;
  /** Another way to ask, which tells `web` what it hears. */
  readonly program?: (web: WebClient) => TcpProgram;
}

/** So long after its connection stands a client sends its request, in microseconds. */
const THINKING_TIME = 1000;
/** More visits than these are told in one sentence. */
const MOST_LINES = 6;
const LAYOUTS = { nat, dr, tun, fullnat } as const;

export class Scene {
  readonly network: Network;
  readonly director: Host;
  readonly directors: readonly Host[];
  readonly client: Host;
  /** `client` and those beside it. */
  readonly clients: readonly Host[];
  readonly servers: readonly Host[];
  readonly virtualAddress: Address;
  readonly visits: Visit[] = [];

  constructor(mode: Mode, options: SceneOptions = {}) {
    this.network = new Network(options.directors === undefined ? 0 : -SETTLING);
    const layout = this.#layOut(mode, options);
    this.virtualAddress = addressing(options.family ?? AF_INET).virtualAddress;
    this.director = layout.directors[0];
    this.directors = layout.directors;
    this.client = layout.client;
    this.servers = layout.servers;
    const others = Array.from({ length: (options.clients ?? 1) - 1 }, (_, index) =>
      clientBeside(layout.client, this.network, index + 2),
    );
    this.clients = [layout.client, ...others];
  }

  #layOut(
    mode: Mode,
    { family = AF_INET, servers = 2, faults = [], mtu = 1500, directors, server, program }: SceneOptions,
  ): Layout {
    const { network } = this;
    return LAYOUTS[mode]({
      ...addressing(family),
      behind: addressing(family),
      network,
      count: servers,
      mtu,
      has: (fault) => faults.includes(fault),
      rules: () => [],
      directors: (single) => directorHosts(network, directors?.(single) ?? [single]),
      server: (given) => {
        const host = new Host(network, server?.(given) ?? given);
        host.tcp.listen(SERVICE_PORT, program ?? webServer(`I am ${given.name}.`));
        return host;
      },
    });
  }

  /** A client asks for the page; what comes of it shows when the network has run. */
  visit({ client = this.client, padding = 0, program }: VisitOptions = {}): void {
    const web = new WebClient("/", padding, (run) => this.network.after(THINKING_TIME, run));
    const { ends } = client.tcp.connect(client.address, this.virtualAddress, SERVICE_PORT, program?.(web) ?? web);
    this.visits.push({ client: client.name, time: this.network.now, port: ends.localPort, program: web });
  }

  /** One visit after the other, each when the one before is over. */
  visitInTurn(times: number, options: VisitOptions = {}): void {
    for (let time = 0; time < times; time++) {
      this.visit(options);
      this.network.run();
    }
  }

  // --- what there is to tell

  /** Whether every visit had its page. */
  get allAnswered(): boolean {
    return this.visits.every(({ program }) => program.end.kind === "answered");
  }

  /** How many visits a server answered. */
  share(server: string): number {
    return this.visits.filter(({ program }) => serverOf(program.end) === server).length;
  }

  /** The server that the director chose for a visit of the first client; empty if it chose none. */
  chosenFor({ port }: Visit): string {
    const created = this.directorEvents.find(
      (event) => event.kind === "created" && event.connection.clientPort === port,
    );
    if (created?.kind !== "created") return "";
    const { destinationAddress } = created.connection;
    return this.servers.find((server) => sameAddress(server.address, destinationAddress))?.name ?? "";
  }

  /** What happened to packets in the director, in order. */
  get directorEvents(): readonly WalkEvent[] {
    const receptions = this.network.hops.flatMap((hop) => hop.receptions);
    return receptions.filter(({ host }) => host === this.director.name).flatMap(({ events }) => events);
  }

  /** What came of each visit, with its time if asked, and what was lost on the way. */
  story({ clock = false } = {}): Exhibit[] {
    const lost = incidents(this.network);
    return [
      sentences("What happened", this.#visitLines(clock)),
      ...(lost.length === 0 ? [] : [sentences("What went wrong on the way", lost)]),
    ];
  }

  #visitLines(clock: boolean): string[] {
    const { visits } = this;
    if (!clock && visits.length > MOST_LINES && this.allAnswered) {
      return [
        `${visits.length} visits, answered in turn by ${visits.map(({ program }) => serverOf(program.end)).join(", ")}.`,
      ];
    }
    return visits.map(({ client, time, program }, index) => {
      const who = this.clients.length > 1 ? ` of ${client}` : "";
      return `${clock ? `${clockText(time)} ` : ""}Visit ${index + 1}${who}: ${endWords(program.end)}.`;
    });
  }

  /** A listing of the director. */
  listing(words: string): Exhibit {
    return listing(`ipvsadm ${words}`, this.director.ipvsadm(words));
  }
}

/** Minutes and seconds: ` 5:30`. */
export const clockText = (time: number): string => {
  const seconds = Math.floor(time / 1e6);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** The name of the real server that answered; empty if none did. */
export const serverOf = (end: WebEnd): string =>
  end.kind === "answered" ? (/^I am (\w+)/.exec(end.body)?.[1] ?? "") : "";

/** How a visit ended, without a full stop. */
function endWords(end: WebEnd): string {
  switch (end.kind) {
    case "pending":
      return "still waits";
    case "answered":
      return `${serverOf(end)} answers`;
    case "cut-off":
      return "the connection was closed before the page was there";
    case "reset":
      return "connection refused";
    case "timed-out":
      return "no reply; the client gives up";
    case "unreachable":
      return `the client is told by ICMP: ${end.icmp}, and gives up`;
  }
}
