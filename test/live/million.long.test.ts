/** A director with a million idle connections; another one begins beside it, and soon has all of them. */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { expect } from "chai";
import { NONE } from "../../src/core/ipvs/connection-rows.ts";
import { TCP_ESTABLISHED } from "../../src/core/ipvs/protocols/tcp-states.ts";
import { takeSnapshot } from "../../src/core/ipvs/sync/snapshot.ts";
import { PROTOCOL_TCP } from "../../src/core/wire/ipv4.ts";
import { lab } from "../support/lab.ts";
import { describeLive } from "../support/machine.ts";
import { ip } from "../support/packet.ts";
import { TestDirector, until } from "./director.ts";
import { NAT, PORT, VIP } from "./modes.ts";
import type { Network } from "./network.ts";
import { fileOf } from "./two-directors.ts";

const CONNECTIONS = 1_000_000;
const CLIENT_PORTS = 50_000;
const STATE = "state: {connections: 10s}\n";

/** The file that a director with so many established connections leaves behind when it is killed. */
function leftFile(): Buffer {
  const { connections } = lab([], { silent: true });
  const { addresses, table, timeouts } = connections;
  const address = (text: string) => addresses.ofIpv4(ip(text));
  const [virtualAddress, destinationAddress] = [address(VIP), address("10.92.0.2")];
  for (let number = 0; number < CONNECTIONS; number++) {
    const spec = {
      protocol: PROTOCOL_TCP,
      clientAddress: address(`10.100.0.${Math.floor(number / CLIENT_PORTS)}`),
      clientPort: 1024 + (number % CLIENT_PORTS),
      ...{ virtualAddress, virtualPort: PORT, destinationAddress, destinationPort: PORT, flags: 0, fwmark: 0 },
    };
    const row = connections.create(spec, undefined);
    table.rows.setState(row, TCP_ESTABLISHED);
    table.rows.setTimeout(row, timeouts.tcp(TCP_ESTABLISHED));
    connections.insert(row);
    connections.restartTimer(row);
  }
  const part = takeSnapshot(connections, 0, CONNECTIONS);
  expect([part.connections, part.next]).to.deep.equal([CONNECTIONS, NONE]);
  const { bytes } = part;
  const head = {
    ...{ hz: connections.ticks.hz, taken: Date.now() * 1000, connections: CONNECTIONS },
    ...{ bytes: bytes.length, crc32: crc32(bytes) },
  };
  return Buffer.concat([Buffer.from(`tapvs connections 1 ${JSON.stringify(head)}\n`), bytes]);
}

describeLive("a live director that begins beside one with a million connections", function () {
  this.timeout(300_000);
  let network: Network;
  let directors: readonly TestDirector[] = [];

  const known = async (director: TestDirector): Promise<number> =>
    (await director.json<{ connections: number }>("/v1/status")).connections;

  before(() => {
    network = NAT.build();
    directors = [1, 2].map((number) => new TestDirector(network, `${fileOf(NAT, number, "1s")}${STATE}`));
  });

  after(async () => {
    for (const director of directors) await director.close();
    await network?.close();
  });

  it("is told of all of them", async () => {
    const [first, second] = directors;
    if (first === undefined || second === undefined) throw new Error("two directors");
    writeFileSync(first.path("test.rules.connections"), leftFile());
    await first.start({ words: ["--restore"] });
    expect(first.log).contains(`${CONNECTIONS} connections restored`);
    await until(
      async () =>
        (await first.json<{ ha: { state: string }[] }>("/v1/status")).ha.every((one) => one.state === "master"),
      () => `master: ${first.log}`,
    );
    const since = performance.now();
    await second.start();
    let count = 0;
    await until(
      async () => {
        count = await known(second);
        return count === CONNECTIONS;
      },
      () => `${CONNECTIONS} connections, not ${count}`,
    );
    console.log(`      after ${((performance.now() - since) / 1000).toFixed(1)} s`);
  });
});
