/** `tapvs/arbitraries`: packets, rules and traffic at random. Needs fast-check, which whoever uses it installs. */
export {
  type Between,
  packets,
  rules,
  type ServiceOf,
  type TrafficEvent,
  traffic,
} from "./library/testing/arbitraries.ts";
