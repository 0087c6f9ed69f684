/** The four labs. */
import { labOptions } from "../options.ts";
import { testName } from "./lab.ts";
import { describeLab } from "./machine.ts";
import { itServes, type LiveCase } from "./served.ts";

const CASES: readonly LiveCase[] = [
  { options: labOptions("nat", { name: testName("nat") }), answers: [100, 100], peers: ["10.0.0.10"] },
  {
    options: labOptions("dr", { name: testName("dr"), servers: 3, scheduler: "wrr", weights: [1, 2, 5] }),
    answers: [25, 50, 125],
    peers: ["10.0.0.10"],
  },
  {
    options: labOptions("tun", { name: testName("tun"), servers: 4 }),
    answers: [50, 50, 50, 50],
    peers: ["10.0.0.10"],
  },
  {
    options: labOptions("fullnat", { name: testName("full"), scheduler: "wrr", weights: [3, 1] }),
    answers: [150, 50],
    peers: ["10.2.0.201", "10.2.0.202"],
  },
  {
    options: labOptions("nat", { name: testName("nat6"), ipv6: true }),
    answers: [100, 100],
    peers: ["fd00::10"],
  },
  {
    options: labOptions("dr", { name: testName("dr6"), ipv6: true, servers: 3 }),
    answers: [66, 67, 67],
    peers: ["fd00::10"],
  },
];

describeLab("live labs", () => {
  for (const one of CASES) itServes(one);
});
