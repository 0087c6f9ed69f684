/**
 * The sync daemons that go with virtual routers: a master where the first router is one, else a backup; without routers both, for all
 * directors work then. Those that tell at once always listen, and who becomes a backup asks what it may have missed. Daemons that were
 * started by hand are left alone.
 */
import { ControlError } from "../../ipvs/control-error.ts";
import type { SyncDaemon } from "../../ipvs/sync/daemon.ts";
import type { VirtualServer } from "../../ipvs/virtual-server.ts";
import { type Address, sameAddress } from "../../wire/address.ts";
import type { HaSyncConfig } from "./config.ts";
import type { VirtualRouter } from "./virtual-router.ts";

export class SyncRoles {
  config: HaSyncConfig | undefined = undefined;
  readonly #server: VirtualServer;
  /** The master that was asked once more. */
  #asked: Address | undefined;

  constructor(server: VirtualServer) {
    this.#server = server;
  }

  /** Starts and stops daemons as the state of the first router wants it. */
  follow(first: VirtualRouter | undefined): void {
    const server = this.#server;
    const sync = this.config;
    if (sync === undefined) return;
    const isMaster = first === undefined || first.state === "master";
    const isBackup = first === undefined || first.state !== "master" || sync.prompt;
    const wanted = [...(isMaster ? (["master"] as const) : []), ...(isBackup ? (["backup"] as const) : [])];
    for (const daemon of server.daemons) {
      if (!wanted.includes(daemon.state) && daemon.mcastInterface === sync.interface) server.stopDaemon(daemon.state);
    }
    for (const state of wanted) {
      if (!server.daemons.some((daemon) => daemon.state === state)) startDaemon(server, state, sync);
    }
    if (sync.prompt && (first === undefined || !isMaster)) server.sync.learn();
  }

  /**
   * Directors that begin together ask for connections before any of them is master, and nobody replies: as soon as one is, the others
   * ask again. Once each master, for one that is no director of ours never replies.
   */
  askAgain(master: Address): void {
    const { sync } = this.#server;
    const wasAsked = this.#asked !== undefined && sameAddress(this.#asked, master);
    if (wasAsked || this.config?.prompt !== true || !sync.hasAskedInVain) return;
    this.#asked = master;
    sync.learn();
  }
}

function startDaemon(
  server: VirtualServer,
  state: SyncDaemon["state"],
  { interface: mcastInterface, syncId, group, port, prompt }: HaSyncConfig,
): void {
  const daemon = { state, mcastInterface, syncId, group, port, ttl: 0, maxLength: 0 } as const;
  try {
    server.startDaemon(prompt ? { ...daemon, prompt } : daemon);
  } catch (error) {
    // Services of both families: there can be none.
    if (!(error instanceof ControlError)) throw error;
  }
}
