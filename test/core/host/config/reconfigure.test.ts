import { expect } from "chai";
import { reconfigure } from "../../../../src/core/host/config/reconfigure.ts";
import { Director } from "../../../../src/core/host/director.ts";
import { parseAddress } from "../../../../src/core/wire/address.ts";
import { parseConfig } from "../../../../src/io/config.ts";

function configOf(text: string) {
  const read = parseConfig(text, "director.yaml");
  if (read.kind === "errors") throw new Error(read.errors.map(({ message }) => message).join("\n"));
  return read.config;
}

const INTERFACES = "interfaces: {eth0: [10.1.0.1/24, 2001:db8:1::1/64]}\n";

describe("a director that is configured anew", () => {
  it("knows the neighbors of both families that the configuration now names", () => {
    const director = new Director(configOf(INTERFACES), { link: { send: () => undefined } });
    const neighbors = { "10.1.0.2": "02:00:00:00:00:02", "2001:db8:1::2": "02:00:00:00:00:06" };
    reconfigure(director, configOf(`${INTERFACES}neighbors: ${JSON.stringify(neighbors)}\n`));
    for (const [text, mac] of Object.entries(neighbors)) {
      const address = parseAddress(text);
      if (address === undefined) throw new Error(text);
      const handle = director.addresses.of(address);
      const found = director.neighborsOf(handle).find(0, handle);
      expect(found?.mac.toString(16), text).equals(Number.parseInt(mac.replaceAll(":", ""), 16).toString(16));
    }
  });
});
