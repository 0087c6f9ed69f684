import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { sentence } from "../../../src/core/explain/sentences/sentences.ts";
import { whatIf } from "../../../src/core/explain/what-if.ts";
import type { Director } from "../../../src/core/host/director.ts";
import { takeSnapshot } from "../../../src/core/ipvs/sync/snapshot.ts";
import { parsePacket } from "../../../src/core/packet/read-packet.ts";
import { copyOf } from "../../../src/io/live/copy.ts";
import { imageOf } from "../../../src/io/live/succession.ts";
import { storyDirector } from "../../support/story.ts";

const RULES = ["-A -t 12.11.0.101:80 -s rr", "-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m"];

/** What the copy of a director says of a packet. */
function said(director: Director, packet: string): string {
  const image = imageOf(director, `${RULES.join("\n")}\n`);
  const { bytes } = takeSnapshot(director.server.connections, 0, Number.POSITIVE_INFINITY);
  const copy = copyOf(image, { bytes, hz: director.server.ticks.hz, taken: Date.now() * 1000 });
  return whatIf(copy, parsePacket(packet)).events.map(sentence).join("\n");
}

describe("a copy of a running director", () => {
  it("knows its connections, and does not touch them", () => {
    const director = storyDirector([
      ...RULES.map((line) => `ipvsadm ${line}`),
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S",
    ]);
    const before = director.server.connections.table.rows.count;
    expect(said(director, "tcp 12.11.0.10:40000 > 12.11.0.101:80 .")).includes(
      "12.11.0.10:40000 > 12.11.0.101:80 > 172.16.1.2:80",
    );
    expect(said(director, "tcp 12.11.0.10:40001 > 12.11.0.101:80 S")).includes("A new connection");
    expect(director.server.connections.table.rows.count).equals(before);
  });

  it("remembers what its director does", () => {
    const director = storyDirector([
      ...RULES.map((line) => `ipvsadm ${line}`),
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S",
      "200 eth0 tcp 12.11.0.11:40000 > 12.11.0.101:80 S",
    ]);
    expect(said(director, "tcp 12.11.0.10:40000 > 12.11.0.101:80 .")).matches(/it expired at 6\d\.\d s in SYN_RECV/);
  });

  it("knows who quiesced a server, and the switches", () => {
    const director = storyDirector([
      ...RULES.map((line) => `ipvsadm ${line}`),
      "sysctl net.ipv4.vs.sloppy_tcp 1",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S",
    ]);
    expect(said(director, "tcp 12.11.0.10:40001 > 12.11.0.101:80 .")).includes("A new connection");
    runIpvsadm(wordsOf("-D -t 12.11.0.101:80"), { server: director.server });
    const [name] = imageOf(director, "").changes.filter(({ what }) => what === "service deleted");
    expect(name?.command).equals("ipvsadm -D -t 12.11.0.101:80");
  });
});
