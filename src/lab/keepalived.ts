/**
 * A keepalived that keeps the table of a lab's director. It runs in the director's namespace, where health checks reach the real
 * servers, and finds interfaces there that are called as the director's own: VRRP leaves by them, and a sync daemon is named after one.
 */
import type { LabCommand, Paths } from "./command.ts";
import { bridgeOf, DIRECTOR, namespaceOf, portOf } from "./names.ts";
import { type DirectorPort, type Lab, withoutPrefix } from "./plan.ts";

const SILENT =
  "An interface of the same name for keepalived's VRRP. It is silent about its addresses: they are the director's, which answers for them.";

/** The interfaces; nothing if the lab has no keepalived. */
export const keepalivedPorts = (lab: Lab): LabCommand[] =>
  lab.director.keepalived === undefined ? [] : lab.director.ports.flatMap((port, index) => twin(lab, port, index));

/** A veth pair between the namespace and the segment's bridge, with the address that the director speaks from. */
function twin(lab: Lab, { name, segment, addresses: [own = ""] }: DirectorPort, index: number): LabCommand[] {
  const netns = namespaceOf(lab.name, DIRECTOR);
  const peer = portOf(DIRECTOR.slice(0, 3), index);
  const ip = (...words: readonly string[]): LabCommand => ({ kind: "ip", netns, words });
  const address = withoutPrefix(own);
  return [
    { ...ip("link", "add", name, "type", "veth", "peer", "name", peer), why: SILENT },
    ip("link", "set", peer, "master", bridgeOf(segment), "up"),
    ip("link", "set", name, "arp", "off", "up"),
    ip("addr", "add", `${address}/${address.includes(":") ? 128 : 32}`, "dev", name),
  ];
}

/** Its start, once the director answers. */
export function keepalivedStart(lab: Lab, { directory, socket, tapvs }: Paths): LabCommand[] {
  const { keepalived } = lab.director;
  if (keepalived === undefined) return [];
  return [
    {
      kind: "start",
      host: DIRECTOR,
      netns: namespaceOf(lab.name, DIRECTOR),
      program: "keepalived",
      awaits: socket,
      words: [
        ...[...tapvs, "with", "--socket", socket, "--proc", "--"],
        ...["keepalived", "--dont-fork", "--log-console", "--use-file", keepalived],
        ...["--pid", `${directory}/keepalived.pid`, "--vrrp_pid", `${directory}/vrrp.pid`],
        ...["--checkers_pid", `${directory}/checkers.pid`],
      ],
    },
  ];
}
