/** The one sentence of the moment that is shown: a question before anything happens, then who does what, and in the end what it meant. */

import { happeningWords, isTold } from "../../../core/explain/happenings.ts";
import { firstQuestion } from "../../../core/explain/headlines/ending.ts";
import { headlineOf } from "../../../core/explain/headlines/headline.ts";
import { sentence } from "../../../core/explain/sentences/sentences.ts";
import { formatAddress } from "../../../core/wire/address.ts";
import { BurstExchange } from "./exchange.ts";
import type { Moment } from "./moment.ts";
import type { Outlook } from "./outlook.ts";
import type { Run } from "./run.ts";

export interface Caption {
  /** Number of the frame that it is about; empty before the first. */
  readonly number: string;
  readonly text: string;
  /** Addresses and ports, in small. */
  readonly detail: string;
  readonly tone: "question" | "plain" | "bad" | "good";
  /** Whom it is about; empty if it is about everybody. */
  readonly hosts: readonly string[];
}

/** Of more requests at once, nobody follows the frames. */
const MOST_FOLLOWED = 4;

/** The caption at a run's present time. `finished`: nothing is left to happen. */
export function captionOf(run: Run, moment: Moment, outlook: Outlook | undefined, finished: boolean): Caption {
  const { simulation, topology } = run;
  const command = simulation.commands.findLast(({ at }) => at === run.now && at > moment.time);
  if (command !== undefined) {
    const detail = command.output.trim().split("\n").slice(0, 2).join("  ");
    return { number: "", text: `ipvsadm ${command.line}`, detail, tone: "plain", hosts: [topology.director.name] };
  }
  const struck = topology.network.happenings.findLast(
    (happening) => happening.time === run.now && happening.time > moment.time && isTold(happening),
  );
  if (struck !== undefined)
    return { number: "", text: `${happeningWords(struck)}.`, detail: "", tone: "plain", hosts: [struck.host] };
  const late = moment.housekeeping.at(-1);
  if (late !== undefined) return { number: "", text: sentence(late.event), detail: "", tone: "plain", hosts: [] };
  const last = simulation.exchanges.at(-1);
  if (last instanceof BurstExchange && (finished || last.waiting > MOST_FOLLOWED)) {
    const { text, tone } = last.status();
    return {
      number: "",
      text: `${last.title}: ${text}`,
      detail: "",
      tone: tone === "pending" ? "plain" : tone,
      hosts: [],
    };
  }
  if (moment.arrivals.length === 0) return questionCaption(run);
  const headlines = moment.arrivals.map(({ step }) => headlineOf(topology, step));
  const headline =
    headlines.find(({ breaks }) => breaks) ??
    headlines.find(({ hosts }) =>
      hosts.slice(1).some((host) => topology.directors.some(({ name }) => name === host)),
    ) ??
    headlines.at(-1);
  if (headline === undefined) return questionCaption(run);
  const number = headlines.map((each) => each.number).join(", ");
  if (finished && outlook !== undefined && outlook.ending !== "") {
    const tone = outlook.endsWell ? "good" : "bad";
    return { number, text: outlook.ending, detail: headline.text, tone, hosts: [] };
  }
  const { text, detail, hosts, breaks } = headline;
  return { number, text, detail, tone: breaks ? "bad" : "plain", hosts };
}

function questionCaption({ topology, simulation }: Run): Caption {
  if (simulation.exchanges.length > 1) {
    const again = simulation.exchanges.at(-1)?.title ?? "";
    return {
      number: "",
      text: `${again} to ${formatAddress(topology.virtualAddress)}`,
      detail: "",
      tone: "question",
      hosts: [],
    };
  }
  return { number: "?", text: firstQuestion(topology), detail: "", tone: "question", hosts: [] };
}
