/** Writes down what a director of a simulated network lives through, so that it can be kept as a case. */
import type { Transcript, TranscriptEvent, TranscriptHead } from "../capture/transcript.ts";
import { factsOf } from "../explain/decode/facts.ts";
import type { HostConfig, NeighborConfig } from "../host/config/config.ts";
import { DEFAULT_KERNEL } from "../kernel/releases.ts";
import type { Host } from "../simulator/host.ts";
import type { Hop, Network, Reception } from "../simulator/network.ts";
import type { Topology } from "../simulator/topologies.ts";
import { parseMac } from "../wire/address.ts";
import type { ToldPacket } from "./told.ts";

const MICROSECONDS = 1e6;

export class Recorder {
  readonly #network: Network;
  readonly #director: Host;
  readonly #hosts: readonly Host[];
  /** Commands and waits; frames are in the network's own record. */
  readonly #told: TranscriptEvent[] = [];

  constructor({ network, director, hosts }: Pick<Topology, "network" | "director" | "hosts">) {
    this.#network = network;
    this.#director = director;
    this.#hosts = hosts;
    for (const args of director.rules) this.tell({ do: "ipvsadm", t: 0, args, code: 0, out: "", err: "" });
  }

  get seconds(): number {
    return this.#network.now / MICROSECONDS;
  }

  tell(event: TranscriptEvent): void {
    this.#told.push(event);
  }

  /** What came to the director, but for who is where. */
  packets(): ToldPacket[] {
    return this.#receptions()
      .filter(({ hop }) => !isAboutNeighbors(hop.bytes))
      .map(({ hop, reception, dev }, index) => ({
        number: index + 1,
        seconds: reception.time / MICROSECONDS,
        dev,
        bytes: hop.bytes,
        events: reception.events,
      }));
  }

  #receptions(): { readonly hop: Hop; readonly reception: Reception; readonly dev: string }[] {
    const { name, interfaces } = this.#director;
    return this.#network.hops
      .flatMap((hop) => {
        const dev = interfaces.find(({ segment }) => segment.name === hop.segment)?.name ?? "";
        return hop.receptions.filter(({ host }) => host === name).map((reception) => ({ hop, reception, dev }));
      })
      .sort((a, b) => a.reception.time - b.reception.time);
  }

  /** The session so far: the director as it was built, and everything that came to it, in order. */
  transcript(): Transcript {
    const arrivals = this.packets().map(
      ({ seconds, dev, bytes }): TranscriptEvent => ({ do: "rx", t: seconds, dev, frame: bytes }),
    );
    const events = [...this.#told, ...arrivals].sort((a, b) => a.t - b.t);
    return { head: this.#head(), events, lines: events.map(() => 0) };
  }

  #head(): TranscriptHead {
    const { interfaces, routes, sysctl } = this.#director;
    return {
      interfaces: interfaces.map(({ name, mac, mtu = 1500, addresses }): HostConfig["interfaces"][number] => {
        const bytes = parseMac(mac);
        return { name, mtu, addresses, ...(bytes && { mac: bytes }) };
      }),
      routes,
      neighbors: this.#neighbors(),
      marks: [],
      sysctl,
      kernel: DEFAULT_KERNEL,
    };
  }

  /** Every living host on one of the director's segments. */
  #neighbors(): NeighborConfig[] {
    const { interfaces } = this.#director;
    const others = this.#hosts.filter((host) => host !== this.#director && host.alive);
    return interfaces.flatMap(({ name: dev, segment }) =>
      others.flatMap((host) =>
        host.interfaces
          .filter((other) => other.segment === segment)
          .flatMap(({ mac, addresses }) => {
            const bytes = parseMac(mac);
            return bytes === undefined ? [] : addresses.map(({ address }) => ({ address, mac: bytes, dev }));
          }),
      ),
    );
  }
}

/** ARP and neighbor discovery. */
export function isAboutNeighbors(bytes: Uint8Array): boolean {
  const { arp, ip } = factsOf(bytes) ?? {};
  return arp !== undefined || (ip?.transport?.kind === "icmp" && ip.transport.discovery !== undefined);
}
