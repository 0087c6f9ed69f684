/** Addresses of virtual routers: at which MAC address they are, and whose they are after a reload. */
import { expect } from "chai";
import { HaDirector, hex } from "./director.ts";
import { ha } from "./pair.ts";

describe("the addresses of virtual routers", () => {
  it("have a MAC address that moves along, if that is wanted", () => {
    const made = new HaDirector(1, ha({ "virtual-mac": true }));
    made.until(4);
    const virtual = "00005e000133";
    const advertisement = made.sent.findLast(({ bytes }) => hex(bytes.subarray(0, 6)) === "01005e000012");
    expect(hex(advertisement?.bytes.subarray(6, 12) ?? new Uint8Array(0))).to.equal(virtual);
    const gratuitous = made.sent.find(({ bytes }) => hex(bytes.subarray(12, 14)) === "0806");
    expect(hex(gratuitous?.bytes.subarray(22, 28) ?? new Uint8Array(0))).to.equal(virtual);
    const ask = (address: string): string => {
      const request = `ffffffffffff020000000109080600010800060400010200000001090a010009000000000000${address}`;
      made.receive(Uint8Array.from(request.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
      return hex(made.sent.at(-1)?.bytes.subarray(22, 28) ?? new Uint8Array(0));
    };
    expect(ask("0a010064")).to.equal(virtual);
    expect(ask("0a010001")).to.equal("020000000101");
    const ping = `${virtual}0200000001090800450000 1c000000004001 66730a0100090a010064 0800f7ff00000000`.replaceAll(
      " ",
      "",
    );
    const bytes = Uint8Array.from(ping.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(made.receive(bytes)).to.equal("delivered");
    made.director.vrrp.stop();
    expect(made.receive(bytes)).to.equal("not-for-us");
  });

  it("stay through a reload, and those that are no longer theirs go", () => {
    const made = new HaDirector(1, ha());
    made.until(4);
    expect(made.has("10.1.0.100")).to.equal(true);
    const config = { ...made.director.config };
    made.director.vrrp.configure(config.ha);
    expect(made.state).to.equal("master");
    made.director.vrrp.configure({ vrrp: [] });
    expect(made.has("10.1.0.100")).to.equal(false);
    const last = made.sent.findLast(({ bytes }) => hex(bytes.subarray(0, 6)) === "01005e000012");
    expect(last?.bytes[36], "it resigns").to.equal(0);
  });
});
