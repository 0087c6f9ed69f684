/** The application helpers that are loaded, the ports that they read, and whose packets (net/netfilter/ipvs/ip_vs_app.c). */
import { ANSWERS_AS_SERVER, type Row, TRACKED } from "../connection-rows.ts";
import type { ConnectionRows } from "../table-rows.ts";
import type { App, AppPort } from "./app.ts";

export class AppPorts {
  readonly #ports: AppPort[] = [];

  load(app: App, ports: readonly number[] = app.defaultPorts): void {
    // A 0 among the ports is none (ip_vs_ftp.c: __ip_vs_ftp_init).
    for (const port of ports.filter((given) => given !== 0)) this.#ports.unshift({ app, port, connections: 0 });
  }

  /** The last one first. */
  get list(): readonly AppPort[] {
    return this.#ports;
  }

  /** The helper for connections to a virtual port. */
  of(protocol: number, virtualPort: number): AppPort | undefined {
    return this.#ports.length === 0
      ? undefined
      : this.#ports.find(({ app, port }) => port === virtualPort && app.protocol === protocol);
  }

  /**
   * Gives a connection its helper. Only masqueraded ones have one (ip_vs_proto_tcp.c: tcp_app_conn_bind); FTP's needs
   * connection tracking (ip_vs_ftp_init_conn).
   */
  bind(rows: ConnectionRows, row: Row): void {
    if ((rows.flags(row) & ANSWERS_AS_SERVER) === 0) return;
    const app = this.of(rows.protocol(row), rows.virtualPort(row));
    if (app === undefined) return;
    rows.addExtras(row).app = app;
    rows.setFlags(row, rows.flags(row) | TRACKED);
    app.connections++;
  }

  unbind(rows: ConnectionRows, row: Row): void {
    const extras = rows.extras(row);
    if (extras?.app === undefined) return;
    extras.app.connections--;
    extras.app = undefined;
  }
}
