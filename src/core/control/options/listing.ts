/** Options of listings and of the sync daemons. */
import { parseMulticastGroup } from "../addresses.ts";
import { usageError } from "../exit.ts";
import type { OptionName, Request } from "../request.ts";
import { type Apply, cutName, numberOr, type Option, switchOption } from "./option.ts";

export const LISTING_OPTIONS: readonly Option[] = [
  switchOption("numeric", "n"),
  switchOption("connection", "c"),
  switchOption("timeout"),
  switchOption("daemon"),
  switchOption("stats"),
  switchOption("rate"),
  switchOption("thresholds"),
  switchOption("persistent-conn"),
  switchOption("tun-info"),
  switchOption("nosort"),
  switchOption("exact", "X"),
  // Sorting is what happens anyway: this one is taken by every command, any number of times.
  { long: "sort", value: "none" },
];

type NumberField = Exclude<keyof Request["daemon"], "state" | "mcastInterface" | "group">;

const number = (name: OptionName, field: NumberField, minimum: number, maximum: number): Option => ({
  name,
  long: name,
  value: "required",
  apply: ({ daemon }, value) => {
    daemon[field] = numberOr(`illegal ${name} specified`, value, minimum, maximum);
  },
});

const applyGroup: Apply = ({ daemon }, value) => {
  daemon.group = parseMulticastGroup(value);
  if (daemon.group !== undefined) return;
  throw usageError(`invalid ${value.includes(":") ? "IPv6" : "IPv4"} mcast-group \`${value}'`);
};

export const DAEMON_OPTIONS: readonly Option[] = [
  {
    name: "mcast-interface",
    long: "mcast-interface",
    value: "required",
    apply: ({ daemon }, value) => {
      daemon.mcastInterface = cutName(value);
    },
  },
  { name: "mcast-group", long: "mcast-group", value: "required", apply: applyGroup },
  number("syncid", "syncId", 0, 255),
  number("mcast-port", "port", 1, 65535),
  number("mcast-ttl", "ttl", 1, 255),
  number("sync-maxlen", "maxLength", 1, 65507),
];
