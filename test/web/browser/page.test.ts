import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import { LISTING_KINDS, listingJson } from "../../../src/core/control/json.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";
import { type Routes, serveControl } from "../../../src/io/control/server.ts";
import { readCapture } from "../../../src/web/page/capture/reading.ts";
import { servePage } from "../../../src/web/server.ts";
import { bundlePage } from "../../../tools/bundle-page.ts";
import { tapvsProcess } from "../../cli/tapvs.ts";
import { needs } from "../../support/machine.ts";
import { unexpected } from "../../support/unexpected.ts";
import { findBrowser, startBrowser } from "./chromium.ts";
import { Visit, type VisitOptions } from "./visit.ts";

const SCREENSHOTS = fileURLToPath(new URL("../screenshots/", import.meta.url));

describe("the page in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-browser-"));
  const file = join(folder, "tapvs.html");
  const url = pathToFileURL(file).href;
  let browser: Browser;

  const visit = (fragment = "", options: VisitOptions = {}): Promise<Visit> =>
    Visit.open(browser, `${url}${fragment}`, options);

  before(async function () {
    const path = findBrowser();
    if (path === undefined) return needs(this, "chromium");
    mkdirSync(SCREENSHOTS, { recursive: true });
    writeFileSync(file, await bundlePage());
    browser = await startBrowser(path);
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("opens from disk, and soon shows a picture", async () => {
    const reader = await visit();
    const paint = await reader.page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime');
    console.log(`      first picture after ${Math.round(Number(paint))} ms`);
    expect(paint).greaterThan(0);
    expect(await reader.texts(".host .name")).deep.equals(["client", "director", "rs1", "rs2"]);
    await reader.end();
  });

  for (const mode of MODES) {
    it(`goes through ${mode} by key, to the end and back, in the steps that tapvs explain --json tells`, async () => {
      const { walk } = JSON.parse(tapvsProcess(["explain", mode, "--json"]).out) as { walk: string[] };
      const reader = await visit(`#mode=${mode}&do=r0%400`);
      const forward = await reader.pressThrough("ArrowRight", [".moment", ".arrival:first-of-type > .steps > li"]);
      // The page says elsewhere which frame arrived.
      expect(walk[0]).matches(/^A frame arrives/);
      expect(forward.map(([, steps]) => steps)).deep.include(walk.slice(1));
      expect(forward.length).greaterThan(15);
      expect(await reader.text(".clock small")).matches(/all done$/);
      expect(await reader.text(".talks")).includes('The client has its page: "I am rs1."');
      const back = await reader.pressThrough("ArrowLeft", [".moment"]);
      expect(back.map(([moment]) => moment)).deep.equals(forward.map(([moment]) => moment).reverse());
      expect(await reader.text("[data-clock]")).equals("0.000 ms");
      await reader.end();
    });
  }

  const SIZES = { phone: [390, 844], laptop: [1366, 768], projector: [1920, 1080] } as const;
  const VIEWS: Readonly<Record<string, string>> = {
    watch: "#mode=nat&scheduler=wlc&weights=3%2C1%2C1&do=r0%400&time=930",
    crowd: "#mode=fullnat&weights=1%2C1%2C1%2C1%2C1%2C1%2C1%2C1&clients=3&do=b40%400&time=4000",
    compare: "#mode=nat&versus=tun&do=r0%400&time=1440",
  };
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    it(`fits on a ${size}, light and dark`, async () => {
      for (const [view, fragment] of Object.entries(VIEWS)) {
        const reader = await visit(fragment, { width, height });
        for (const colorScheme of ["light", "dark"] as const) {
          await reader.page.emulateMedia({ colorScheme });
          const shot = await reader.page.screenshot({ path: join(SCREENSHOTS, `${size}-${view}-${colorScheme}.png`) });
          expect(shot.length).greaterThan(20_000);
        }
        await reader.end();
      }
    });
  }

  it("lets every control be used, each with what it is for", async () => {
    const reader = await visit("#mode=nat&clients=2&do=r0%400");
    const { page } = reader;
    const used = new Set<string>();
    const use = async (name: string, deed: () => Promise<unknown>): Promise<void> => {
      used.add(name);
      await deed();
      await reader.settle();
    };
    const sends = ["request", "long", "ping", "datagram", "fragments", "burst"];
    await use("set burst", () => page.fill("[data-set=burst]", "5"));
    for (const name of sends) {
      const before = await page.locator(".talks li").count();
      await use(name, () => page.click(`button[data-do=${name}]`));
      expect(await page.locator(".talks li").count(), name).equals(Math.min(6, before + 1));
    }
    await use("end", () => reader.toTheEnd());
    expect(await page.locator(".talks li.good").count()).equals(6);
    await use("start", () => page.click("[data-do=start]"));
    expect(await reader.text("[data-clock]")).equals("0.000 ms");
    await use("forward", () => page.click("[data-do=forward]"));
    expect(await reader.text("[data-clock]")).equals("0.150 ms");
    await use("back", () => page.click("[data-do=back]"));
    expect(await reader.text("[data-clock]")).equals("0.000 ms");
    await use("set speed", () => page.selectOption("[data-set=speed]", "16"));
    await use("run", () => page.click("[data-do=run]"));
    await reader.untilDone();
    await use("go", () => page.click(".ladder-row[data-do=go] >> nth=0"));
    await use("clear", () => page.click("[data-do=clear]"));
    expect(await page.locator(".ladder-row").count()).equals(0);
    await use("from", () => page.click(".host.client >> nth=1"));
    await reader.toTheEnd();
    expect(await reader.text(".talks")).includes("client2: a request");
    await use("set wait", () => page.locator("[data-set=wait]").fill("300"));
    expect(await reader.text("[data-clock]")).matches(/ s$/);
    await use("timeout", () => page.click("[data-do=timeout]"));
    await reader.until('document.querySelector(".tables").textContent.includes("No connections.")');
    await use("set sender", () => page.selectOption("[data-set=sender]", "-1"));
    await use("set scheduler", () => page.selectOption("[data-set=scheduler]", "wrr"));
    await use("set servers", () =>
      page
        .locator("[data-set=servers]")
        .fill("3")
        .then(() => page.keyboard.press("Tab")),
    );
    await use("set weight", () =>
      page
        .locator("[data-set=weight] >> nth=2")
        .fill("5")
        .then(() => page.keyboard.press("Tab")),
    );
    await use("set clients", () =>
      page
        .locator("[data-set=clients]")
        .fill("3")
        .then(() => page.keyboard.press("Tab")),
    );
    await use("set persistent", () => page.selectOption("[data-set=persistent]", "60"));
    await use("set mtu", () => page.selectOption("[data-set=mtu]", "1400"));
    expect(await reader.text(".tables caption")).includes("wrr, persistent 60 s");
    expect(await reader.texts(".host .name")).deep.equals([
      "client",
      "client2",
      "client3",
      "director",
      "rs1",
      "rs2",
      "rs3",
    ]);
    await use("set family", () => page.selectOption("[data-set=family]", "10"));
    expect(await reader.text(".mode-words")).includes("in IPv6.");
    expect(await reader.text(".tables caption")).includes("[fd00:11::101]:80");
    await page.selectOption("[data-set=family]", "2");
    await use("set fault", () => page.click("[data-set=fault][data-name=dead]"));
    expect(await reader.text(".fault-note")).includes("A real server is dead.");
    await use("ipvsadm", () => page.fill("[name=line]", "-Ln").then(() => page.keyboard.press("Enter")));
    expect(await reader.text(".console")).includes("TCP 12.11.0.101:80 wrr persistent 60");
    await use("mode", () => page.click("[data-do=mode][data-name=dr]"));
    expect(await reader.text(".mode-words")).includes("Direct routing.");
    await use("theme", () => page.click("[data-do=theme]"));
    expect(await page.getAttribute("html", "data-theme")).equals("light");
    await use("help", () => page.click("[data-do=help]"));
    await page.click("dialog button");
    await use("share", () => page.click("[data-do=share]"));
    expect(await reader.text("#notice")).matches(/^The link is/);
    await use("download", async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("[data-do=download]")]);
      const bytes = new Uint8Array(readFileSync(await download.path()));
      expect(readCapture({ name: download.suggestedFilename(), bytes }).packets.length).greaterThan(0);
    });
    used.add("tab");
    expect(await reader.controls()).deep.equals([...used].sort());
    await reader.end();
  });

  it("keeps what is seen in the address, and opens it again", async () => {
    const reader = await visit("#mode=tun&weights=2%2C1&do=r0%400");
    await reader.press("ArrowRight", 5);
    await reader.until(
      `location.hash.endsWith("time=" + Math.round(1000 * parseFloat(document.querySelector("[data-clock]").textContent)))`,
    );
    const again = await Visit.open(browser, reader.page.url());
    expect(await again.text(".moment")).equals(await reader.text(".moment"));
    expect(await again.text("[data-clock]")).equals(await reader.text("[data-clock]"));
    await reader.end();
    await again.end();
  });

  it("shows the same in two modes side by side", async () => {
    const reader = await visit();
    await reader.click("[data-do=tab][data-name=compare]");
    await reader.click("[data-do=other][data-name=tun]");
    await reader.toTheEnd();
    expect(await reader.texts(".side .talks")).have.length(2);
    for (const text of await reader.texts(".side .talks")) expect(text).includes("I am rs1.");
    const rows = await Promise.all(
      [0, 1].map((side) => reader.page.locator(`.side >> nth=${side} >> .ladder-row`).count()),
    );
    expect(rows[0]).greaterThan(10).and.not.equals(rows[1]);
    await reader.click("[data-do=tab][data-name=watch]");
    await reader.end();
  });

  it("shows what breaks, and why", async () => {
    const reader = await visit("#mode=tun&faults=rp-filter&do=r0%400");
    await reader.toTheEnd();
    expect(await reader.text(".talks .bad")).includes("The client gives up: no answer in time.");
    expect(await reader.text(".fault-note"))
      .includes("rp_filter=1")
      .and.includes("Cure:");
    expect((await reader.texts(".ladder-row.lost .words")).join()).includes("dropped: rp_filter");
    await reader.end();
  });

  it("stays fluid in a burst of 1000 requests", async () => {
    const reader = await visit("#mode=nat&weights=1%2C1%2C1", { moving: true });
    const { page } = reader;
    await page.evaluate(
      "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })",
    );
    await page.fill("[data-set=burst]", "1000");
    await page.selectOption("[data-set=speed]", "2");
    await page.click("[data-do=burst]");
    await reader.until('document.querySelector(".talks li.good") !== null');
    const tasks = (await page.evaluate("tasks")) as number[];
    console.log(`      tasks over 50 ms: ${tasks.length}, the longest ${Math.round(Math.max(0, ...tasks))} ms`);
    expect(await reader.text(".talks"))
      .includes('334 × "I am rs1."')
      .and.includes('333 × "I am rs3."');
    await reader.end();
  });

  it("tells a dropped capture as the command line does", async () => {
    const reader = await visit();
    const { page } = reader;
    const capture = "fixtures/captures/nat";
    // Dropped on whatever tab is open.
    await page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["-A -t 10.0.0.1:80 -s rr"], "dropped.ipvs"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    await page.waitForSelector("[data-set=rules]");
    expect(await page.inputValue("[data-set=rules]")).equals("-A -t 10.0.0.1:80 -s rr");
    await page.setInputFiles(
      "input[type=file]",
      ["wire.pcapng", "director.yaml", "rules.ipvs"].map((name) => `${capture}/${name}`),
    );
    await page.waitForSelector(".packet-list");
    const words = ["explain", `${capture}/wire.pcapng`, "-c", `${capture}/director.yaml`, "--packet", "3", "--json"];
    const { packets } = JSON.parse(tapvsProcess(words).out) as {
      packets: { steps: { kind: string; sentence: string }[] }[];
    };
    const steps = packets[0]?.steps.filter(({ kind }) => kind !== "received" && kind !== "verdict") ?? [];
    await reader.click("[data-do=packet][data-name='3']");
    expect(steps.length).greaterThan(5);
    expect((await reader.texts(".moment .steps > li")).slice(0, -1)).deep.equals(steps.map(({ sentence }) => sentence));
    await page.fill("[data-set=packet-filter]", "answer of");
    await reader.settle();
    for (const outcome of await reader.texts(".packet-list tbody td:last-child")) expect(outcome).includes("answer of");
    await page.fill("[data-set=packet-filter]", "");
    await reader.click("[data-do=packet-page]:last-of-type");
    expect(await reader.text(".packet-tools span")).equals("2 of 2");
    await page.fill("[data-set=rules]", "-A -t 1.2.3.4:80 -s nonsense");
    await page.keyboard.press("Tab");
    await reader.settle();
    expect(await reader.text(".problems")).includes("rules.ipvs:1:");
    await page.fill("[data-set=configuration]", "interfaces: 7");
    await page.keyboard.press("Tab");
    await reader.settle();
    expect(await reader.text(".problems")).includes("director.yaml:1:13: interfaces: expected a list");
    await reader.end();
  });

  it("shows a running director", async () => {
    const topology = buildTopology("nat");
    request(topology);
    topology.network.run();
    const { server } = topology.director.stack;
    const ports = [{ name: "eth0", received: 5, sent: 4, receivedBytes: 500, sentBytes: 400 }];
    const status = { v: 1, name: "lab", version: "0", since: 0, connections: 1, ports, verdicts: { sent: 9 } };
    const packet = {
      v: 1,
      time: 0,
      port: "eth0",
      verdict: "sent",
      packet: "a packet",
      outcome: "sent on eth1",
      steps: ["One step."],
    };
    const routes: Routes = {
      ...Object.fromEntries(
        LISTING_KINDS.map((kind) => [
          `GET /v1/${kind}`,
          () => ({ kind: "json", value: listingJson(kind, server) }) as const,
        ]),
      ),
      "GET /v1/status": () => ({ kind: "json", value: status }),
      "GET /v1/trace": ({ query }) => ({
        kind: "stream",
        start: (write) => {
          write(JSON.stringify({ ...packet, outcome: `asked for ${query.get("filter")}` }));
          return () => {};
        },
      }),
    };
    const socket = join(folder, "lab.sock");
    const control: Server = await serveControl(socket, routes, unexpected);
    const page = readFileSync(file, "utf8");
    const serving = await servePage(
      { host: "127.0.0.1", port: 0, page, director: { name: "lab", socket } },
      unexpected,
    );
    const { port } = serving.address() as AddressInfo;
    const reader = await Visit.open(browser, `http://127.0.0.1:${port}/`);
    await reader.page.waitForSelector(".live table");
    expect(await reader.text(".live .tables"))
      .includes("172.16.1.2:80")
      .and.includes("TIME_WAIT");
    await reader.page.fill("[name=filter]", "tcp port 80");
    await reader.page.keyboard.press("Enter");
    await reader.page.waitForSelector(".explained li");
    expect(await reader.text(".explained"))
      .includes("asked for tcp port 80")
      .and.includes("One step.");
    await reader.click("[data-do=unlisten]");
    await reader.page.screenshot({ path: join(SCREENSHOTS, "laptop-live-light.png") });
    await reader.end();
    for (const each of [serving, control]) {
      each.closeAllConnections();
      each.close();
    }
  });

  it("can be worked with by keys alone: everything has a name, and a place in the order", async () => {
    for (const fragment of ["", "#mode=nat&versus=dr"]) {
      const reader = await visit(fragment);
      const nameless =
        await reader.page.evaluate(`[...document.querySelectorAll("button, input, select, textarea, summary")]
        .filter((field) => !(field.textContent.trim() || field.ariaLabel || field.labels?.[0]?.textContent.trim()))
        .map((field) => field.outerHTML)`);
      expect(nameless).deep.equals([]);
      await reader.press("Tab", 3);
      expect(await reader.page.evaluate("document.activeElement !== document.body")).equals(true);
      await reader.press("?");
      expect(await reader.page.evaluate('document.querySelector("dialog").open')).equals(true);
      await reader.press("Escape");
      await reader.press("Tab");
      await reader.press("4");
      expect(await reader.text("[data-do=mode][aria-pressed=true]")).equals("FULLNAT");
      await reader.end();
    }
  });
});
