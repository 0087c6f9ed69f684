/** Words that sentences share: connections, candidates, lists. */
import type { Candidate, ConnectionView } from "../../trace/events.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { protocolWord } from "../summary.ts";

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** `10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:80 (TCP, ESTABLISHED, 899 s left)`. */
export const connectionWords = (connection: ConnectionView): string =>
  `${endsWords(connection)} (${lifeWords(connection)})`;

/** Client, virtual service and real server of a connection; of a FULLNAT one also the local address, before the real server. */
export function endsWords(connection: ConnectionView): string {
  const { clientAddress, clientPort, virtualAddress, virtualPort, destinationAddress, destinationPort } = connection;
  const ends = [formatEndpoint(clientAddress, clientPort), formatEndpoint(virtualAddress, virtualPort)];
  const { localAddress, localPort } = connection;
  if (localAddress !== undefined) ends.push(formatEndpoint(localAddress, localPort));
  ends.push(formatEndpoint(destinationAddress, destinationPort));
  return ends.join(" > ");
}

/** `TCP, ESTABLISHED, 899 s left`. UDP has no state worth a word; a new template's time has not begun. */
function lifeWords({ protocol, state, secondsLeft, template }: ConnectionView): string {
  const words = [template ? "template" : protocolWord(protocol)];
  if (state !== "UDP" && state !== "NONE") words.push(state);
  if (secondsLeft > 0 || !template) words.push(`${secondsLeft} s left`);
  return words.join(", ");
}

/** `10.2.0.2:80: overhead 513 / weight 2 = 256.5`; the counts where the scheduler compares nothing. */
export function candidateWords(candidate: Candidate): string {
  const { destination, weight, active, inactive, overloaded, numbers } = candidate;
  const compared = numbers === "" ? `weight ${weight}, ${active} active, ${inactive} inactive` : numbers;
  return `${destination}: ${compared}${overloaded && !compared.includes("overloaded") ? ", overloaded" : ""}`;
}
