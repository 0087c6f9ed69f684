/** Options that are commands. */
import { usageError } from "../exit.ts";
import type { Command } from "../request.ts";
import type { Apply, Option } from "./option.ts";

const command = (name: Command, long: string, short?: string): Option => ({
  command: name,
  ...(short === undefined ? {} : { short }),
  long,
  value: "none",
});

const daemonState =
  (what: string): Apply =>
  (request, value) => {
    if (value !== "master" && value !== "backup") throw usageError(`illegal ${what} specified`);
    request.daemon.state = value;
  };

const daemonCommand = (name: "start-daemon" | "stop-daemon", what: string): Option => ({
  command: name,
  long: name,
  value: "required",
  apply: daemonState(what),
});

export const COMMAND_OPTIONS: readonly Option[] = [
  command("add-service", "add-service", "A"),
  command("edit-service", "edit-service", "E"),
  command("delete-service", "delete-service", "D"),
  command("flush", "clear", "C"),
  command("list", "list", "L"),
  command("list", "list", "l"),
  command("zero", "zero", "Z"),
  command("restore", "restore", "R"),
  command("save", "save", "S"),
  command("add-server", "add-server", "a"),
  command("edit-server", "edit-server", "e"),
  command("delete-server", "delete-server", "d"),
  command("set", "set"),
  command("help", "help", "h"),
  command("version", "version", "v"),
  // The two messages differ in ipvsadm, too.
  daemonCommand("start-daemon", "start-daemon parameter"),
  daemonCommand("stop-daemon", "start_daemon"),
];

/** The FULLNAT dialect's (alibaba/LVS, DPVS); ipvsadm 1.31 does not know these letters. */
export const LOCAL_ADDRESS_COMMANDS: readonly Option[] = [
  command("add-laddr", "add-laddr", "P"),
  command("del-laddr", "del-laddr", "Q"),
  command("get-laddr", "get-laddr", "G"),
];
