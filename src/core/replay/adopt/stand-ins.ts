/** Addresses in the place of those that no host on the other side of a router can have. */
import { type Address, AF_INET, type Family, ipv4, isLinkLocal, sameAddress } from "../../wire/address.ts";

/** Groups of stations, broadcast, this host, this network, the own link: nobody sends from there through a router. */
export function isRoutable(address: Address): boolean {
  const { family, words } = address;
  const first = words[0] >>> 24;
  if (family === AF_INET)
    return first !== 0 && first !== 127 && (first < 224 || first >= 240) && words[0] !== 0xffffffff;
  return first !== 0 && first !== 0xff && !isLinkLocal(address);
}

/** An address of the made-up networks 10.N.0.0/16 and fd00:N::/32; N is the number. */
export function madeUp(family: Family, number: number, network: number, host: number): Address {
  if (family === AF_INET) return ipv4((10 << 24) | (number << 16) | (network << 8) | host);
  return { family, words: [(0xfd000000 | number) >>> 0, network << 16, 0, host] };
}

/** Hosts of a network of 256 addresses: the first, in IPv6 that of any router (RFC 4291, section 2.6.1), and the last are no host's. */
const HOSTS = 254;
/** Networks from the first on. */
const FIRST_NETWORK = 128;
/** As many clients of a capture get an address of their own. */
const MOST_CLIENTS = (256 - FIRST_NETWORK) * HOSTS;

/**
 * Who sits on the server's own machine, or has an address of its link, gets one behind the router: a client's packet could
 * not come in otherwise. All others keep theirs.
 */
export class StandIns {
  readonly #number: number;
  readonly #server: Address;
  readonly #clients = new Map<string, Address>();
  /** The address of the server in the case. */
  readonly server: Address;

  /** `server` is that of the capture. */
  constructor(number: number, server: Address) {
    this.#number = number;
    this.#server = server;
    this.server = isRoutable(server) ? server : madeUp(server.family, number, 3, 1);
  }

  client(address: Address): Address {
    if (isRoutable(address) && !sameAddress(address, this.#server)) return address;
    const key = address.words.join();
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const count = this.#clients.size % MOST_CLIENTS;
    const network = FIRST_NETWORK + Math.floor(count / HOSTS);
    const made = madeUp(address.family, this.#number, network, 1 + (count % HOSTS));
    this.#clients.set(key, made);
    return made;
  }

  /** How many clients got another address. */
  get replaced(): number {
    return this.#clients.size;
  }
}
