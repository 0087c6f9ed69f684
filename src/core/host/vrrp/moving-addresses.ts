/** Addresses that virtual routers bring to interfaces, and take away again. */
import { type Address, sameAddress } from "../../wire/address.ts";
import type { HostConfig, Prefixed } from "../config/config.ts";
import type { VirtualRouterConfig } from "./config.ts";

export class MovingAddresses {
  /** Those that came by a router once: those that an interface has of them go by it again. */
  readonly #moving: (Prefixed & { readonly dev: string })[] = [];

  /** The configuration with the addresses of these routers, and without others that came so. */
  applied(config: HostConfig, held: readonly VirtualRouterConfig[]): HostConfig {
    if (held.length === 0 && this.#moving.length === 0) return config;
    const rest = this.without(config);
    const interfaces = rest.interfaces.map((one) => {
      const added = held.filter(({ interface: dev }) => dev === one.name).flatMap(({ addresses }) => addresses);
      return { ...one, addresses: [...one.addresses, ...added] };
    });
    for (const { interface: dev, addresses } of held) {
      const news = addresses.filter(({ address }) => !this.#isMoving(dev, address));
      this.#moving.push(...news.map((one) => ({ ...one, dev })));
    }
    return { ...rest, interfaces };
  }

  #isMoving(dev: string, address: Address): boolean {
    return this.#moving.some((one) => one.dev === dev && sameAddress(one.address, address));
  }

  /** The configuration without any of them. */
  without(config: HostConfig): HostConfig {
    if (this.#moving.length === 0) return config;
    const interfaces = config.interfaces.map((one) => ({
      ...one,
      addresses: one.addresses.filter(({ address }) => !this.#isMoving(one.name, address)),
    }));
    return { ...config, interfaces };
  }
}
