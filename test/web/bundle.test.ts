import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { expect } from "chai";
import { bundlePage } from "../../tools/bundle-page.ts";

const LARGEST = 400 * 1000;

describe("the page as one file", () => {
  let page = "";
  let script = "";

  before(async () => {
    page = await bundlePage();
    script = inflateRawSync(Buffer.from(/id="packed">([^<]+)</.exec(page)?.[1] ?? "", "base64")).toString();
  });

  it("is smaller than 400 KB", () => {
    expect(page.length).greaterThan(50_000).and.lessThan(LARGEST);
  });

  it("loads nothing from anywhere", () => {
    expect(page.match(/<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/g)).equals(null);
    for (const text of [page, script]) expect(text).not.matches(/@import|url\((?!data:)/);
    expect(script).not.matches(/https?:\/\/(?!www\.w3\.org\/)[a-z]/);
  });

  it("lets no other script run, and talks to nobody but where it came from", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy).includes("default-src 'none'").and.includes("connect-src 'self'").and.includes(`'sha256-${hash}'`);
    expect(policy).not.matches(/script-src[^;]*unsafe/);
  });

  it("comes out the same each time", async () => {
    expect(await bundlePage()).equals(page);
  });
});
