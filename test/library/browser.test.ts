/** What runs in a browser, too: the doors without a file system are bundled for one and work there. */
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { build } from "esbuild";

async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: "." },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "door",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

describe("the library in a browser", () => {
  it("is bundled without anything of Node, and sends a packet", async () => {
    const doors = ["tapvs", "tapvs/packet", "tapvs/capture", "tapvs/network"];
    const code = await bundled(doors.map((door, index) => `export * as door${index} from "${door}";`).join("\n"));
    // What a browser has, and plain JavaScript does not.
    const browser = { TextEncoder, TextDecoder, URL, structuredClone };
    const verdict: unknown = runInNewContext(
      `${code}
      const director = door.door0.createDirector("interfaces: {eth0: 10.1.0.100/24}");
      director.receive("eth0", door.door1.packet("icmp 10.1.0.7 > 10.1.0.100 echo")).verdict;`,
      browser,
    );
    expect(verdict).equals("delivered");
  });

  it("is all but the reader of recorded cases", async () => {
    const failure = await bundled('export * from "tapvs/testing";').catch((error: unknown) => String(error));
    expect(failure).includes('Could not resolve "node:');
  });
});
