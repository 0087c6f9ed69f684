import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chooseSocket, isListening } from "../../../src/io/control/socket-path.ts";

describe("the socket that is chosen where none is named", () => {
  let folder: string;
  const path = (name: string): string => join(folder, `${name}.sock`);
  const servers: Server[] = [];
  const { TAPVS_SOCKET: given } = process.env;

  beforeEach(() => {
    delete process.env.TAPVS_SOCKET;
    folder = mkdtempSync(join(tmpdir(), "tapvs-sockets-"));
  });

  afterEach(async () => {
    if (given !== undefined) process.env.TAPVS_SOCKET = given;
    for (const server of servers.splice(0)) await close(server);
    rmSync(folder, { recursive: true });
  });

  const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

  function listening(name: string): Promise<Server> {
    const server = createServer((client) => client.on("error", () => {}).end());
    return new Promise((resolve) => server.listen(path(name), () => resolve(server)));
  }

  async function run(name: string): Promise<void> {
    servers.push(await listening(name));
  }

  /** A server removes its socket when it ends, but not under another name. */
  async function leaveDead(name: string): Promise<void> {
    const server = await listening("ends");
    renameSync(path("ends"), path(name));
    await close(server);
  }

  const chosen = () => chooseSocket(undefined, [folder]);

  it("is the one at which somebody listens, not that of a director that was killed", async () => {
    await leaveDead("a");
    await run("b");
    expect([await isListening(path("a")), await isListening(path("b"))]).deep.equals([false, true]);
    expect(await isListening(path("none"))).equals(false);
    expect(await chosen()).deep.equals({ kind: "socket", path: path("b") });
  });

  it("is none where several directors run: those that do are named", async () => {
    await leaveDead("a");
    await run("b");
    await run("c");
    expect(await chosen()).deep.equals({
      kind: "none",
      message: `several directors are running (${path("b")}, ${path("c")}): choose with --socket or TAPVS_SOCKET`,
    });
  });

  it("is none where nobody listens, or there is none", async () => {
    expect(await chosen()).deep.equals({ kind: "none", message: `no director is running: no socket in ${folder}` });
    await leaveDead("a");
    expect(await chosen()).deep.equals({ kind: "socket", path: path("a") });
    await leaveDead("b");
    const message = `no director is running: nobody listens at ${path("a")}, ${path("b")}`;
    expect(await chosen()).deep.equals({ kind: "none", message });
  });
});
