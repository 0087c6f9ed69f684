/**
 * The generic netlink family IPVS: what programs ask of the kernel's tables, asked of a virtual server.
 * Mirrors ip_vs_genl_ops of net/netfilter/ipvs/ip_vs_ctl.c and the ways of net/netlink/genetlink.c.
 */
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { type Attributes, NESTED, type Policy, readAttributes, U32 } from "./attributes.ts";
import * as command from "./commands.ts";
import { DAEMON, writeDaemon } from "./daemon.ts";
import { DEST, writeDestination } from "./destination.ts";
import { EINVAL, EOPNOTSUPP, EPERM, type Errno, ESRCH, SUCCESS } from "./errno.ts";
import { asksForDump, attributeBytes, commandOf, type Message, type Reply } from "./messages.ts";
import { readService, SERVICE, writeService } from "./service.ts";
import type { Writer } from "./writer.ts";

export const FAMILY_NAME = "IPVS";
export const FAMILY_VERSION = 1;
/** The last attribute of the first level. */
export const LAST_ATTRIBUTE = 6;

/** Of the first level. */
export const POLICY: Policy = {
  [SERVICE]: NESTED,
  [DEST]: NESTED,
  [DAEMON]: NESTED,
  [command.TIMEOUT_TCP]: U32,
  [command.TIMEOUT_TCP_FIN]: U32,
  [command.TIMEOUT_UDP]: U32,
};

/** IPVS_INFO_ATTR_*, and what the kernel says: version 1.2.1, and its table's chains. */
const INFO_VERSION = 1;
const INFO_CONN_TAB_SIZE = 2;
const VERSION_CODE = 0x010201;

/** One object of a dump, or the answer to a question. */
type Answer = Pick<Reply, "command" | "write">;

export interface FamilyOptions {
  readonly server: VirtualServer;
  /** `false` for a caller without CAP_NET_ADMIN, who may not even ask. */
  readonly mayChange?: boolean;
  /** Chains of the connection table that GET_INFO tells of. */
  readonly connectionTableSize: number;
}

/** What comes of a request: its answers, or a refusal. */
export type Outcome =
  | { readonly kind: "refused"; readonly errno: Errno }
  | { readonly kind: "done"; readonly answers: readonly Reply[] }
  | { readonly kind: "dump"; readonly answers: readonly Reply[] };

const refused = (errno: Errno): Outcome => ({ kind: "refused", errno });
const versioned = (answer: Answer): Reply => ({ ...answer, version: FAMILY_VERSION });

/**
 * @ipvs #Y netlink "Every command of the generic netlink family IPVS, with its replies, errors and their order"
 */
export function runRequest(message: Message, options: FamilyOptions): Outcome {
  const asked = commandOf(message);
  if (asked === undefined) return refused(EINVAL);
  if (!isCommand(asked)) return refused(EOPNOTSUPP);
  if (options.mayChange === false) return refused(EPERM);
  const { server } = options;
  const attributes = readAttributes(attributeBytes(message), POLICY);
  if (asksForDump(message)) {
    const dump = DUMPS.get(asked);
    if (dump === undefined) return refused(EOPNOTSUPP);
    return { kind: "dump", answers: dump(server, attributes).map(versioned) };
  }
  const change = command.CHANGES.get(asked);
  const question = QUESTIONS.get(asked);
  if (change === undefined && question === undefined) return refused(EOPNOTSUPP);
  if (typeof attributes === "number") return refused(attributes);
  server.changes.command = "netlink";
  const result = change === undefined ? question?.(options, attributes) : change(server, attributes);
  if (typeof result === "number" && result !== SUCCESS) return refused(result);
  return { kind: "done", answers: typeof result === "object" ? [versioned(result)] : [] };
}

type Dump = (server: VirtualServer, attributes: Attributes | Errno) => readonly Answer[];

/** What a dump lists. Only GET_DEST looks at attributes; a service that is not there, or not named, has no servers to list. */
const DUMPS: ReadonlyMap<number, Dump> = new Map<number, Dump>([
  [
    command.GET_SERVICE,
    ({ services }) =>
      services.list().map((service) => answer(command.NEW_SERVICE, (writer) => writeService(writer, service))),
  ],
  [
    command.GET_DEST,
    ({ services }, attributes) => {
      const named = typeof attributes === "number" ? attributes : readService(attributes);
      const service = typeof named === "number" ? undefined : services.find(named.key);
      return (service?.destinations ?? []).map((destination) =>
        answer(command.NEW_DEST, (writer) => writeDestination(writer, destination)),
      );
    },
  ],
  [
    command.GET_DAEMON,
    ({ daemons }) => daemons.map((daemon) => answer(command.NEW_DAEMON, (writer) => writeDaemon(writer, daemon))),
  ],
]);

type Question = (options: FamilyOptions, attributes: Attributes) => Answer | Errno;

const QUESTIONS: ReadonlyMap<number, Question> = new Map<number, Question>([
  [
    command.GET_SERVICE,
    ({ server }, attributes) => {
      const named = readService(attributes);
      if (typeof named === "number") return named;
      const service = server.services.find(named.key);
      return service === undefined ? ESRCH : answer(command.NEW_SERVICE, (writer) => writeService(writer, service));
    },
  ],
  [
    command.GET_CONFIG,
    ({ server }) =>
      answer(command.SET_CONFIG, (writer) => {
        const { tcp, tcpFin, udp } = server.connections.timeouts.shown();
        writer.u32(command.TIMEOUT_TCP, tcp);
        writer.u32(command.TIMEOUT_TCP_FIN, tcpFin);
        writer.u32(command.TIMEOUT_UDP, udp);
      }),
  ],
  [
    command.GET_INFO,
    ({ connectionTableSize }) =>
      answer(command.SET_INFO, (writer) => {
        writer.u32(INFO_VERSION, VERSION_CODE);
        writer.u32(INFO_CONN_TAB_SIZE, connectionTableSize);
      }),
  ],
]);

const answer = (of: number, write: (writer: Writer) => void): Answer => ({ command: of, write });

const isCommand = (asked: number): boolean => command.CHANGES.has(asked) || QUESTIONS.has(asked) || DUMPS.has(asked);

/** GENL_ADMIN_PERM, GENL_CMD_CAP_DO, GENL_CMD_CAP_DUMP, GENL_CMD_CAP_HASPOL. */
const NEEDS_PRIVILEGE = 0x1;
const DOES = 0x2;
const LISTS = 0x4;
const HAS_POLICY = 0x8;

/** The commands with what nlctrl says of each, by their numbers. */
export function operations(): readonly { readonly command: number; readonly flags: number }[] {
  const numbers = [...new Set([...command.CHANGES.keys(), ...QUESTIONS.keys(), ...DUMPS.keys()])].sort((a, b) => a - b);
  return numbers.map((number) => ({
    command: number,
    flags:
      NEEDS_PRIVILEGE |
      HAS_POLICY |
      (command.CHANGES.has(number) || QUESTIONS.has(number) ? DOES : 0) |
      (DUMPS.has(number) ? LISTS : 0),
  }));
}
