/** The six forms of the table: titles, lines of services and destinations (ipvsadm.c: print_title, print_service_entry). */
import type { Destination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import type { Service } from "../../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS } from "../../ipvs/statistics.ts";
import type { OptionName } from "../request.ts";
import { largeNumber } from "./large-number.ts";
import { serviceTraits, tunnelText } from "./service-text.ts";

export interface TableFormat {
  readonly titles: readonly [service: string, destination: string];
  /** `name` is how the service is called. */
  service(service: Service, name: string, exact: boolean): string;
  destination(destination: Destination, name: string, exact: boolean): string;
}

const COUNTERS: readonly number[] = [CONNECTIONS, IN_PACKETS, OUT_PACKETS, IN_BYTES, OUT_BYTES];
const SERVICE_TITLE = "Prot LocalAddress:Port";
const DESTINATION_TITLE = "  -> RemoteAddress:Port";
/** libipvs reads some of a destination's counters as 32-bit numbers (libipvs.c: ipvs_dests_parse_cb). */
const WRAP = 2 ** 32;

type Cell = readonly [value: string | number, width: number];

/** Left-aligned columns, one blank between. */
const columns = (...cells: readonly Cell[]): string =>
  cells.map(([value, width]) => String(value).padEnd(width)).join(" ");

const figures = (values: readonly number[], exact: boolean): string =>
  values.map((value) => largeNumber(value, exact)).join("");

const figureTitle = (names: readonly string[]): string =>
  [SERVICE_TITLE.padEnd(33), ...names.map((name) => name.padStart(8))].join(" ");

const traits = (service: Service, name: string): string => `${name} ${serviceTraits(service)}`;

const start = (name: string): string => `  -> ${name.padEnd(28)}`;

/**
 * A destination's line that ends in its active and inactive connections, which ipvsadm reads as unsigned: one below 0
 * (destination-bindings.ts, setActive, says how that comes) is 4294967295, though /proc/net/ip_vs has -1.
 */
const countsLine = (name: string, destination: Destination, ...cells: readonly Cell[]): string => {
  const { activeConnections: active, inactiveConnections: inactive } = destination;
  return `${start(name)} ${columns(...cells, [active >>> 0, 10], [inactive >>> 0, 10])}`;
};

const forwardingName = (destination: Destination): string => methodOf(destination.forwarding).name;

const plain: TableFormat = {
  titles: [`${SERVICE_TITLE} Scheduler Flags`, `${DESTINATION_TITLE}           Forward Weight ActiveConn InActConn`],
  service: traits,
  destination: (destination, name) =>
    countsLine(name, destination, [forwardingName(destination), 7], [destination.weight, 6]),
};

const tunInfo: TableFormat = {
  titles: [plain.titles[0], `${DESTINATION_TITLE}           Forward TunnelInfo    Weight ActiveConn InActConn`],
  service: traits,
  destination: (destination, name) =>
    countsLine(
      name,
      destination,
      [forwardingName(destination), 7],
      [tunnelText(destination), 13],
      [destination.weight, 6],
    ),
};

/**
 * Counters as of the last tick of the estimator.
 * @ipvs #Y listings "--stats lags by up to 2 s; a destination's connections and packets wrap at 2^32"
 */
const stats: TableFormat = {
  titles: [figureTitle(["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"]), DESTINATION_TITLE],
  service: ({ statistics }, name, exact) =>
    name.padEnd(33) +
    figures(
      COUNTERS.map((counter) => statistics.shown(counter)),
      exact,
    ),
  destination: ({ statistics }, name, exact) => {
    const shown = COUNTERS.map((counter) =>
      counter < IN_BYTES ? statistics.shown(counter) % WRAP : statistics.shown(counter),
    );
    return start(name) + figures(shown, exact);
  },
};

const rate: TableFormat = {
  titles: [figureTitle(["CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"]), DESTINATION_TITLE],
  service: ({ statistics }, name, exact) =>
    name.padEnd(33) +
    figures(
      COUNTERS.map((counter) => statistics.rate(counter)),
      exact,
    ),
  destination: ({ statistics }, name, exact) => {
    const shown = COUNTERS.map((counter) => statistics.rate(counter) % WRAP);
    const whole = shown.slice(0, IN_BYTES).map((value) => ` ${String(value).padStart(8)}`);
    return start(name) + whole.join("") + figures(shown.slice(IN_BYTES), exact);
  },
};

const thresholds: TableFormat = {
  titles: [
    columns([SERVICE_TITLE, 33], ["Uthreshold", 10], ["Lthreshold", 10], ["ActiveConn", 10], ["InActConn", 10]),
    DESTINATION_TITLE,
  ],
  service: traits,
  destination: (destination, name) =>
    countsLine(name, destination, [destination.upperThreshold, 10], [destination.lowerThreshold, 10]),
};

const persistentConn: TableFormat = {
  titles: [
    columns([SERVICE_TITLE, 33], ["Weight", 9], ["PersistConn", 11], ["ActiveConn", 10], ["InActConn", 10]),
    DESTINATION_TITLE,
  ],
  service: traits,
  destination: (destination, name) =>
    countsLine(name, destination, [destination.weight, 9], [destination.persistentConnections, 11]),
};

/** The first of these that is asked for. */
const BY_OPTION: readonly (readonly [OptionName, TableFormat])[] = [
  ["stats", stats],
  ["rate", rate],
  ["thresholds", thresholds],
  ["persistent-conn", persistentConn],
  ["tun-info", tunInfo],
];

export const formatFor = (given: ReadonlySet<OptionName>): TableFormat =>
  BY_OPTION.find(([option]) => given.has(option))?.[1] ?? plain;
