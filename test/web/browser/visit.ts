/** A visit to the page: what a reader does and sees. */

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  /** Frames move; else whatever happens is there at once. */
  readonly moving?: boolean;
}

/** Whether the page is about to draw something else: on a busy machine that may be many frames after a key. */
const STALE = 'document.querySelector("[data-stale]") !== null';

export class Visit {
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  /** Opens the page at `url` and waits for its first picture. */
  static async open(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
    const { width = 1366, height = 768, moving = false } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      reducedMotion: moving ? "no-preference" : "reduce",
      acceptDownloads: true,
    });
    const visit = new Visit(await context.newPage());
    await visit.page.goto(url);
    await visit.page.waitForSelector("main");
    await visit.settle();
    return visit;
  }

  /** Waits until the page has drawn what was asked of it; where it never rests, as while it plays, ten seconds at most. */
  async settle(): Promise<void> {
    await this.page.evaluate(`new Promise((done) => {
      const end = performance.now() + 10_000;
      let left = 3;
      const next = () =>
        left-- > 0 || (${STALE} && performance.now() < end) ? requestAnimationFrame(next) : done();
      next();
    })`);
  }

  async press(key: string, times = 1): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.page.keyboard.press(key);
      await this.settle();
    }
  }

  async click(selector: string): Promise<void> {
    await this.page.click(selector);
    await this.settle();
  }

  /**
   * Presses the key until it changes nothing any more, within the page, and notes after each press what the elements
   * say. The first note is from before.
   */
  async pressThrough(key: string, selectors: readonly string[]): Promise<string[][][]> {
    const notes = await this.page.evaluate(`(async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const drawn = async () => {
        await frame();
        do await frame();
        while (${STALE});
      };
      const texts = (selector) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent.replace(/\\s+/g, " ").trim());
      const note = () => ${JSON.stringify(selectors)}.map(texts);
      const notes = [note()];
      for (let clock = ""; clock !== document.querySelector("[data-clock]").textContent; ) {
        clock = document.querySelector("[data-clock]").textContent;
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: ${JSON.stringify(key)}, bubbles: true }));
        await drawn();
        notes.push(note());
      }
      return notes.slice(0, -1);
    })()`);
    return notes as string[][][];
  }

  async text(selector: string): Promise<string> {
    return (await this.page.textContent(selector))?.replace(/\s+/g, " ").trim() ?? "";
  }

  async texts(selector: string): Promise<string[]> {
    return (await this.page.locator(selector).allTextContents()).map((text) => text.replace(/\s+/g, " ").trim());
  }

  /** Waits until the expression holds in the page; its policy forbids to do that there. */
  async until(expression: string, patience = 60_000): Promise<void> {
    const end = Date.now() + patience;
    while ((await this.page.evaluate(expression)) !== true) {
      if (Date.now() > end) throw new Error(`not within ${patience} ms: ${expression}`);
      await this.page.waitForTimeout(30);
    }
  }

  /** Waits until nothing is left to happen. */
  async untilDone(): Promise<void> {
    await this.until('document.querySelector(".clock small").textContent.endsWith("all done")');
    await this.settle();
  }

  /** Runs to the end of what happens. */
  async toTheEnd(): Promise<void> {
    await this.page.keyboard.press("End");
    await this.settle();
    await this.untilDone();
  }

  /** The names of everything that can be operated, by `data-do` and `data-set`. */
  async controls(): Promise<string[]> {
    const names = await this.page.evaluate(
      '[...document.querySelectorAll("[data-do], [data-set]")].map(({ dataset }) => dataset.do ?? "set " + dataset.set)',
    );
    return [...new Set(names as string[])].sort();
  }

  /** Text that is cut off: of controls, and of hosts in the drawing. */
  async clipped(): Promise<string[]> {
    const texts = await this.page.evaluate(`(() => {
      const wide = (element) => element.scrollWidth > element.clientWidth + 1;
      const controls = [...document.querySelectorAll("button, label, select, th, .sentence, .chip")];
      const hosts = [...document.querySelectorAll(".host")].flatMap((host) => {
        const box = host.querySelector(".box").getBoundingClientRect();
        return [...host.querySelectorAll("text")].filter((text) => text.getBoundingClientRect().right > box.right);
      });
      const room = (select) => {
        const canvas = document.createElement("canvas").getContext("2d");
        const style = getComputedStyle(select);
        canvas.font = style.font;
        return canvas.measureText(select.selectedOptions[0].textContent).width + parseFloat(style.paddingLeft) > select.clientWidth;
      };
      const shown = (element) => element.checkVisibility() && !element.classList.contains("hidden");
      return [...controls.filter((element) => shown(element) && (element.matches("select") ? room(element) : wide(element))), ...hosts]
        .map((element) => element.textContent.trim().slice(0, 60) || element.outerHTML.slice(0, 80));
    })()`);
    return texts as string[];
  }

  /** Nothing was complained about, and nothing stands beyond the window's edge. */
  async end(): Promise<void> {
    const wider = await this.page.evaluate("document.documentElement.scrollWidth - innerWidth");
    await this.page.context().close();
    expect(this.complaints).deep.equals([]);
    expect(wider, "pixels beyond the edge").at.most(0);
  }
}
