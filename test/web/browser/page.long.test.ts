import { join } from "node:path";
import { expect } from "chai";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { tapvsProcess } from "../../cli/tapvs.ts";
import { faintTexts } from "./contrast.ts";
import { PageFile, SCREENSHOTS } from "./page-file.ts";

describe("the page in a browser, at length", () => {
  const pageFile = new PageFile();
  const visit = pageFile.visit.bind(pageFile);

  for (const mode of MODES) {
    it(`goes through ${mode} by key, to the end and back, in the steps that tapvs explain --json tells`, async () => {
      const { walk } = JSON.parse(tapvsProcess(["explain", mode, "--json"]).out) as { walk: string[] };
      const reader = await visit(`#mode=${mode}&do=r0%400&show=steps`);
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
  }

  const SIZES = {
    phone: [390, 844],
    "half a laptop": [683, 384],
    tablet: [1000, 1400],
    laptop: [1366, 768],
    projector: [1920, 1080],
  } as const;
  const VIEWS: Readonly<Record<string, string>> = {
    first: "",
    watch: "#mode=nat&scheduler=wlc&weights=3%2C1%2C1&do=r0%400&time=930&show=steps",
    breaks: "#mode=dr&faults=arp&do=r0%400&time=220&show=ladder",
    crowd: "#mode=fullnat&weights=1%2C1%2C1%2C1%2C1%2C1%2C1%2C1&clients=3&do=b40%400&time=4000&show=tables",
    schedulers: "#schedulers=rr,wrr,wlc&weights=3,1,1&sessions=24&lengths=mixed&shown=20",
    compare: "#mode=nat&versus=tun&do=r0%400&time=1440",
    lesson: "#lesson=4",
    setup: "#mode=tun&do=r0%400&time=1000&show=setup",
  };
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    it(`fits on a ${size}, light and dark`, async () => {
      for (const [view, fragment] of Object.entries(VIEWS)) {
        const reader = await visit(fragment, { width, height });
        for (const colorScheme of ["light", "dark"] as const) {
          await reader.page.emulateMedia({ colorScheme });
          const shot = await reader.page.screenshot({
            path: join(SCREENSHOTS, `${size.replaceAll(" ", "-")}-${view}-${colorScheme}.png`),
          });
          expect(shot.length).greaterThan(10_000);
        }
        for (const colorScheme of ["light", "dark"] as const) {
          await reader.page.emulateMedia({ colorScheme });
          expect(await faintTexts(reader.page, 4.5), `${view}, ${colorScheme}`).deep.equals([]);
        }
        expect(await faintTexts(reader.page, 22)).not.deep.equals([]);
        expect(await reader.clipped(), `${view} on a ${size}`).deep.equals([]);
        await reader.end();
      }
    });
  }

  it("stays fluid in a burst of 1000 requests", async () => {
    const reader = await visit("#mode=nat&weights=1%2C1%2C1&show=steps", { moving: true });
    const { page } = reader;
    await page.evaluate(
      "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })",
    );
    await page.fill("[data-set=burst]", "1000");
    await page.selectOption("[data-set=speed]", "2");
    await page.click("[data-do=burst]");
    await reader.until(
      '((text) => text.startsWith("1000 requests: ") && !text.includes("still open"))(document.querySelector(".sentence").textContent)',
    );
    const tasks = (await page.evaluate("tasks")) as number[];
    console.log(`      tasks over 50 ms: ${tasks.length}, the longest ${Math.round(Math.max(0, ...tasks))} ms`);
    expect(await reader.text(".exchanges"))
      .includes('334 × "I am rs1."')
      .and.includes('333 × "I am rs3."');
    await reader.end();
  });

  it("comes through a burst of 10 000 requests", async () => {
    const reader = await visit("#mode=nat&show=steps");
    await reader.page.fill("[data-set=burst]", "10000");
    await reader.page.click("[data-do=burst]");
    await reader.page.keyboard.press("End");
    await reader.until(
      '((text) => text.startsWith("10000 requests: ") && !text.includes("still open"))(document.querySelector(".sentence").textContent)',
      240_000,
    );
    expect(await reader.text(".exchanges")).includes('5000 × "I am rs2."');
    await reader.end();
  });
});
