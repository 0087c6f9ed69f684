/** The application helpers that are loaded, and the ports that they read (net/netfilter/ipvs/ip_vs_app.c). */
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
}
