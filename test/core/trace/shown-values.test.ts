import { expect } from "chai";
import { ShownValues } from "../../../src/core/trace/shown-values.ts";
import {
  type Address,
  ANY,
  ANY_IPV6,
  formatAddress,
  formatEndpoint,
  parseAddress,
} from "../../../src/core/wire/address.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { macText } from "../../../src/core/wire/ethernet.ts";

const ip = (text: string): Address => parseAddress(text) ?? ANY;

/** Many of them, of both families: every place is taken by many in turn. */
const MANY = Array.from({ length: 1200 }, (_, index) => [
  ip(`${10 + (index % 240)}.${index & 255}.0.${(index * 7) & 255}`),
  ip(`2001:db8::${index.toString(16)}`),
]).flat();

describe("values that events show", () => {
  it("are what the handles stand for, as values, as text, and with any port", () => {
    const addresses = new AddressTable();
    const shown = new ShownValues(addresses);
    for (const address of [ANY, ANY_IPV6, ip("224.0.0.18"), ip("255.255.255.255"), ...MANY]) {
      addresses.beginWalk();
      const handle = addresses.of(address);
      for (const port of [0, 80, 80]) expect(shown.endpoint(handle, port)).equals(formatEndpoint(address, port));
      expect(shown.text(handle)).equals(formatAddress(address));
      expect(shown.address(handle)).deep.equals(address);
    }
  });

  it("are the new ones where a handle that nobody kept was given to another address", () => {
    const addresses = new AddressTable();
    const shown = new ShownValues(addresses);
    const seen = new Map<number, Address>();
    let again = 0;
    for (const address of MANY) {
      addresses.beginWalk();
      const handle = addresses.of(address);
      if (seen.has(handle)) again++;
      seen.set(handle, address);
      expect(shown.text(handle)).equals(formatAddress(address));
    }
    expect(again).greaterThan(0);
  });

  it("of an address that is shown again is the same object", () => {
    const shown = new ShownValues(new AddressTable());
    expect(shown.address(0x0a000001)).equals(shown.address(0x0a000001));
  });

  it("are MAC addresses, too", () => {
    const shown = new ShownValues(new AddressTable());
    for (const mac of [0, 0xffff_ffff_ffff, 0x0200_0000_0164, 0x0300_0000_0164, 0x0200_0000_0164])
      expect(shown.mac(mac)).equals(macText(mac));
  });
});
