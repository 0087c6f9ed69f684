/** Tunnels and FULLNAT in IPv6, and NAT64. */
import { labOptions } from "../options.ts";
import { testName } from "./lab.ts";
import { describeLab } from "./machine.ts";
import { itServes, type LiveCase } from "./served.ts";

const CASES: readonly LiveCase[] = [
  {
    options: labOptions("tun", { name: testName("tun6"), ipv6: true }),
    answers: [100, 100],
    peers: ["fd00::10"],
  },
  {
    options: labOptions("fullnat", { name: testName("full6"), ipv6: true }),
    answers: [100, 100],
    peers: ["fd00:2::201", "fd00:2::202"],
  },
  {
    options: labOptions("fullnat", { name: testName("nat64"), ipv6: true, nat64: true }),
    answers: [100, 100],
    peers: ["10.2.0.201", "10.2.0.202"],
  },
];

describeLab("live labs in IPv6", () => {
  for (const one of CASES) itServes(one);
});
