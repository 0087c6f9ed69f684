/** What IPVS does to a packet, in sentences: the service, the connection, the template, the scheduler, the state. */
import { amount } from "../../amount.ts";
import type { Candidate, WalkEvent } from "../../trace/events.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { methodWords } from "./method-words.ts";
import { candidateWords, connectionWords, endsWords } from "./words.ts";

const HOW: Readonly<Record<WalkEvent<"service">["how"], string>> = {
  mark: "its firewall mark matches",
  exact: "protocol, address and port match",
  fallback: "no service has exactly this port, and this one takes all others",
};

export const serviceSentence = ({ service, how }: WalkEvent<"service">): string =>
  `It is for the virtual service ${service}: ${HOW[how]}.`;

export function knownConnectionSentence({ found, connection }: WalkEvent<"connection">): string {
  if (found === "no-answer") return "It is no reply of any connection: plain forwarding.";
  if (connection === undefined) return "It belongs to no known connection.";
  if (found === "own")
    return `The director itself sends it to the client of the connection ${connectionWords(connection)}.`;
  return found === "answer"
    ? `It is a real server's reply in the connection ${connectionWords(connection)}.`
    : `It belongs to the known connection ${connectionWords(connection)}.`;
}

export function templateSentence({ what, connection }: WalkEvent<"template">): string {
  const words = connection === undefined ? "" : ` ${connectionWords(connection)}`;
  switch (what) {
    case "found":
      return `The service is persistent, and the template${words} binds this client to its real server: the scheduler is not asked.`;
    case "created":
      return `A new template binds the client to this real server:${words}.`;
    case "invalid":
      return `The service is persistent, but the template${words} is no longer valid: its real server is deleted or quiesced.`;
    case "none":
      return "The service is persistent, but no template binds this client yet: the scheduler decides.";
  }
}

export function scheduledSentence(event: WalkEvent<"scheduled">): string {
  const { candidates } = event;
  return candidates.length === 0
    ? scheduledHead(event)
    : `${scheduledHead(event)} It saw ${candidates.map(candidateWords).join("; ")}.`;
}

/** Who was picked, without what the scheduler saw of each. */
export function scheduledHead({ scheduler, state, candidates, picked }: WalkEvent<"scheduled">): string {
  const who = `The scheduler ${scheduler}${state === "" ? "" : ` (${state})`}`;
  if (candidates.length === 0) return `${who} picks no server: the service has none.`;
  return picked === ""
    ? `${who} picks no server: none is usable.`
    : `${who} picks ${picked}.${reason(candidates, picked)}`;
}

/** Why one could not be anybody else, where that is all there is to say. */
function reason(candidates: readonly Candidate[], picked: string): string {
  const usable = candidates.filter(({ weight, overloaded }) => weight > 0 && !overloaded);
  return candidates.length > 1 && usable.length === 1 && usable[0]?.destination === picked
    ? " No other server is usable."
    : "";
}

export function localPortSentence({ address, port, attempts }: WalkEvent<"local-port">): string {
  const tries = attempts === 1 ? "" : `, the first free one after ${amount(attempts, "try", "tries")}`;
  return `Towards the real server the connection uses the local address ${formatEndpoint(address, port)}${tries}.`;
}

export const engineSentence = ({ engine, data }: WalkEvent<"engine">): string =>
  data === undefined
    ? `The persistence engine ${engine} finds nothing in the packet to name a template by.`
    : `The persistence engine ${engine} reads ${data}: with the client, this names the template.`;

const HEARD: Readonly<Record<WalkEvent<"helper">["what"], string>> = {
  passive: "the client asks for passive mode",
  "from-server": "the client expects a data connection from the server",
  "from-client": "the server expects a data connection from the client",
};

export const helperSentence = ({ helper, what, connection }: WalkEvent<"helper">): string =>
  connection === undefined
    ? `The helper ${helper} reads the payload: ${HEARD[what]}.`
    : `The helper ${helper} reads the payload: ${HEARD[what]}. It creates the entry ${endsWords(connection)}.`;

export function syncRecordSentence({ what, connection }: WalkEvent<"sync-record">): string {
  const words = connectionWords(connection);
  switch (what) {
    case "told":
      return `The master records the connection for its backups: ${words}.`;
    case "created":
      return `The backup learns of a new connection and creates the entry: ${words}.`;
    case "updated":
      return `The backup updates a connection that it knows: ${words}.`;
    case "replaced":
      return `The backup learns that the connection has another real server, and replaces its entry: ${words}.`;
  }
}

export function stateSentence({
  protocol,
  direction,
  event,
  before,
  after,
  timeoutSeconds,
}: WalkEvent<"state">): string {
  const expires = `the connection now expires after ${timeoutSeconds} s without traffic`;
  if (protocol === "UDP") return `UDP has one state: ${expires}.`;
  const word = /^[a-z]{3}$/.test(event) ? event.toUpperCase() : event;
  return before === after
    ? `${word} (${direction}): the state stays ${after}; ${expires}.`
    : `${word} (${direction}): the state goes from ${before} to ${after}; ${expires}.`;
}

export const methodSentence = ({ method, destination }: WalkEvent<"method">): string =>
  `Forwarded to ${destination === "" ? "a real server that was deleted" : destination} by ${methodWords(method).long}.`;

const NOT_SCHEDULABLE: Readonly<Record<WalkEvent<"not-schedulable">["why"], string>> = {
  reset: "a reset opens no connection",
  "no-syn": "it is no SYN",
  "no-init": "its first chunk is no INIT",
  "ftp-data": "source port 20 (FTP data) is never scheduled",
};

export const notSchedulableSentence = ({ why }: WalkEvent<"not-schedulable">): string =>
  `It is not scheduled: ${NOT_SCHEDULABLE[why]}.`;

const REUSED: Readonly<Record<WalkEvent<"reuse">["why"], string>> = {
  over: "the old connection is over",
  quiesced: "its real server has weight 0 and expire_nodest_conn is set",
  "server-deleted": "its real server was deleted and expire_nodest_conn is set",
};

export const reuseSentence = ({ why }: WalkEvent<"reuse">): string =>
  `The known connection is not reused: ${REUSED[why]}. The packet is scheduled as a new connection.`;
