/**
 * The sync daemons that go with virtual routers: a master where the first router is one, else a backup; without routers both, for all
 * directors work then. Those that tell at once always listen, and who becomes a backup asks what it may have missed. Daemons that were
 * started by hand are left alone.
 */
import { ControlError } from "../../ipvs/control-error.ts";
import type { SyncDaemon } from "../../ipvs/sync/daemon.ts";
import type { VirtualServer } from "../../ipvs/virtual-server.ts";
import type { HaSyncConfig } from "./config.ts";
import type { VirtualRouter } from "./virtual-router.ts";

/** Starts and stops them as the state of the first router wants it. */
export function followFirst(server: VirtualServer, sync: HaSyncConfig, first: VirtualRouter | undefined): void {
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
