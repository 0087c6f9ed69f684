import { existsSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Routes, serveControl } from "../../src/io/control/server.ts";
import { startTapvs, tapvsProcess } from "../cli/tapvs.ts";
import { skip } from "../support/machine.ts";
import { sendMutated } from "../support/raw-requests.ts";
import { unexpected } from "../support/unexpected.ts";

const PAGE = fileURLToPath(new URL("../../web/tapvs.html", import.meta.url));

describe("tapvs serve", () => {
  before(function () {
    if (!existsSync(PAGE)) skip(this, "needs dist/web/tapvs.html: make build");
  });

  it("serves the page until it is told to end", async () => {
    const child = startTapvs(["serve", "--port", "0"]);
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding("utf8");
      child.stdout.once("data", (text: string) => resolve(text.trim()));
      child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
    });
    expect(url).matches(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await (await fetch(url)).text()).includes("<title>tapvs");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).equals(143);
  });

  it("outlives 10000 mutated and cut-off requests, and says nothing of them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tapvs-serve-"));
    const socket = join(folder, "a.sock");
    const routes: Routes = { "GET /v1/status": () => ({ kind: "json", value: { v: 1, name: "a" } }) };
    const control = await serveControl(socket, routes, unexpected);
    const child = startTapvs(["serve", "--port", "0", "--director", socket]);
    let said = "";
    child.stderr.on("data", (piece) => {
      said += piece;
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (text: Buffer) => resolve(String(text).trim()));
      child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
    });
    await sendMutated({ host: "127.0.0.1", port: Number(new URL(url).port) }, 10_000, 8078);
    expect(await (await fetch(`${url}v1/status`)).json()).deep.equals({ v: 1, name: "a" });
    expect(said).equals("");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    control.closeAllConnections();
    control.close();
    rmSync(folder, { recursive: true });
  });

  it("ends with 2 for a wrong port, 3 where no director is, 1 where the port is taken", async () => {
    expect(tapvsProcess(["serve", "--port", "http"]).code).equals(2);
    const none = tapvsProcess(["serve", "--director", "/nowhere/a.sock"]);
    expect([none.code, none.err]).deep.equals([
      3,
      "no director is running at /nowhere/a.sock: there is no such socket\n",
    ]);
    const holder = createServer();
    await new Promise<void>((resolve) => void holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as AddressInfo;
    const taken = tapvsProcess(["serve", "--port", String(port)]);
    expect([taken.code, taken.err]).deep.equals([
      1,
      `127.0.0.1:${port}: the port is taken, choose another with --port\n`,
    ]);
    holder.close();
  });
});
