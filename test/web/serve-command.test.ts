import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { startTapvs, tapvs } from "../cli/tapvs.ts";

const PAGE = fileURLToPath(new URL("../../web/tapvs.html", import.meta.url));

describe("tapvs serve", function () {
  this.timeout(20_000);

  before(function () {
    if (existsSync(PAGE)) return;
    console.log(`      skipped: ${PAGE} is not built (make build)`);
    this.skip();
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

  it("ends with 2 for a wrong port, 3 where no director is, 1 where the port is taken", async () => {
    expect(tapvs(["serve", "--port", "http"]).code).equals(2);
    const none = tapvs(["serve", "--director", "/nowhere/a.sock"]);
    expect([none.code, none.err]).deep.equals([
      3,
      "no director is running at /nowhere/a.sock: there is no such socket\n",
    ]);
    const holder = createServer();
    await new Promise<void>((resolve) => void holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as AddressInfo;
    const taken = tapvs(["serve", "--port", String(port)]);
    expect([taken.code, taken.err]).deep.equals([
      1,
      `127.0.0.1:${port}: the port is taken, choose another with --port\n`,
    ]);
    holder.close();
  });
});
