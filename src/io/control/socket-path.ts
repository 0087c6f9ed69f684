/** Where a director's control socket is. */
import { readdirSync } from "node:fs";

/** Bytes of a socket's name: struct sockaddr_un holds no more, and Node cuts what is longer without a word (unix(7)). */
const LONGEST_NAME = 107;

/** Whether a name fits; one that does not would mean another socket. */
export const isSocketName = (path: string): boolean => Buffer.byteLength(path) <= LONGEST_NAME && !path.includes("\0");

/** The folder of control sockets: /run/tapvs for root, else one in the user's own runtime folder. */
export function socketFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR ?? "";
  return process.getuid?.() === 0 || runtime === "" ? "/run/tapvs" : `${runtime}/tapvs`;
}

/** The socket of the director called `name`. */
export const socketOf = (name: string): string => `${socketFolder()}/${name}.sock`;

/** The socket that was named: by an option, or else by $TAPVS_SOCKET. */
export function givenSocket(named: string | undefined): string | undefined {
  const given = named ?? process.env.TAPVS_SOCKET ?? "";
  return given === "" ? undefined : given;
}

export type SocketChoice =
  | { readonly kind: "socket"; readonly path: string }
  /** `message` is the whole line for people. */
  | { readonly kind: "none"; readonly message: string };

/** The socket to talk to: the one named, $TAPVS_SOCKET, or the only one there is. */
export function chooseSocket(named: string | undefined): SocketChoice {
  const given = givenSocket(named);
  if (given !== undefined) return { kind: "socket", path: given };
  // A director that root runs serves others, too: its group may talk to it.
  const found = [...new Set([socketFolder(), "/run/tapvs"])].flatMap(socketsIn);
  const [only, another] = found;
  if (only === undefined) return { kind: "none", message: `no director is running: no socket in ${socketFolder()}` };
  if (another === undefined) return { kind: "socket", path: only };
  const list = found.join(", ");
  return { kind: "none", message: `several directors are running (${list}): choose with --socket or TAPVS_SOCKET` };
}

function socketsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}
