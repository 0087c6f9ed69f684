/** What IPVS does to a packet, in sentences: the service, the connection, the template, the scheduler, the state. */
import type { Candidate, WalkEvent } from "../trace/events.ts";
import { formatEndpoint } from "../wire/address.ts";
import { methodWords } from "./method-words.ts";
import { amount, candidateWords, connectionWords, endsWords } from "./words.ts";

const HOW: Readonly<Record<WalkEvent<"service">["how"], string>> = {
  mark: "its firewall mark names it",
  exact: "protocol, address and port match",
  fallback: "no service has just this port, and this one takes what is left",
};

export const serviceSentence = ({ service, how }: WalkEvent<"service">): string =>
  `It is meant for the virtual service ${service}: ${HOW[how]}.`;

export function knownConnectionSentence({ found, connection }: WalkEvent<"connection">): string {
  if (found === "no-answer") return "It is no real server's answer in any connection: plain forwarding.";
  if (connection === undefined) return "It belongs to no known connection.";
  if (found === "own")
    return `The director's own packet goes to the client of the connection ${connectionWords(connection)}.`;
  return found === "answer"
    ? `It is a real server's answer in the connection ${connectionWords(connection)}.`
    : `It belongs to the known connection ${connectionWords(connection)}.`;
}

export function templateSentence({ what, connection }: WalkEvent<"template">): string {
  const words = connection === undefined ? "" : ` ${connectionWords(connection)}`;
  switch (what) {
    case "found":
      return `The service is persistent, and the template${words} binds this client to its real server: nobody asks the scheduler.`;
    case "created":
      return `A new template binds the client to this real server from now on:${words}.`;
    case "invalid":
      return `The service is persistent, but the template${words} cannot be used any more: its real server is gone or quiesced.`;
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
  if (candidates.length === 0) return `${who} has nobody to pick from: the service has no real servers.`;
  return picked === ""
    ? `${who} picks nobody: none may take a connection.`
    : `${who} picks ${picked}.${reason(candidates, picked)}`;
}

/** Why one could not be anybody else, where that is all there is to say. */
function reason(candidates: readonly Candidate[], picked: string): string {
  const usable = candidates.filter(({ weight, overloaded }) => weight > 0 && !overloaded);
  return candidates.length > 1 && usable.length === 1 && usable[0]?.destination === picked
    ? " Nobody else may take a connection."
    : "";
}

export function localPortSentence({ address, port, attempts }: WalkEvent<"local-port">): string {
  const tries = attempts === 1 ? "" : `, the first free one after ${amount(attempts, "try").replace("trys", "tries")}`;
  return `Towards the real server the connection leaves from the local address ${formatEndpoint(address, port)}${tries}.`;
}

export const engineSentence = ({ engine, data }: WalkEvent<"engine">): string =>
  data === undefined
    ? `The persistence engine ${engine} finds nothing in it to name a template by.`
    : `The persistence engine ${engine} reads ${data}: beside the client, this names the template.`;

const HEARD: Readonly<Record<WalkEvent<"helper">["what"], string>> = {
  passive: "the client asks for passive mode",
  "from-server": "the client awaits the server's data connection",
  "from-client": "the server awaits the client's data connection",
};

export const helperSentence = ({ helper, what, connection }: WalkEvent<"helper">): string =>
  connection === undefined
    ? `The helper ${helper} reads along: ${HEARD[what]}.`
    : `The helper ${helper} reads along: ${HEARD[what]}. The entry for it is made: ${endsWords(connection)}.`;

export function syncRecordSentence({ what, connection }: WalkEvent<"sync-record">): string {
  const words = connectionWords(connection);
  switch (what) {
    case "told":
      return `The master writes the connection down for its backups: ${words}.`;
    case "created":
      return `The backup hears of a connection that it does not know, and makes the entry: ${words}.`;
    case "updated":
      return `The backup hears more of a connection that it knows: ${words}.`;
    case "replaced":
      return `The backup hears that the connection has another real server now, and replaces its entry: ${words}.`;
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
  const lives = `it now lives ${timeoutSeconds} s without packets`;
  if (protocol === "UDP") return `UDP has one state; a datagram (${direction}) keeps the connection: ${lives}.`;
  const word = /^[a-z]{3}$/.test(event) ? event.toUpperCase() : event;
  return before === after
    ? `The state stays ${after} after ${word} (${direction}): ${lives}.`
    : `The state goes from ${before} to ${after} after ${word} (${direction}): ${lives}.`;
}

export const methodSentence = ({ method, destination }: WalkEvent<"method">): string =>
  `To ${destination === "" ? "a real server that was deleted" : destination} by ${methodWords(method).long}.`;

const NOT_SCHEDULABLE: Readonly<Record<WalkEvent<"not-schedulable">["why"], string>> = {
  reset: "a reset opens nothing",
  "no-syn": "it is no SYN",
  "no-init": "its first chunk is no INIT",
  "ftp-data": "source port 20 (FTP data) is never scheduled",
};

export const notSchedulableSentence = ({ why }: WalkEvent<"not-schedulable">): string =>
  `It opens no connection: ${NOT_SCHEDULABLE[why]}.`;

const REUSED: Readonly<Record<WalkEvent<"reuse">["why"], string>> = {
  over: "the old connection is over",
  quiesced: "its real server has weight 0 and expire_nodest_conn is set",
  "server-deleted": "its real server was deleted and expire_nodest_conn is set",
};

export const reuseSentence = ({ why }: WalkEvent<"reuse">): string =>
  `The known connection is not used any more: ${REUSED[why]}. It is scheduled anew.`;
