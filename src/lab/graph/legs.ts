/** The legs of one request and its answer: who sends to whom, and which addresses the packet has on the way. */
import type { Lab } from "../plan.ts";
import { withoutPrefix } from "../plan.ts";

export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly note?: string;
  /** Part of the answer. */
  readonly answer: boolean;
}

/** The legs to the first real server and back. */
export function legsOf(lab: Lab): Leg[] {
  const { mode, service } = lab;
  const client = withoutPrefix(lab.hosts.find(({ role }) => role === "client")?.nics[0]?.addresses[0] ?? "");
  const server = service.servers[0]?.address ?? "";
  const rs = service.servers[0]?.host ?? "";
  const vip = service.address;
  const first: Leg = { from: "client", to: "director", source: client, destination: vip, answer: false };
  const straight: Leg = {
    ...{ from: rs, to: "client", source: vip, destination: client, answer: true },
    note: "does not pass the director",
  };
  const last: Leg = { from: "director", to: "client", source: vip, destination: client, answer: true };
  const out = (source: string, destination: string, note?: string): Leg => ({
    ...{ from: "director", to: rs, source, destination, answer: false },
    ...(note !== undefined && { note }),
  });
  const back = (destination: string): Leg => ({ from: rs, to: "director", source: server, destination, answer: true });
  switch (mode) {
    case "nat":
      return [first, out(client, server), back(client), last];
    case "dr":
      return [first, out(client, vip, "unchanged but for the MAC address"), straight];
    case "tun": {
      const own = withoutPrefix(lab.director.ports[0]?.addresses[0] ?? "");
      return [first, out(own, server, `around the packet ${client} > ${vip}`), straight];
    }
    case "fullnat": {
      const local = service.localAddresses[0] ?? "";
      return [first, out(local, server), back(local), last];
    }
  }
}

/** `1  client > director   10.0.0.10 > 10.1.0.100`. */
export const legLines = (lab: Lab): string[] =>
  legsOf(lab).map(({ from, to, source, destination, note }, index) => {
    const hosts = `${from} > ${to}`.padEnd(19);
    return `${index + 1}  ${hosts} ${source} > ${destination}${note === undefined ? "" : ` (${note})`}`;
  });
