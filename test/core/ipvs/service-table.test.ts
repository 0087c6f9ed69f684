/** Services are found by what names them, and caught by fallbacks, as a look at each of them would. */
import { expect } from "chai";
import fc from "fast-check";
import { Service, type ServiceKey } from "../../../src/core/ipvs/service.ts";
import { FTP_PORT, ServiceTable } from "../../../src/core/ipvs/service-table.ts";
import { type Address, AF_INET, AF_INET6, ipv4 } from "../../../src/core/wire/address.ts";
import { AddressTable, familyOf } from "../../../src/core/wire/address-table.ts";

const OPTIONS = { scheduler: "rr", flags: 0, timeoutSeconds: 0, netmask: -1, persistenceEngine: "" };

const address: fc.Arbitrary<Address> = fc.oneof(
  fc.nat(2).map((last) => ipv4(0x0a000000 + last)),
  fc.nat(2).map((last) => ({ family: AF_INET6, words: [0xfd000000, 0, 0, last] }) as const),
);
const port = fc.constantFrom(0, 20, FTP_PORT, 80, 443, 1024, 5000);
const protocol = fc.constantFrom(6, 17);
const mark = fc.constantFrom(0, 0, 1, 2, 257, 0xffffffff);
const key = fc.record({ address, port, protocol, fwmark: mark }).map((drawn) => {
  const { family } = drawn.address;
  if (drawn.fwmark === 0) return { ...drawn, family };
  const nowhere: Address = { family, words: [0, 0, 0, 0] };
  return { family, protocol: 6, address: nowhere, port: 0, fwmark: drawn.fwmark };
});

/** ip_vs_ctl.c: ip_vs_service_find, over a list. */
function scanned(all: readonly Service[], fwmark: number, at: number, handle: number, to: number): Service | undefined {
  const exactly = (asked: number) =>
    all.find((one) => one.fwmark === 0 && one.protocol === at && one.handle === handle && one.port === asked);
  const marked = all.find((one) => fwmark !== 0 && one.fwmark === fwmark && one.family === familyOf(handle));
  const isForFtp = at === 6 && (to === 20 || to >= 1024);
  return marked ?? exactly(to) ?? (isForFtp ? exactly(FTP_PORT) : undefined) ?? exactly(0);
}

describe("the table of services", () => {
  it("finds the service of a packet as a scan of all does, while services come and go", () => {
    const change = fc.record({ key, removes: fc.boolean() });
    const packet = fc.record({ address, port, protocol, mark });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 80 }),
        fc.array(packet, { minLength: 1, maxLength: 20 }),
        (changes, packets) => {
          const addresses = new AddressTable();
          const table = new ServiceTable(addresses);
          for (const { key: name, removes } of changes) {
            const known = table.find(name);
            if (known !== undefined && removes) table.remove(known);
            if (known !== undefined || removes) continue;
            const service = new Service(name, OPTIONS);
            service.handle = addresses.kept(name.address);
            table.add(service);
          }
          const all = table.list();
          for (const { address: to, port: asked, protocol: at, mark: fwmark } of packets) {
            const handle = addresses.of(to);
            expect(table.ofPacket(fwmark, at, handle, asked)).to.equal(scanned(all, fwmark, at, handle, asked));
          }
        },
      ),
    );
  });

  it("names each of ten thousand", () => {
    const addresses = new AddressTable();
    const table = new ServiceTable(addresses);
    const names = Array.from(
      { length: 10_000 },
      (_, index): ServiceKey => ({
        family: AF_INET,
        protocol: 6,
        address: ipv4(0x0a000000 + (index >> 4)),
        port: 80 + (index & 15),
        fwmark: 0,
      }),
    );
    const services = names.map((name) => {
      const service = new Service(name, OPTIONS);
      service.handle = addresses.of(name.address);
      table.add(service);
      return service;
    });
    for (const service of services.filter((_, index) => index % 3 === 0)) table.remove(service);
    const found = names.map((name) => table.find(name));
    expect(found).to.deep.equal(services.map((service, index) => (index % 3 === 0 ? undefined : service)));
  });
});
