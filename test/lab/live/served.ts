/** A lab of one mode, with real web servers and real curl. */
import { expect } from "chai";
import { checkLab } from "../../../src/lab/check.ts";
import { execute } from "../../../src/lab/execute.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import { type LabOptions, urlOf } from "../../../src/lab/plan.ts";
import { processesOf, withLab } from "./lab.ts";

const REQUESTS = 200;
const BYTES = 300_000;

export interface LiveCase {
  readonly options: LabOptions;
  /** Answers by real server. */
  readonly answers: readonly number[];
  /** What real servers see as their client. */
  readonly peers: readonly string[];
}

/** Requests over all real servers, none lost; then much data both ways. */
export function itServes({ options, answers, peers }: LiveCase): void {
  const { mode, scheduler, servers, ipv6 = false, nat64 = false } = options;
  // Waiting for counters takes seconds: once with answers that pass the director, and once without.
  const counted = mode === "nat" || mode === "dr";

  it(`${mode}${nat64 ? " as NAT64" : ipv6 ? " in IPv6" : ""}: ${REQUESTS} requests over ${servers} real servers, none lost, spread as ${scheduler} says`, () =>
    withLab(options, async ({ lab }) => {
      const result = await checkLab(lab, processesOf(lab), { requests: REQUESTS, statistics: counted });
      expect(result.faults).to.deep.equal([]);
      expect(result).to.include({ requests: REQUESTS, lost: 0, scheduler });
      expect(result.servers.map((server) => server.answers)).to.deep.equal(answers);
      expect(result.peers).to.deep.equal(peers);
      if (counted)
        expect(outgoing(result.listings[0]?.listing ?? "")).to.deep.equal({
          connections: REQUESTS,
          answersPass: mode === "nat",
        });
      await exchange(options, urlOf(lab.service.address));
    }));
}

/** The counters of the service in a listing: connections, and whether packets went back through the director. */
function outgoing(listing: string): object {
  const [, connections, out] = /^TCP +\S+:80 +(\d+) +\d+K? +(\d+)K? /m.exec(listing) ?? [];
  return { connections: Number(connections), answersPass: Number(out) > 0 };
}

/** Segments as large as they come, both ways: in a tunnel the path is narrower than the client believes. */
async function exchange({ name }: LabOptions, url: string): Promise<void> {
  const curl = ["ip", "netns", "exec", namespaceOf(name, "client"), "curl", "--silent", "--max-time", "5"];
  const download = await execute([...curl, `${url}bytes/${BYTES}`]);
  expect(download.out.length).to.equal(BYTES);
  const upload = await execute([...curl, "--data-binary", "@-", url], { stdin: "x".repeat(BYTES) });
  expect(JSON.parse(upload.out)).to.include({ received: BYTES });
}
