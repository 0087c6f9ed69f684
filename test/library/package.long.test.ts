/** The library out of the packed tarball, in an empty folder: the example of README runs, and its types hold in a strict program. */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);
const EXAMPLE = `
    import { createDirector } from "tapvs"; import { tcp } from "tapvs/packet";
    const d = createDirector({ interfaces: { eth0: "10.1.0.100/24", eth1: "10.2.0.1/24" }, neighbors: { "10.2.0.2": "02:00:00:00:00:09" } });
    d.ipvsadm("-A -t 10.1.0.100:80 -s rr"); d.ipvsadm("-a -t 10.1.0.100:80 -r 10.2.0.2 -m");
    const r = d.receive("eth0", tcp("10.1.0.7:40000 > 10.1.0.100:80", "S"));
    r.verdict                  // "sent", of a closed type
    r.sent[0]                  // { port: "eth1", bytes, text, fields }
    r.steps.map(String)        // the walk in sentences; each step has its code and values
`;
const SEEN = `
    const [frame] = r.sent;
    console.log(JSON.stringify({
      verdict: r.verdict, port: frame.port, bytes: frame.bytes.length, text: frame.text, to: frame.fields.ends, steps: r.steps.map(String),
    }));
`;
/** What only compiles if verdicts and codes are closed types. */
const TYPED = `${EXAMPLE.replace("r.sent[0] ", "r.sent.at(0) ")}
    // @ts-expect-error no verdict is called so
    if (r.verdict === "sant") throw new Error("sant");
    const [frame] = r.sent;
    const port: string | undefined = frame?.port;
    const ends: string | undefined = frame?.fields.ends;
    for (const step of r.steps) if (step.code === "scheduled") { const picked: string = step.values.picked; picked.trim(); }
    export { ends, port };
`;

describe("the library in an empty folder", () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tapvs-library-"));
    const words = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    const { stdout } = await run("npm", words, { cwd: "." });
    mkdirSync(join(folder, "node_modules"));
    await run("tar", ["-xzf", stdout.trim(), "-C", "node_modules"], { cwd: folder });
    const own = join(folder, "node_modules/package/node_modules");
    mkdirSync(own);
    // What npm would install from a registry is that of this repository.
    for (const name of ["yaml", "commander", "koffi", "fast-check", "pure-rand"])
      symlinkSync(realpathSync(join("node_modules", name)), join(own, name));
    await run("mv", ["package", "tapvs"], { cwd: join(folder, "node_modules") });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("runs the example as it stands", async () => {
    writeFileSync(join(folder, "example.js"), EXAMPLE + SEEN);
    const { stdout } = await run(process.execPath, ["example.js"], { cwd: folder });
    const { steps, ...seen } = JSON.parse(stdout);
    expect(seen).deep.equals({
      verdict: "sent",
      port: "eth1",
      bytes: 54,
      text: "tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63",
      to: "10.1.0.7:40000 > 10.2.0.2:80",
    });
    expect(steps).lengthOf.above(10).and.includes("The end: sent.");
  });

  it("has the template of a project whose tests pass", async () => {
    const project = join(folder, "my-lb-tests");
    await cp(join(folder, "node_modules/tapvs/examples/my-lb-tests"), project, { recursive: true });
    const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect(scripts.test).equals("node --test");
    expect(existsSync(join(project, ".github/workflows/test.yml"))).equals(true);
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: project });
    expect(stdout)
      .matches(/^# pass 3$/m)
      .and.matches(/^# fail 0$/m);
  });

  it("makes a suite of recorded cases, in node:test", async () => {
    writeFileSync(
      join(folder, "cases.test.js"),
      'import { runCases } from "tapvs/testing"; runCases("node_modules/tapvs/examples");\n',
    );
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap", "cases.test.js"], { cwd: folder });
    expect(stdout)
      .matches(/^# pass 5$/m)
      .and.matches(/^# fail 0$/m);
    const listed =
      'import { runCases } from "tapvs/testing"; runCases("node_modules/tapvs/examples/nat", { failing: { nat: "why" } });\n';
    writeFileSync(join(folder, "listed.test.js"), listed);
    const matches = await run(process.execPath, ["--test", "--test-reporter=tap", "listed.test.js"], {
      cwd: folder,
    }).catch((error) => error);
    expect(matches.stdout)
      .matches(/it matches, but is listed as failing/)
      .and.matches(/^# fail 1$/m);
    const none = 'import { runCases } from "tapvs/testing"; runCases("my-lb-tests");\n';
    writeFileSync(join(folder, "none.test.js"), none);
    const failed = await run(process.execPath, ["--test", "--test-reporter=tap", "none.test.js"], {
      cwd: folder,
    }).catch((error) => error);
    expect(failed.stdout)
      .matches(/no transcript \(\*\.jsonl\)/)
      .and.matches(/^# fail 1$/m);
  });

  it("has types that hold with strict and skipLibCheck: false", async () => {
    writeFileSync(join(folder, "typed.ts"), TYPED);
    const doors = readdirSync("dist/src").filter((name) => name.endsWith(".d.ts") && name !== "index.d.ts");
    const names = ["tapvs", ...doors.map((name) => `tapvs/${name.replace(".d.ts", "")}`)];
    writeFileSync(
      join(folder, "all.ts"),
      names.map((name, index) => `export * as door${index} from "${name}";\n`).join(""),
    );
    const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", "--types", ""];
    const tsc = realpathSync("node_modules/.bin/tsc");
    for (const resolution of ["nodenext", "bundler"]) {
      const how = ["--module", resolution === "bundler" ? "esnext" : resolution, "--moduleResolution", resolution];
      const { stdout } = await run(tsc, [...options, ...how, "typed.ts", "all.ts"], { cwd: folder }).catch(
        (error) => error,
      );
      expect(stdout, resolution).equals("");
    }
  });
});
