import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { LISTING_KINDS, listingJson } from "../../../src/core/control/json.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";
import { type Routes, serveControl } from "../../../src/io/control/server.ts";
import { readCapture } from "../../../src/web/page/capture/reading.ts";
import { servePage } from "../../../src/web/server.ts";
import { tapvsProcess } from "../../cli/tapvs.ts";
import { unexpected } from "../../support/unexpected.ts";
import { PageFile, SCREENSHOTS } from "./page-file.ts";

/** The others are gone through in the long tests. */
const MODE = "nat";

describe("the page in a browser", () => {
  const pageFile = new PageFile();
  const visit = pageFile.visit.bind(pageFile);

  it("opens from disk, and soon shows a picture", async () => {
    const reader = await visit();
    const paint = await reader.page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime');
    console.log(`      first picture after ${Math.round(Number(paint))} ms`);
    expect(paint).greaterThan(0);
    expect(await reader.texts(".host .name")).deep.equals(["client", "director", "rs1", "rs2"]);
    await reader.end();
  });

  it(`goes through ${MODE} by key, to the end and back, in the steps that tapvs explain --json tells`, async () => {
    const { walk } = JSON.parse(tapvsProcess(["explain", MODE, "--json"]).out) as { walk: string[] };
    const reader = await visit(`#mode=${MODE}&do=r0%400&show=steps`);
    const forward = await reader.pressThrough("ArrowRight", [".moment", ".arrival:first-of-type > .steps > li"]);
    // The page says elsewhere which frame arrived.
    expect(walk[0]).matches(/^A frame arrives/);
    // Behind this the SYN waits for ARP, whose reply is an arrival of its own.
    const end = walk.findIndex((step) => step.startsWith("The end"));
    expect(forward.map(([, steps]) => steps)).deep.include(walk.slice(1, end + 1));
    expect(forward.length).greaterThan(15);
    expect(await reader.text(".clock small")).matches(/all done$/);
    expect(await reader.text(".exchanges")).includes('The client has its page: "I am rs1."');
    expect(await reader.text(".caption")).matches(/The director saw \d of 8 packets/);
    const back = await reader.pressThrough("ArrowLeft", [".moment"]);
    expect(back.map(([moment]) => moment)).deep.equals(forward.map(([moment]) => moment).reverse());
    expect(await reader.text("[data-clock]")).equals("0.000 ms");
    await reader.end();
  });

  it("lets every control be used, each with what it is for", async () => {
    const reader = await visit("#mode=nat&clients=2&do=r0%400&show=steps");
    const { page } = reader;
    const used = new Set<string>();
    const seen = new Set<string>();
    const use = async (name: string, action: () => Promise<unknown>): Promise<void> => {
      used.add(name);
      for (const control of await reader.controls()) seen.add(control);
      await action();
      await reader.settle();
    };
    const saving = async (name: string): Promise<void> => {
      await page.click(".menu summary");
      await page.click(`[data-do=${name}]`);
    };
    const sends = ["request", "long", "ping", "datagram", "fragments", "burst"];
    await use("set burst", () => page.fill("[data-set=burst]", "5"));
    for (const name of sends) {
      const before = await page.locator(".exchanges li").count();
      await use(name, () => page.click(`button[data-do=${name}]`));
      expect(await page.locator(".exchanges li").count(), name).equals(Math.min(6, before + 1));
    }
    await use("end", () => reader.toTheEnd());
    expect(await page.locator(".exchanges li.good").count()).equals(6);
    await use("start", () => page.click("[data-do=start]"));
    expect(await reader.text("[data-clock]")).equals("0.000 ms");
    await use("forward", () => page.click("[data-do=forward]"));
    expect(await reader.text("[data-clock]")).equals("0.150 ms");
    await use("back", () => page.click("[data-do=back]"));
    expect(await reader.text("[data-clock]")).equals("0.000 ms");
    await use("set speed", () => page.selectOption("[data-set=speed]", "16"));
    await use("run", () => page.click("[data-do=run]"));
    await reader.untilDone();
    await use("drawer", () => page.click("[data-do=drawer][data-name=ladder]"));
    await use("go", () => page.click(".ladder-row[data-do=go] >> nth=0"));
    await use("clear", () => page.click("[data-do=clear]"));
    expect(await page.locator(".ladder-row").count()).equals(0);
    await use("from", () => page.click(".host.client >> nth=1"));
    await reader.toTheEnd();
    expect(await reader.text(".ladder-row .words")).includes("12.11.0.11");
    await reader.click("[data-do=drawer][data-name=tables]");
    await use("set wait", () => page.locator("[data-set=wait]").fill("300"));
    expect(await reader.text("[data-clock]")).matches(/ s$/);
    await use("timeout", () => page.click("[data-do=timeout]"));
    await reader.until('document.querySelector(".tables").textContent.includes("No connections.")');
    await use("set sender", () => page.selectOption("[data-set=sender]", "-1"));
    await reader.click("[data-do=drawer][data-name=setup]");
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
    await use("set directors", () => page.selectOption("[data-set=directors]", "prompt"));
    await use("strike", () => page.click(".host.director >> nth=1"));
    await use("set directors", () => page.selectOption("[data-set=directors]", "1"));
    await use("set persistent", () => page.selectOption("[data-set=persistent]", "60"));
    await use("set mtu", () => page.selectOption("[data-set=mtu]", "1400"));
    await reader.click("[data-do=drawer][data-name=tables]");
    expect(await reader.text(".tables caption")).includes("wrr, persistent 60 s");
    await use("line", () => page.click(".edit:text('drain') >> nth=0"));
    expect(await reader.text(".console")).includes("-w 0");
    await reader.click("[data-do=drawer][data-name=setup]");
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
    await reader.click("[data-do=drawer][data-name=tables]");
    expect(await reader.text(".tables caption")).includes("[fd00:11::101]:80");
    await reader.click("[data-do=drawer][data-name=setup]");
    await page.selectOption("[data-set=family]", "2");
    await reader.click("[data-do=drawer][data-name=faults]");
    await use("set fault", () => page.click("[data-set=fault][data-name=dead]"));
    expect(await reader.text(".fault-note")).includes("A real server is dead.");
    await use("culprit", () => page.click("[data-do=culprit]"));
    await use("repair", () => page.click("[data-do=repair]"));
    expect(await reader.text(".chip.good")).includes("repaired at");
    await reader.click("[data-do=drawer][data-name=tables]");
    await use("ipvsadm", () => page.fill("[name=line]", "-Ln").then(() => page.keyboard.press("Enter")));
    expect(await reader.text(".console")).includes("TCP 12.11.0.101:80 wrr persistent 60");
    await use("mode", () => page.click("[data-do=mode][data-name=dr]"));
    expect(await page.getAttribute("[data-do=mode][data-name=dr]", "aria-pressed")).equals("true");
    await use("fault", () => page.click(".chip[data-do=fault]"));
    await use("predict", () => page.click("[data-do=predict]"));
    await use("present", () => page.keyboard.press("p"));
    await reader.press("Escape");
    await use("theme", () => page.click("[data-do=theme]"));
    expect(await page.getAttribute("html", "data-theme")).equals("light");
    await use("help", () => page.click("[data-do=help]"));
    await page.click("dialog button");
    await page.click(".menu summary");
    await use("share", () => page.click("[data-do=share]"));
    expect(await reader.text("#notice")).matches(/^The link is/);
    await use("download", async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), saving("download")]);
      const bytes = new Uint8Array(readFileSync(await download.path()));
      expect(readCapture({ name: download.suggestedFilename(), bytes }).packets.length).greaterThan(0);
    });
    await use("svg", async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), saving("svg")]);
      expect(readFileSync(await download.path(), "utf8")).matches(/^<svg[^>]*viewBox="0 0 1600 900"/);
    });
    await use("png", async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), saving("png")]);
      expect([...readFileSync(await download.path()).subarray(1, 4)]).deep.equals([0x50, 0x4e, 0x47]);
    });
    await use("slide", async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), saving("slide")]);
      expect(readFileSync(await download.path(), "utf8")).includes('width="1600" height="900"');
    });
    used.add("tab");
    for (const name of seen) expect([...used, "guess", "export", "open-out"], name).includes(name);
    await reader.end();
  });

  it("keeps what is seen in the address, and opens it again", async () => {
    const reader = await visit("#mode=tun&weights=2%2C1&do=r0%400");
    await reader.press("ArrowRight", 5);
    await reader.until(
      `location.hash.endsWith("time=" + Math.round(1000 * parseFloat(document.querySelector("[data-clock]").textContent)))`,
    );
    const again = await pageFile.open(reader.page.url());
    expect(await again.text(".caption")).equals(await reader.text(".caption"));
    expect(await again.text("[data-clock]")).equals(await reader.text("[data-clock]"));
    await reader.end();
    await again.end();
  });

  it("shows the same in two modes side by side", async () => {
    const reader = await visit();
    await reader.click("[data-do=tab][data-name=compare]");
    await reader.click("[data-do=other][data-name=tun]");
    await reader.toTheEnd();
    expect(await reader.texts(".side .exchanges")).have.length(2);
    for (const text of await reader.texts(".side .exchanges")) expect(text).includes("I am rs1.");
    const rows = await Promise.all(
      [0, 1].map((side) => reader.page.locator(`.side >> nth=${side} >> .ladder-row`).count()),
    );
    expect(rows[0]).greaterThan(10).and.not.equals(rows[1]);
    await reader.click("[data-do=tab][data-name=watch]");
    await reader.end();
  });

  it("says what it means at once, however quickly one presses", async () => {
    const reader = await visit("#mode=dr&do=r0%400&show=ladder", { moving: true });
    for (let number = 1; number <= 5; number++) {
      await reader.page.keyboard.press("ArrowRight");
      await reader.settle();
      expect(await reader.text(".caption .number")).equals(String(number));
      expect(await reader.text(".clock small")).equals(`frame ${number} of 19`);
      expect(await reader.page.getAttribute(".ladder-row.now", "data-key")).equals(String(number));
    }
    await reader.toTheEnd();
    const isSeen = await reader.page.evaluate(`(() => {
      const [row, box] = [".ladder-row.now", ".drawer"].map((name) => document.querySelector(name).getBoundingClientRect());
      return row.top >= box.top && row.bottom <= box.bottom;
    })()`);
    expect(isSeen, "the ladder follows").equals(true);
    await reader.end();
  });

  it("stands in another page, and opens out of it", async () => {
    const reader = await visit(`?embed#mode=dr&do=r0%400&time=480`);
    expect(await reader.page.isVisible("header")).equals(false);
    expect(await reader.page.isVisible(".stage")).equals(true);
    const [whole] = await Promise.all([
      reader.page.context().waitForEvent("page"),
      reader.page.click("[data-do=open-out]"),
    ]);
    await whole.waitForSelector("header");
    expect(whole.url()).includes("tapvs.html#mode=dr");
    await reader.end();
  });

  it("asks what comes, in predict mode, and counts", async () => {
    const reader = await visit("#mode=dr&do=r0%400&predict=1");
    await reader.press("ArrowRight");
    expect(await reader.text(".caption.asked")).includes('Who replies to "who has 12.11.0.101"?');
    await reader.click("[data-do=guess] >> nth=0");
    expect(await reader.text(".guessed")).includes("Yes: only the director.");
    await reader.press("ArrowRight", 2);
    await reader.click("[data-do=guess] >> nth=1");
    await reader.click("[data-do=guess] >> nth=2");
    expect(await reader.text(".score")).includes("2 of 3 right");
    const [download] = await Promise.all([reader.page.waitForEvent("download"), reader.page.click("[data-do=export]")]);
    const report = JSON.parse(readFileSync(await download.path(), "utf8")) as { score: number; guesses: unknown[] };
    expect([report.score, report.guesses.length]).deep.equals([2, 3]);
    await reader.end();
  });

  it("shows what breaks, and why", async () => {
    const reader = await visit("#mode=tun&faults=rp-filter&do=r0%400&show=ladder");
    await reader.press("x");
    expect(await reader.text(".caption.bad .sentence")).includes("rs1 drops the SYN. rp_filter");
    await reader.toTheEnd();
    expect(await reader.text(".caption.bad .sentence")).includes("The client gives up");
    expect((await reader.texts(".ladder-row.lost .words")).join()).includes("dropped: rp_filter");
    await reader.click("[data-do=drawer][data-name=faults]");
    expect(await reader.text(".fault-note"))
      .includes("rp_filter=1")
      .and.includes("Fix:");
    await reader.click("[data-do=find-changes]");
    expect(await reader.text("[data-do=apply-change]")).includes("without: ");
    await reader.click("[data-do=repair]");
    await reader.toTheEnd();
    expect(await reader.text(".caption .sentence")).includes("The client has its page");
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
    await page.fill("[data-set=packet-filter]", "source becomes");
    await reader.settle();
    for (const outcome of await reader.texts(".packet-list tbody td:last-child"))
      expect(outcome).includes("source becomes");
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
    const socket = join(pageFile.folder, "lab.sock");
    const control: Server = await serveControl(socket, routes, unexpected);
    const page = readFileSync(pageFile.file, "utf8");
    const serving = await servePage(
      { host: "127.0.0.1", port: 0, page, director: { name: "lab", socket } },
      unexpected,
    );
    const { port } = serving.address() as AddressInfo;
    const reader = await pageFile.open(`http://127.0.0.1:${port}/`);
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
      expect(await reader.text("[data-do=mode][aria-pressed=true]")).equals("Full NAT");
      await reader.end();
    }
  });
});
