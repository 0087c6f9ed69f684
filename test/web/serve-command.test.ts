import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { startTapvs, tapvsProcess } from "../cli/tapvs.ts";
import { skip } from "../support/machine.ts";
import { outlive } from "./outlive.ts";

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

  it("outlives mutated and cut-off requests, and says nothing of them", () => outlive(1000));

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
