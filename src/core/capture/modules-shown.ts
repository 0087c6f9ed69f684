/**
 * Which kernel modules a recording was made with, where its first line does not say: what its own lines show. A recording
 * that shows nothing was made without.
 */
import { APPS } from "../ipvs/apps/apps.ts";
import { ENGINES } from "../ipvs/engines/engines.ts";
import type { ModuleLine } from "../ipvs/modules.ts";
import type { TranscriptEvent } from "./transcript.ts";

/** `undefined` if nothing shows any. */
export function modulesShown(events: readonly TranscriptEvent[]): readonly ModuleLine[] | undefined {
  const apps = Object.entries(APPS).flatMap(([name, app]) => {
    const ports = portsListed(events, app.name);
    if (ports.length > 0) return [{ name, ports }];
    return app.name === "ftp" && showsDataConnection(events) ? [{ name }] : [];
  });
  const engines = Object.entries(ENGINES).filter(([, engine]) => isAccepted(events, engine.name));
  const modules = [...apps, ...engines.map(([name]) => ({ name }))];
  return modules.length > 0 || Object.values(ENGINES).some(({ name }) => isRefused(events, name)) ? modules : undefined;
}

/** The ports of a helper that a reading of /proc/net/ip_vs_app lists, which has the last one first. */
function portsListed(events: readonly TranscriptEvent[], name: string): number[] {
  const ports = new Set<number>();
  for (const event of events) {
    if (event.do !== "proc" || event.name !== "ip_vs_app") continue;
    for (const [, port, listed] of event.out.matchAll(/^\w+ +(\d+) +\d+ +(\w+) *$/gm)) {
      if (listed === name) ports.add(Number(port));
    }
  }
  return [...ports].reverse();
}

/** Only the FTP helper puts a connection into LISTEN, and only it opens one to a client from the data port. */
const showsDataConnection = (events: readonly TranscriptEvent[]): boolean =>
  events.some((event) => event.do === "ipvsadm" && /^TCP +\d+:\d\d +(LISTEN |.*:20 )/m.test(event.out));

const withEngine = (args: string, name: string): boolean => args.split(/\s+/).join(" ").includes(`--pe ${name}`);

const isAccepted = (events: readonly TranscriptEvent[], name: string): boolean =>
  events.some((event) => event.do === "ipvsadm" && event.code === 0 && withEngine(event.args, name));

const isRefused = (events: readonly TranscriptEvent[], name: string): boolean =>
  events.some(
    (event) => event.do === "ipvsadm" && /no such|not found|unknown/i.test(event.err) && withEngine(event.args, name),
  );
