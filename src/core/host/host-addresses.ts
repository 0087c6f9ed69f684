/** What IPVS asks of the addresses and interfaces of its host when services and real servers are made. */
import type { HostAddresses } from "../ipvs/virtual-server.ts";
import { isUnicastOrLocal } from "./address-type.ts";
import type { Director } from "./director.ts";
import { ownAddresses } from "./interfaces.ts";

export const hostAddressesOf = (director: Director): HostAddresses => ({
  isUnicastOrLocal: (address) => isUnicastOrLocal(address, ownAddresses(director.interfaces)),
  claim: (address) => {
    const handle = director.addresses.of(address);
    if (!director.vrrp.moves(handle)) director.routes.claim(handle);
  },
  release: (address) => director.routes.release(director.addresses.of(address)),
  mtuOf: (name) => director.interfaces[director.ifindexOf(name)]?.mtu,
  hasInterface: (name) => name === "lo" || director.interfaces.some((device) => device.name === name),
});
