/** Runs a worked example on a lab that stands. */

import { setTimeout as sleep } from "node:timers/promises";
import { amount } from "../core/amount.ts";
import { countedStatistics, ipvsadmOrFail } from "./director-control.ts";
import { exampleSteps } from "./example.ts";
import { namespaceOf } from "./names.ts";
import { sendRequests } from "./requests.ts";
import type { RaisedLab } from "./up.ts";

/** Milliseconds after which the director has surely seen the last connection's end. */
const LAST_SEGMENTS = 50;

/** Prints each step as it is typed, and what came of it. */
export async function runExample({ lab, socket }: RaisedLab, print: (text: string) => void): Promise<void> {
  for (const step of exampleSteps(lab)) {
    switch (step.kind) {
      case "say":
        print(`\n# ${step.text}\n`);
        break;
      case "ipvsadm":
        print(`$ ipvsadm ${step.line}\n${await ipvsadmOrFail(socket, step.line)}`);
        break;
      case "statistics":
        print(`$ ipvsadm -L -n --stats\n${await countedStatistics(socket)}`);
        break;
      case "requests": {
        const url = `http://${lab.service.address}/`;
        const results = await sendRequests({ netns: namespaceOf(lab.name, "client"), url, count: step.count });
        print(`$ curl ${url}    # ${amount(step.count, "time")}, from the client\n`);
        print(`${results.map(({ server, error }) => server ?? error ?? "?").join(" ")}\n`);
        await sleep(LAST_SEGMENTS);
      }
    }
  }
}
