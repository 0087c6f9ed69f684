/** The examples that every beginner of LVS meets: the service typed command by command, with what each changes. */
import { amount } from "../core/amount.ts";
import { serviceRules } from "./director-yaml.ts";
import type { Lab } from "./plan.ts";

/** One thing to do, and to show. */
export type ExampleStep =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "ipvsadm"; readonly line: string }
  /** `ipvsadm -L -n --stats`, once the counters have caught up. */
  | { readonly kind: "statistics" }
  | { readonly kind: "requests"; readonly count: number };

const REQUESTS = 6;

/** The steps of the mode's example. */
export function exampleSteps(lab: Lab): ExampleStep[] {
  const requests: ExampleStep = { kind: "requests", count: REQUESTS };
  const list: ExampleStep = { kind: "ipvsadm", line: "-L -n" };
  return [
    { kind: "say", text: "A virtual service, and its real servers:" },
    ...serviceRules(lab).map((line): ExampleStep => ({ kind: "ipvsadm", line })),
    requests,
    list,
    ...(lab.mode === "nat" ? weighted(lab, requests, list) : []),
    { kind: "statistics" },
  ];
}

/** Another scheduler and another weight, while the service runs. */
function weighted({ service }: Lab, requests: ExampleStep, list: ExampleStep): ExampleStep[] {
  const vip = `${service.address}:${service.port}`;
  const [first] = service.servers;
  return [
    { kind: "say", text: "Live: weighted round robin, and the first server gets two of three:" },
    { kind: "ipvsadm", line: `-E -t ${vip} -s wrr` },
    { kind: "ipvsadm", line: `-e -t ${vip} -r ${first?.address}:${service.port} -m -w 2` },
    requests,
    list,
  ];
}

/** The ipvsadm commands of the example, as a script. Ends with a newline. */
export const exampleScript = (lab: Lab): string =>
  exampleSteps(lab)
    .map((step) => `${scriptLine(step, `http://${lab.service.address}/`)}\n`)
    .join("");

function scriptLine(step: ExampleStep, url: string): string {
  switch (step.kind) {
    case "say":
      return `# ${step.text}`;
    case "ipvsadm":
      return `ipvsadm ${step.line}`;
    case "statistics":
      return "ipvsadm -L -n --stats";
    case "requests":
      return `# Now ${amount(step.count, "time")}, on the client: curl ${url}`;
  }
}
