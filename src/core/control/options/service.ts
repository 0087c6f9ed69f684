/** Options of a virtual service. */

import { TOA_NAMES } from "../../ipvs/forwarding/toa.ts";
import type { TransportProtocol } from "../../ipvs/protocols/protocol.ts";
import { PROTOCOLS } from "../../ipvs/protocols/protocols.ts";
import { SERVICE_ONE_PACKET, SERVICE_PERSISTENT } from "../../ipvs/service.ts";
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { parseEndpoint, parseNetmask } from "../addresses.ts";
import { usageError } from "../exit.ts";
import { atoi } from "../numbers.ts";
import { type Apply, cutName, numberOr, type Option, parseTimeout, switchOption } from "./option.ts";

/** Seconds of `-p` alone. The manual page says 300. */
const DEFAULT_PERSISTENCE = "360";

const serviceOption = ({ number: protocol, serviceOption: names }: TransportProtocol): Option => ({
  ...names,
  name: "service-address",
  value: "required",
  apply: ({ service }, value, resolver) => {
    service.protocol = protocol;
    const endpoint = parseEndpoint(value, protocol, resolver);
    if (endpoint === undefined) throw usageError("illegal virtual server address[:port] specified");
    service.family = endpoint.address.family;
    service.address = endpoint.address;
    service.port = endpoint.port ?? 0;
    if (service.family === AF_INET6) service.netmask = 128;
  },
});

const applyMark: Apply = ({ service }, value) => {
  service.family = AF_INET;
  service.protocol = PROTOCOL_TCP;
  service.fwmark = numberOr(`invalid fwmark value \`${value}' specified`, value, 1, 0xffffffff);
};

const applyIpv6: Apply = ({ service }) => {
  if (service.fwmark === 0) throw usageError("-6 used before -f\n");
  service.family = AF_INET6;
  service.netmask = 128;
};

const applyPersistence: Apply = ({ service }, value) => {
  service.flags |= SERVICE_PERSISTENT;
  service.timeoutSeconds = parseTimeout(value, 1);
};

/** A mask; a prefix length if the service that was named before is an IPv6 one. */
const applyNetmask: Apply = ({ service }, value, names) => {
  if (service.family === AF_INET6) {
    service.netmask = atoi(value);
    if (service.netmask < 1 || service.netmask > 128) throw usageError("illegal ipv6 netmask specified");
    return;
  }
  const mask = parseNetmask(value, names);
  if (mask === undefined) throw usageError("illegal virtual server persistent mask specified");
  service.netmask = mask;
};

/** Kept as text: which flags there are depends on the scheduler, which may yet come. */
export const setSchedulerFlags: Apply = (request, value) => {
  request.schedulerFlags = value;
};

export const SERVICE_OPTIONS: readonly Option[] = [
  ...PROTOCOLS.map(serviceOption),
  { name: "service-address", short: "f", long: "fwmark-service", value: "required", apply: applyMark },
  { short: "6", long: "ipv6", value: "none", apply: applyIpv6 },
  {
    name: "scheduler",
    short: "s",
    long: "scheduler",
    value: "required",
    apply: ({ service }, value) => {
      service.scheduler = cutName(value);
    },
  },
  {
    name: "persistent",
    short: "p",
    long: "persistent",
    value: "optional",
    defaultValue: DEFAULT_PERSISTENCE,
    apply: applyPersistence,
  },
  { name: "netmask", short: "M", long: "netmask", value: "required", apply: applyNetmask },
  {
    name: "pe",
    long: "pe",
    value: "required",
    apply: ({ service }, value) => {
      service.engine = cutName(value);
    },
  },
  {
    ...switchOption("ops", "o"),
    apply: ({ service }) => {
      service.flags |= SERVICE_ONE_PACKET;
    },
  },
  { name: "sched-flags", short: "b", long: "sched-flags", value: "required", apply: setSchedulerFlags },
];

/**
 * Ours: whether a FULLNAT service tells its servers the client's address in a TCP option, and as whom it does so.
 * @ipvs #Y fullnat "-A and -E take --toa off|dpvs|alibaba"
 */
export const TOA_OPTIONS: readonly Option[] = [
  {
    name: "toa",
    long: "toa",
    value: "required",
    apply: ({ service }, value) => {
      const mode = TOA_NAMES.indexOf(value);
      if (mode < 0) throw usageError(`illegal toa \`${value}' specified, expected ${TOA_NAMES.join(", ")}`);
      service.toa = mode;
    },
  },
];
