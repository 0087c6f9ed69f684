/** Where a director's control socket is. */
import { readdirSync } from "node:fs";
import { connect } from "node:net";

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

/** A director that root runs serves others, too: its group may talk to it. */
const foldersToSearch = (): string[] => [...new Set([socketFolder(), "/run/tapvs"])];

/** The socket to talk to: the one named, $TAPVS_SOCKET, or the only one in these folders at which somebody listens. */
export async function chooseSocket(named: string | undefined, folders = foldersToSearch()): Promise<SocketChoice> {
  const given = givenSocket(named);
  if (given !== undefined) return { kind: "socket", path: given };
  const found = folders.flatMap(socketsIn);
  const [first] = found;
  if (first === undefined) return { kind: "none", message: `no director is running: no socket in ${folders[0]}` };
  // Whoever asks at the only one is told why nobody answers.
  if (found.length === 1) return { kind: "socket", path: first };
  const answers = await Promise.all(found.map(isListening));
  const running = found.filter((_, index) => answers[index]);
  const [only, another] = running;
  if (only === undefined)
    return { kind: "none", message: `no director is running: nobody listens at ${found.join(", ")}` };
  if (another === undefined) return { kind: "socket", path: only };
  const list = running.join(", ");
  return { kind: "none", message: `several directors are running (${list}): choose with --socket or TAPVS_SOCKET` };
}

/** Whether somebody has a socket: that of a director that was killed is still there. One that may not be asked counts. */
export function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
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
