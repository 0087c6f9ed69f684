import { expect } from "chai";
import { Director } from "../../../src/core/host/director.ts";
import { Placing } from "../../../src/core/replay/placement.ts";
import { arp, bytes, ping } from "./frames.ts";
import { CLIENT, ETH1, packet, twoPorts } from "./worlds.ts";

const config = twoPorts();
const placing = new Placing(new Director(config, { link: { send: () => {} } }), config.interfaces);
const place = (frame: Uint8Array, name?: string) => placing.place(packet(frame, 0, name));

const toEth1 = ping({ from: CLIENT, to: ETH1, source: "10.9.0.1", destination: "10.2.0.1" });

describe("the place of a frame of a capture", () => {
  it("is the port that the capture names, by the name in the director or that of its TAP device", () => {
    expect(place(toEth1, "eth0")).deep.equals({ kind: "arrived", port: 0 });
    expect(place(toEth1, "tapvs0")).deep.equals({ kind: "arrived", port: 0 });
  });

  it("is the port with its MAC address where no name is known", () => {
    for (const name of [undefined, "en5"]) expect(place(toEth1, name)).deep.equals({ kind: "arrived", port: 1 });
  });

  it("is the director itself where the source is a MAC address of one of its ports, whatever name it has", () => {
    const frame = ping({ from: ETH1, to: CLIENT, source: "10.2.0.1", destination: "10.2.0.9" });
    for (const name of [undefined, "eth0", "eth1"]) expect(place(frame, name)).deep.equals({ kind: "sent", port: 1 });
  });

  it("is the port of the sender's network for frames to all", () => {
    expect(place(arp({ from: CLIENT, sender: "10.1.0.9", target: "10.2.0.1" }))).deep.equals({
      kind: "arrived",
      port: 0,
    });
    expect(place(arp({ from: CLIENT, sender: "10.2.0.9", target: "10.1.0.254" }))).deep.equals({
      kind: "arrived",
      port: 1,
    });
    const broadcast = ping({
      from: CLIENT,
      to: "ff:ff:ff:ff:ff:ff",
      source: "10.2.0.9",
      destination: "255.255.255.255",
    });
    expect(place(broadcast)).deep.equals({ kind: "arrived", port: 1 });
  });

  it("is unknown for frames to all from a network of nobody's", () => {
    const stray = place(arp({ from: CLIENT, sender: "192.0.2.1", target: "192.0.2.2" }), "en5");
    expect(stray.kind === "unknown" && stray.why).equals(
      "on which of eth0, eth1 does it arrive? the capture calls its interface en5, and its sender is in no network of theirs",
    );
  });

  it("makes no difference for what no port would take: other protocols, other stations", () => {
    const solicitation = bytes(`333300000002 020000000c01 86dd ${"00".repeat(40)}`);
    const toOther = ping({ from: CLIENT, to: "02:00:00:00:00:99", source: "192.0.2.1", destination: "192.0.2.2" });
    for (const frame of [solicitation, toOther, bytes("ffff"), new Uint8Array(0)]) {
      expect(place(frame)).deep.equals({ kind: "of-no-port" });
      expect(place(frame, "eth1")).deep.equals({ kind: "arrived", port: 1 });
    }
  });

  it("is the only port of a director with one", () => {
    const single = { ...config, interfaces: config.interfaces.slice(0, 1) };
    const one = new Placing(new Director(single, { link: { send: () => {} } }));
    const stray = packet(arp({ from: CLIENT, sender: "192.0.2.1", target: "192.0.2.2" }), 0);
    expect(one.place(stray)).deep.equals({ kind: "arrived", port: 0 });
  });
});
