/** What the control interface of a running director replies, as far as the page shows it (core/control/json.ts makes it). */

export interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface LiveEnd {
  readonly address: string;
  readonly port: number;
}

export interface LiveDestination extends LiveEnd {
  readonly forwarding: string;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly overloaded: boolean;
  readonly statistics: Counters;
  readonly rates: Counters;
}

export interface LiveService {
  readonly protocol?: string;
  readonly address?: string;
  readonly port?: number;
  readonly fwmark?: number;
  readonly scheduler: string;
  readonly persistence?: { readonly timeoutSeconds: number };
  readonly statistics: Counters;
  readonly rates: Counters;
  readonly destinations: readonly LiveDestination[];
}

export interface LiveConnection {
  readonly protocol: string;
  readonly template: boolean;
  readonly state: string;
  readonly secondsLeft: number;
  readonly client: LiveEnd;
  readonly virtual: LiveEnd;
  readonly destination: LiveEnd;
  readonly local?: LiveEnd;
}

export interface LivePort {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface LiveStatus {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly connections: number;
  readonly ports: readonly LivePort[];
  readonly verdicts: Readonly<Record<string, number>>;
}

/** One packet explained, as the stream has it (io/live/explainer.ts). */
export interface ExplainedPacket {
  readonly time: number;
  readonly port: string;
  readonly verdict: string;
  readonly packet: string;
  readonly outcome: string;
  readonly steps: readonly string[];
  readonly lost?: number;
}
