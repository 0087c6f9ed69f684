/** Requests for changes as the ipvsadm command lines that would ask for the same. */
import { endpointText } from "../control/listing/endpoint-text.ts";
import { destinationTraits, serviceTraits } from "../control/listing/rules.ts";
import { serviceOption } from "../control/listing/service-text.ts";
import { formatAddress } from "../wire/address.ts";
import { IPVS_FAMILY } from "./answer.ts";
import { type Attributes, readAttributes } from "./attributes.ts";
import * as command from "./commands.ts";
import { readDaemonState, readNewDaemon } from "./daemon.ts";
import { readDestination } from "./destination.ts";
import { type Errno, SUCCESS } from "./errno.ts";
import { POLICY } from "./family.ts";
import { asksForDump, attributeBytes, commandOf, errorOf, type Message, readMessages } from "./messages.ts";
import { readService, readServiceOptions, SERVICE } from "./service.ts";

/** A change that was asked for, and what came of it. */
export interface Change {
  /** Words of ipvsadm, without its name: `-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1`. */
  readonly line: string;
  /** 0 if it was done. */
  readonly errno: Errno;
}

/** The changes that a datagram asked for; `replies` are the datagrams that answered it, one for each request. */
export function changesOf(datagram: Uint8Array, replies: readonly Uint8Array[], family = IPVS_FAMILY): Change[] {
  const refused = new Map<number, Errno>();
  for (const reply of replies) {
    const errno = errorOf(reply);
    const [first] = readMessages(reply);
    if (errno !== undefined && first !== undefined) refused.set(first.sequence, errno);
  }
  return readMessages(datagram)
    .filter((message) => message.type === family && !asksForDump(message))
    .flatMap((message) => {
      const line = lineOf(message);
      return line === undefined ? [] : [{ line, errno: refused.get(message.sequence) ?? SUCCESS }];
    });
}

/** `undefined` for what changes nothing, and for what cannot be read. */
function lineOf(message: Message): string | undefined {
  const attributes = readAttributes(attributeBytes(message), POLICY);
  if (typeof attributes === "number") return undefined;
  return LINES.get(commandOf(message) ?? 0)?.(attributes);
}

type Line = (attributes: Attributes) => string | undefined;

const LINES: ReadonlyMap<number, Line> = new Map<number, Line>([
  [command.NEW_SERVICE, (attributes) => serviceLine("-A", attributes)],
  [command.SET_SERVICE, (attributes) => serviceLine("-E", attributes)],
  [command.DEL_SERVICE, (attributes) => prefixed("-D ", serviceName(attributes))],
  [command.NEW_DEST, (attributes) => destinationLine("-a", attributes, true)],
  [command.SET_DEST, (attributes) => destinationLine("-e", attributes, true)],
  [command.DEL_DEST, (attributes) => destinationLine("-d", attributes, false)],
  [command.ZERO, (attributes) => (attributes.has(SERVICE) ? prefixed("-Z ", serviceName(attributes)) : "-Z")],
  [command.FLUSH, () => "-C"],
  [command.SET_CONFIG, timeoutsLine],
  [command.NEW_DAEMON, startDaemonLine],
  [command.DEL_DAEMON, stopDaemonLine],
]);

const prefixed = (prefix: string, text: string | undefined): string | undefined => text && `${prefix}${text}`;

function serviceName(attributes: Attributes): string | undefined {
  const service = readService(attributes);
  return typeof service === "number" ? undefined : serviceOption(service.key, undefined);
}

/** Nothing of the timeout is lost: one tick a second. */
const UNCUT = 1;

function serviceLine(option: string, attributes: Attributes): string | undefined {
  const service = readService(attributes);
  if (typeof service === "number") return undefined;
  const options = readServiceOptions(service, 0, UNCUT);
  if (typeof options === "number") return undefined;
  return `${option} ${serviceOption(service.key, undefined)} ${serviceTraits(service.key.family, options)}`;
}

function destinationLine(option: string, attributes: Attributes, full: boolean): string | undefined {
  const service = readService(attributes);
  if (typeof service === "number") return undefined;
  const destination = readDestination(attributes, service.key.family, full);
  if (typeof destination === "number") return undefined;
  const { address, port, options } = destination;
  const server = endpointText(address, port, service.key.protocol, undefined);
  const names = `${option} ${serviceOption(service.key, undefined)} -r ${server}`;
  if (!full) return names;
  const { upperThreshold, lowerThreshold } = options;
  const thresholds = upperThreshold === 0 && lowerThreshold === 0 ? "" : ` -x ${upperThreshold} -y ${lowerThreshold}`;
  return `${names} ${destinationTraits(options)}${thresholds}`;
}

function timeoutsLine(attributes: Attributes): string {
  const types = [command.TIMEOUT_TCP, command.TIMEOUT_TCP_FIN, command.TIMEOUT_UDP];
  return `--set ${types.map((type) => attributes.u32(type) ?? 0).join(" ")}`;
}

function startDaemonLine(attributes: Attributes): string | undefined {
  const daemon = readNewDaemon(attributes);
  if (typeof daemon === "number" || daemon.state === undefined) return undefined;
  const { mcastInterface, syncId, maxLength, group, port, ttl } = daemon.wanted;
  const words = [`--start-daemon ${daemon.state} --mcast-interface ${mcastInterface} --syncid ${syncId}`];
  if (maxLength !== 0) words.push(`--sync-maxlen ${maxLength}`);
  if (group !== undefined) words.push(`--mcast-group ${formatAddress(group)}`);
  if (port !== 0) words.push(`--mcast-port ${port}`);
  if (ttl !== 0) words.push(`--mcast-ttl ${ttl}`);
  return words.join(" ");
}

function stopDaemonLine(attributes: Attributes): string | undefined {
  const daemon = readDaemonState(attributes);
  return typeof daemon === "number" ? undefined : prefixed("--stop-daemon ", daemon.state);
}
