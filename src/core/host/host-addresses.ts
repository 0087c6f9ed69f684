/** What IPVS asks of the addresses and interfaces of its host when services and real servers are made. */
import type { HostAddresses } from "../ipvs/virtual-server.ts";
import type { Address } from "../wire/address.ts";
import { unicastOrLocal } from "./address-type.ts";
import type { Director } from "./director.ts";
import { ownAddresses } from "./interfaces.ts";

/** Whether an address may be a real server's, by the addresses that the director has when it is asked; they change all at once. */
function fitAtHost(director: Director): (address: Address) => boolean {
  let known: Director["interfaces"] | undefined;
  let isFit = unicastOrLocal([]);
  return (address) => {
    if (known !== director.interfaces) isFit = unicastOrLocal(ownAddresses(director.interfaces));
    known = director.interfaces;
    return isFit(address);
  };
}

export const hostAddressesOf = (director: Director): HostAddresses => ({
  isUnicastOrLocal: fitAtHost(director),
  claim: (address) => {
    const handle = director.addresses.of(address);
    if (!director.vrrp.moves(handle)) director.routes.claim(handle);
  },
  release: (address) => director.routes.release(director.addresses.of(address)),
  mtuOf: (name) => director.interfaces[director.ifindexOf(name)]?.mtu,
  hasInterface: (name) => name === "lo" || director.interfaces.some((device) => device.name === name),
});
