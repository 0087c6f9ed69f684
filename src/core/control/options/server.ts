/** Options of a real server. */
import {
  TUNNEL_CHECKSUM,
  TUNNEL_GRE,
  TUNNEL_GUE,
  TUNNEL_IPIP,
  TUNNEL_NO_CHECKSUM,
  TUNNEL_REMOTE_CHECKSUM,
} from "../../ipvs/destination.ts";
import { fullnat } from "../../ipvs/forwarding/fullnat.ts";
import type { ForwardingMethod } from "../../ipvs/forwarding/method.ts";
import { METHODS } from "../../ipvs/forwarding/methods.ts";
import { parseEndpoint } from "../addresses.ts";
import { usageError } from "../exit.ts";
import type { OptionName, Request } from "../request.ts";
import { type Apply, LARGEST_INT, numberOr, type Option, switchOption } from "./option.ts";
import { setSchedulerFlags } from "./service.ts";

/** What stands of the service on the left of `-r` counts for it: its port, and the protocol of port names. */
const applyServer: Apply = ({ server, service }, value, names) => {
  const endpoint = parseEndpoint(value, service.protocol, names);
  if (endpoint === undefined) throw usageError("illegal real server address[:port] specified");
  server.address = endpoint.address;
  server.port = endpoint.port ?? service.port;
};

/** One of ours has its long name alone: ipvsadm may have the letter for something else. */
const forwarding = ({ number, option: { long, short }, standard }: ForwardingMethod): Option => ({
  name: "forwarding-method",
  ...(standard ? { short } : {}),
  long,
  value: "none",
  apply: ({ server }) => {
    server.forwarding = number;
  },
});

type NumberField = Exclude<keyof Request["server"], "address">;

const number = (
  names: { readonly name: OptionName; readonly short?: string },
  field: NumberField,
  range: readonly [number, number],
  message: string,
): Option => ({
  ...names,
  long: names.name,
  value: "required",
  apply: ({ server }, value) => {
    server[field] = numberOr(message, value, ...range);
  },
});

const TUNNEL_TYPES: ReadonlyMap<string, number> = new Map([
  ["ipip", TUNNEL_IPIP],
  ["gue", TUNNEL_GUE],
  ["gre", TUNNEL_GRE],
]);

const applyTunnelType: Apply = ({ server }, value) => {
  const type = TUNNEL_TYPES.get(value);
  if (type === undefined) throw usageError("illegal tunnel type specified");
  server.tunnelType = type;
};

const tunnelFlag = (name: OptionName, flag: number): Option => ({
  ...switchOption(name),
  apply: ({ server }) => {
    server.tunnelFlags = flag;
  },
});

export const SERVER_OPTIONS: readonly Option[] = [
  { name: "real-server", short: "r", long: "real-server", value: "required", apply: applyServer },
  ...METHODS.filter(({ standard }) => standard).map(forwarding),
  // Debian's ipvsadm takes any weight that fits an int; upstream's stops at 65535.
  number({ name: "weight", short: "w" }, "weight", [0, LARGEST_INT], "illegal weight specified"),
  number({ name: "u-threshold", short: "x" }, "upperThreshold", [0, LARGEST_INT], "illegal u_threshold specified"),
  number({ name: "l-threshold", short: "y" }, "lowerThreshold", [0, LARGEST_INT], "illegal l_threshold specified"),
  { name: "tun-type", long: "tun-type", value: "required", apply: applyTunnelType },
  number({ name: "tun-port" }, "tunnelPort", [1, 65535], "illegal tunnel port specified"),
  tunnelFlag("tun-nocsum", TUNNEL_NO_CHECKSUM),
  tunnelFlag("tun-csum", TUNNEL_CHECKSUM),
  tunnelFlag("tun-remcsum", TUNNEL_REMOTE_CHECKSUM),
];

const OURS: readonly ForwardingMethod[] = METHODS.filter(({ standard }) => !standard);
const FULLNAT_OPTION = forwarding(fullnat);

/**
 * `-b` on `-a` and `-e` is FULLNAT, as in alibaba/LVS and DPVS. In ipvsadm 1.31 it takes a value and is then refused in
 * every case; with a value it still is.
 * @ipvs #Y fullnat "-a and -e take -b (--fullnat) without a value; -b with flags stays what it is in ipvsadm 1.31"
 */
export const FULLNAT_OPTIONS: readonly Option[] = [
  { name: "sched-flags", short: "b", value: "optional", apply: setSchedulerFlags, alone: FULLNAT_OPTION },
  ...OURS.map(forwarding),
];

/** `-z` of the commands that change a pool of local addresses; a port in it is not looked at. */
export const LOCAL_ADDRESS_OPTIONS: readonly Option[] = [
  {
    name: "local-address",
    short: "z",
    long: "laddr",
    value: "required",
    apply: (request, value, names) => {
      const endpoint = parseEndpoint(value, 0, names);
      if (endpoint === undefined) throw usageError("illegal local address");
      request.localAddress = endpoint.address;
    },
  },
];
