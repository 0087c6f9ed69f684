/**
 * Addresses as events show them, as values and as text. What comes again and again (virtual addresses, real servers, next hops) is made once
 * and shared by all events: nobody changes it. What was shown is bounded, and what else comes takes its place.
 */
import { type Address, AF_INET, ANY, formatAddress } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, NO_ADDRESS } from "../wire/address-table.ts";
import { macText } from "../wire/ethernet.ts";

const PLACES = 256;
const PLACE_BITS = 8;

const spread = (number: number): number => Math.imul(number, 0x9e3779b1) >>> (32 - PLACE_BITS);

/** What was shown of one address. */
class Shown {
  handle: AddressHandle = NO_ADDRESS;
  value: Address = ANY;
  /** Empty until somebody asks. */
  text = "";
  /** The last endpoint of it. */
  port = -1;
  endpoint = "";
}

export class ShownValues {
  readonly #addresses: AddressTable;
  readonly #shown: (Shown | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  readonly #macs = new Float64Array(PLACES);
  readonly #macTexts: string[] = Array.from({ length: PLACES }, () => "");

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /** An address as a value. */
  address(handle: AddressHandle): Address {
    return this.#of(handle).value;
  }

  /** `10.0.0.1`, `2001:db8::1`. */
  text(handle: AddressHandle): string {
    const shown = this.#of(handle);
    if (shown.text === "") shown.text = formatAddress(shown.value);
    return shown.text;
  }

  /** `10.0.0.1:80`, `[2001:db8::1]:80`. */
  endpoint(handle: AddressHandle, port: number): string {
    const shown = this.#of(handle);
    if (shown.port !== port) {
      shown.port = port;
      const text = this.text(handle);
      shown.endpoint = shown.value.family === AF_INET ? `${text}:${port}` : `[${text}]:${port}`;
    }
    return shown.endpoint;
  }

  /** `02:00:00:00:01:64`. */
  mac(mac: number): string {
    const place = spread(mac | 0);
    if (this.#macs[place] !== mac || this.#macTexts[place] === "") {
      this.#macs[place] = mac;
      this.#macTexts[place] = macText(mac);
    }
    return this.#macTexts[place] ?? "";
  }

  #of(handle: AddressHandle): Shown {
    const place = spread(handle);
    const shown = this.#shown[place] ?? this.#begin(place);
    if (shown.handle !== handle || !this.#isStill(shown.value, handle)) this.#show(shown, handle);
    return shown;
  }

  /** A handle may have been given to another address since. */
  #isStill({ family, words }: Address, handle: AddressHandle): boolean {
    const addresses = this.#addresses;
    if (addresses.word(handle, 0) >>> 0 !== words[0]) return false;
    return (
      family === AF_INET ||
      (addresses.word(handle, 3) >>> 0 === words[3] &&
        addresses.word(handle, 2) >>> 0 === words[2] &&
        addresses.word(handle, 1) >>> 0 === words[1])
    );
  }

  #show(shown: Shown, handle: AddressHandle): void {
    shown.handle = handle;
    shown.value = this.#addresses.value(handle);
    shown.text = "";
    shown.port = -1;
  }

  #begin(place: number): Shown {
    const shown = new Shown();
    this.#shown[place] = shown;
    return shown;
  }
}
