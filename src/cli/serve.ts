/** `tapvs serve`: the page, and a running director on it. */

import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { lacksPrivilege, systemError } from "../io/system-error.ts";
import { type PageServerOptions, servePage } from "../web/server.ts";
import { FAILED, Failure, NO_PRIVILEGE } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { print, say } from "./output.ts";
import { getOrFail, socketOrFail } from "./running-director.ts";
import { endOnSignals } from "./signals.ts";

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly director?: string | true;
}

const DEFAULT_PORT = 8078;
const LOCAL = new Set(["127.0.0.1", "::1", "localhost"]);

export function serveCommand(): Command {
  return new Command("serve")
    .description(
      "Serves a page on which packets can be watched on their way through a director, step by step, forward and back. " +
        "The same page is the file dist/web/tapvs.html, which opens from disk.",
    )
    .option(
      "--director [socket]",
      "show a running director, too: its tables, rates and packets (default: the only one there is)",
    )
    .addOption(
      new Option("--port <number>", "port to listen on; 0 for any that is free")
        .argParser(wholeNumber(0, 65_535))
        .default(DEFAULT_PORT),
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .action(serve);
}

async function serve({ host, port, director }: ServeOptions): Promise<void> {
  const page = builtPage();
  const shown = director === undefined ? undefined : await runningDirector(director === true ? undefined : director);
  if (!LOCAL.has(host))
    say(
      `everybody who reaches ${host} can read ${shown === undefined ? "the page" : "the page and the director's tables"}`,
    );
  const options = { host, port, page, ...(shown !== undefined && { director: shown }) };
  const server = await listening(options);
  const { address, port: taken } = server.address() as AddressInfo;
  print(`http://${address.includes(":") ? `[${address}]` : address}:${taken}/\n`);
  endOnSignals();
}

function builtPage(): string {
  const file = fileURLToPath(new URL("../../web/tapvs.html", import.meta.url));
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new Failure(FAILED, `${file}: ${failure.text}: the page is made by make build`);
  }
}

async function listening(options: PageServerOptions): Promise<Awaited<ReturnType<typeof servePage>>> {
  try {
    return await servePage(options, say);
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    const text = failure.code === "EADDRINUSE" ? "the port is taken, choose another with --port" : failure.text;
    const code = lacksPrivilege(failure.code) ? NO_PRIVILEGE : FAILED;
    throw new Failure(code, `${options.host}:${options.port}: ${text}`);
  }
}

/** The director behind a socket, by its own name. */
async function runningDirector(named: string | undefined): Promise<{ readonly name: string; readonly socket: string }> {
  const socket = await socketOrFail(named);
  const { name } = await getOrFail<{ readonly name?: unknown }>(socket, "/v1/status");
  return { name: String(name ?? "director"), socket };
}
