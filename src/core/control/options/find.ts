/** Which options there are, after which command. */
import type { FindOption } from "../popt.ts";
import type { Command } from "../request.ts";
import { COMMAND_OPTIONS, LOCAL_ADDRESS_COMMANDS } from "./commands.ts";
import { DAEMON_OPTIONS, LISTING_OPTIONS } from "./listing.ts";
import type { Option } from "./option.ts";
import { FULLNAT_OPTIONS, LOCAL_ADDRESS_OPTIONS, SERVER_OPTIONS } from "./server.ts";
import { SERVICE_OPTIONS, TOA_OPTIONS } from "./service.ts";

type Index = ReadonlyMap<string, Option>;

function indexOf(options: readonly Option[]): Index {
  const index = new Map<string, Option>();
  for (const option of options) {
    if (option.short !== undefined) index.set(`-${option.short}`, option);
    if (option.long !== undefined) index.set(`--${option.long}`, option);
  }
  return index;
}

/** All that ipvsadm 1.31 knows. */
const UPSTREAM = indexOf([
  ...COMMAND_OPTIONS,
  ...SERVICE_OPTIONS,
  ...SERVER_OPTIONS,
  ...LISTING_OPTIONS,
  ...DAEMON_OPTIONS,
]);

/** The FULLNAT dialect goes before it, and only where it means something. */
const FIRST_WORD = indexOf(LOCAL_ADDRESS_COMMANDS);
const SERVER_COMMANDS = indexOf(FULLNAT_OPTIONS);
const POOL_COMMANDS = indexOf(LOCAL_ADDRESS_OPTIONS);
const SERVICE_COMMANDS = indexOf(TOA_OPTIONS);
const NOTHING: Index = new Map();

function dialectOf(command: Command | undefined): Index {
  if (command === undefined) return FIRST_WORD;
  if (command === "add-service" || command === "edit-service") return SERVICE_COMMANDS;
  if (command === "add-server" || command === "edit-server") return SERVER_COMMANDS;
  return command === "add-laddr" || command === "del-laddr" ? POOL_COMMANDS : NOTHING;
}

/** Looks options up as they are known after `command()`, which is `undefined` before the first option. */
export const optionsAfter =
  (command: () => Command | undefined): FindOption<Option> =>
  (name, form) => {
    const key = form === "long" ? `--${name}` : `-${name}`;
    return dialectOf(command()).get(key) ?? UPSTREAM.get(key);
  };
