/** `tapvs/network`: built-in networks of simulated hosts, and links that see or change what passes. Runs in a browser, too. */
export type { Controls } from "./library/controls.ts";
export type { Link } from "./library/director.ts";
export { UsageError } from "./library/errors.ts";
export { captured, faulty, nowhere, traced, type WireFaults, wiredTo } from "./library/network/links.ts";
export {
  createNetwork,
  type Fault,
  type Hop,
  type Method,
  type NetworkOptions,
  type Reception,
  type SimulatedHost,
  type SimulatedNetwork,
  type WebRequest,
} from "./library/network/network.ts";
