/** What ipvsadm says when the kernel refuses (libipvs.c: ipvs_strerror). */
import type { ControlError, ControlErrorCode } from "../ipvs/control-error.ts";
import type { Command } from "./request.ts";

type Texts = Partial<Readonly<Record<ControlErrorCode, string>>>;

const NO_SERVICE: Texts = { ESRCH: "No such service" };
const NO_SCHEDULER: Texts = { ENOENT: "Scheduler or persistence engine not found" };
const NOT_DEFINED: Texts = { ESRCH: "Service not defined" };

const BY_COMMAND: Partial<Readonly<Record<Command, Texts>>> = {
  "add-service": { ...NO_SCHEDULER, EEXIST: "Service already exists" },
  "edit-service": { ...NO_SCHEDULER, ...NO_SERVICE },
  "delete-service": NO_SERVICE,
  zero: NO_SERVICE,
  "add-server": { ...NOT_DEFINED, EEXIST: "Destination already exists" },
  "edit-server": { ...NOT_DEFINED, ENOENT: "No such destination" },
  "delete-server": { ...NOT_DEFINED, ENOENT: "No such destination" },
  "start-daemon": { EEXIST: "Daemon has already run" },
  "stop-daemon": { ESRCH: "No daemon is running" },
  "add-laddr": { ...NOT_DEFINED, EEXIST: "Local address already exists" },
  "del-laddr": { ...NOT_DEFINED, ENOENT: "No such Local address" },
  "get-laddr": NO_SERVICE,
};

const ANY_COMMAND: Readonly<Record<ControlErrorCode, string>> = {
  EPERM: "Permission denied (you must be root)",
  EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
  EMSGSIZE: "Module is wrong version",
  EEXIST: "File exists",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
  ERANGE: "Numerical result out of range",
  ESRCH: "No such process",
};

/** The line for stderr, without its end. */
export const kernelErrorText = (command: Command, error: ControlError): string =>
  BY_COMMAND[command]?.[error.code] ?? ANY_COMMAND[error.code];
