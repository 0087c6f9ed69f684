/** Connections from the client of a lab that stay open while something happens to it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { namespaceOf } from "./names.ts";
import { hostNamed, type Lab, withoutPrefix } from "./plan.ts";

/** What became of them: those that are none of these go on. */
export interface HeldConnections {
  readonly connections: number;
  readonly reset: number;
  readonly closed: number;
  /** Not answered for six seconds. */
  readonly silent: number;
  /** So many of these had broken before all had their first answer. */
  readonly early: number;
}

const PROGRAM = fileURLToPath(new URL("./programs/connections.js", import.meta.url));
/** Of the client's network, 10.0.0.0/24, for clients beyond those of the lab. */
const FIRST_CLIENT = 128;
const CLIENTS = 120;

/** Opens so many connections; resolves when each has been answered once. `end` resolves to what became of them. */
export async function holdConnections(
  lab: Lab,
  count: number,
): Promise<{ readonly end: () => Promise<HeldConnections> }> {
  const netns = namespaceOf(lab.name, "client");
  const { address, port } = lab.service;
  const words = [PROGRAM, address, `${port}`, `${count}`, ...(await clientsOf(lab, netns))];
  const child = spawn("ip", ["netns", "exec", netns, process.execPath, ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let out = "";
  const opened = new Promise<void>((resolve) => {
    child.stdout.on("data", (piece) => {
      out += piece;
      if (out.includes("open\n")) resolve();
    });
  });
  const early = closed.then(() => {
    throw new LabError(1, `the connections ended early: ${out}`);
  });
  early.catch(() => {});
  await Promise.race([opened, early]);
  const end = async (): Promise<HeldConnections> => {
    child.stdin.end();
    await closed;
    return JSON.parse(out.trim().split("\n").at(-1) ?? "") as HeldConnections;
  };
  return { end };
}

/** The addresses of many clients: a hash of the client would otherwise have four to choose from. In IPv6 those that the client has. */
async function clientsOf(lab: Lab, netns: string): Promise<string[]> {
  const own = (hostNamed(lab, "client")?.nics[0]?.addresses ?? []).map(withoutPrefix);
  const network = /^(\d+\.\d+\.\d+\.)\d+$/.exec(own[0] ?? "")?.[1];
  if (network === undefined) return own;
  const { code, err } = await execute([
    ...["ip", "-n", netns, "route", "replace", "local", `${network}${FIRST_CLIENT}/25`, "dev", "lo"],
  ]);
  if (code !== 0) throw new LabError(1, `client: ${err.trim()}`);
  return Array.from({ length: CLIENTS }, (_, index) => `${network}${FIRST_CLIENT + index}`);
}
