/** A page server behind which a director stands, and requests of those who do not mean well. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Routes, serveControl } from "../../src/io/control/server.ts";
import { startTapvs } from "../cli/tapvs.ts";
import { sendMutated } from "../support/raw-requests.ts";
import { unexpected } from "../support/unexpected.ts";

/** `tapvs serve` goes on after so many mutated and cut-off requests, and says nothing of them. */
export async function outlive(requests: number): Promise<void> {
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
  await sendMutated({ host: "127.0.0.1", port: Number(new URL(url).port) }, requests, 8078);
  expect(await (await fetch(`${url}v1/status`)).json()).deep.equals({ v: 1, name: "a" });
  expect(said).equals("");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  control.closeAllConnections();
  control.close();
  rmSync(folder, { recursive: true });
}
