import { expect } from "chai";
import { runHostProgram } from "../../../src/core/host-programs/programs.ts";
import { type Address, AF_INET, parseIpv4 } from "../../../src/core/wire/address.ts";
import { recordedHost } from "./recorded-host.ts";

const GROUP: Address = { family: AF_INET, words: [parseIpv4("224.0.0.22") ?? 0, 0, 0, 0] };

describe("ip neighbor", () => {
  const machine = recordedHost();
  const shown = (...words: string[]) => runHostProgram("ip", ["neighbor", ...words], machine)?.out;

  it("leaves groups out, which nobody is asked for, but not one that was added (arp_constructor: NUD_NOARP)", () => {
    const { director } = machine;
    director.neighbors.addPermanent(0, director.addresses.of(GROUP), 0x0100_5e00_0016);
    expect(shown()).equals("");
    shown("add", "12.11.0.9", "lladdr", "03:00:00:00:00:09", "dev", "eth0");
    expect(shown()).equals("12.11.0.9 dev eth0 lladdr 03:00:00:00:00:09 PERMANENT \n");
  });

  it("makes and forgets one that is there for good, and keeps it through another change", () => {
    const first = (dev: string) => `12.11.0.9 ${dev}lladdr 03:00:00:00:00:09 PERMANENT \n`;
    runHostProgram("ip", ["address", "add", "12.11.0.77/24", "dev", "eth0"], machine);
    expect(shown("show", "dev", "eth0")).equals(first(""));
    expect(shown("del", "12.11.0.9", "dev", "eth0")).equals("");
    runHostProgram("ip", ["address", "del", "12.11.0.77/24", "dev", "eth0"], machine);
    expect(shown()).equals("");
  });
});
