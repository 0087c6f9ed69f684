/** Reads the recordings of fixtures/scheduler-picks: text to steps. The README beside them describes their form. */
import { type Address, parseAddress } from "../../../../src/core/wire/address.ts";

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

export interface Packet {
  readonly protocol: "TCP" | "UDP";
  readonly segment: "SYN" | "FIN" | "ACK" | "";
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

interface Counters {
  readonly server: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

type Step =
  | { readonly kind: "ipvsadm"; readonly words: readonly string[] }
  | { readonly kind: "sysctl"; readonly name: string; readonly value: number }
  | { readonly kind: "pick"; readonly packet: Packet; readonly expected: string }
  | { readonly kind: "state"; readonly packet: Packet; readonly expected: string }
  | { readonly kind: "counters"; readonly expected: Counters[] }
  | { readonly kind: "pass"; readonly seconds: number; readonly busy: { connections: number; address: string } };

export interface Line {
  readonly number: number;
  readonly text: string;
  readonly step: Step;
}

/** `192.168.1.11:80` or `[2001:db8::100]:80`; without a port, `defaultPort`. */
export function endpoint(text: string, defaultPort = 0): Endpoint {
  const match = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(text);
  const address = parseAddress(match?.[1] ?? match?.[2] ?? "");
  if (address === undefined) throw new Error(`not an endpoint: ${text}`);
  return { address, port: match?.[3] === undefined ? defaultPort : Number(match[3]) };
}

const PACKET = /^> (TCP|UDP) (?:(SYN|FIN|ACK) )?(\S+) -> (\S+) {3}(=>|state) (.+)$/;
const COUNTERS = /^ {4}# (\S+) weight (\d+) active (\d+) inactive (\d+)$/;
const LISTED = /^ {6}-> (\S+) +Masq +(\d+) +(\d+) +(\d+) *$/;
const LISTING_REST = /^ {4}(Prot |FWM | {2}-> RemoteAddress)/;
const PASS = /^# ([\d.]+) s pass(?: while (\w+) connections of (\S+) keep sending; the others expire)?$/;
const NUMBERS: Readonly<Record<string, number>> = { two: 2 };

/** The steps of one recording; throws at a line it does not know. The first line is the title. */
export function parsePicks(text: string): Line[] {
  const lines: Line[] = [];
  let counters: Counters[] | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (index === 0 || line === "" || LISTING_REST.test(line)) continue;
    const row = COUNTERS.exec(line) ?? LISTED.exec(line);
    if (row === null) counters = undefined;
    const step = row === null ? parseStep(line) : undefined;
    if (step !== undefined) lines.push({ number: index + 1, text: line, step });
    if (row === null) continue;
    if (counters === undefined) {
      counters = [];
      lines.push({ number: index + 1, text: line, step: { kind: "counters", expected: counters } });
    }
    const [server = "", weight, active, inactive] = row.slice(1);
    counters.push({ server, weight: Number(weight), active: Number(active), inactive: Number(inactive) });
  }
  return lines;
}

function parseStep(line: string): Step {
  const packet = PACKET.exec(line);
  if (packet !== null) return packetStep(packet);
  const pass = PASS.exec(line);
  if (pass !== null) {
    const busy = { connections: NUMBERS[pass[2] ?? ""] ?? 0, address: pass[3] ?? "" };
    return { kind: "pass", seconds: Number(pass[1]), busy };
  }
  const [prompt, program, ...words] = line.split(" ");
  if (prompt === "$" && program === "ipvsadm") return { kind: "ipvsadm", words };
  const setting = /^\$ sysctl -w net\.ipv4\.vs\.(\w+)=(\d+)$/.exec(line);
  if (setting !== null) return { kind: "sysctl", name: setting[1] ?? "", value: Number(setting[2]) };
  throw new Error(`unknown line: ${line}`);
}

function packetStep(match: RegExpExecArray): Step {
  const [, protocol, segment = "", source = "", destination = "", arrow, expected = ""] = match;
  const packet: Packet = {
    protocol: protocol === "UDP" ? "UDP" : "TCP",
    segment: segment as Packet["segment"],
    source: endpoint(source),
    destination: endpoint(destination),
  };
  return { kind: arrow === "=>" ? "pick" : "state", packet, expected };
}
