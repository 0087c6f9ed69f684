/** What lblc and lblcr remember per destination address, and how they forget (ip_vs_lblc.c, ip_vs_lblcr.c). */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import { type Address, sameAddress } from "../../wire/address.ts";
import { hash32 } from "./hashing.ts";
import type { PacketKey } from "./scheduler.ts";

/** 1024 buckets, at most about 16 entries in each before the cache is trimmed (IP_VS_LBLC_TAB_BITS, max_size). */
const BITS = 10;
const BUCKETS = 1 << BITS;
const FULL = BUCKETS * 16;
/** A call of `age` in thirty looks at every entry. */
const FULL_SCAN_PERIOD = 30;
/** Entries that a trim may drop have been idle this long, in microseconds (ENTRY_TIMEOUT). */
const TRIM_IDLE = 360_000_000;

interface CacheEntry<Value> {
  /** The folded address. */
  readonly fold: number;
  /** The whole address where the fold is not: IPv6. */
  readonly address: Address | undefined;
  value: Value;
  /** Microseconds. */
  lastUse: number;
}

export class DestinationCache<Value> {
  readonly #buckets = new Array<CacheEntry<Value>[] | undefined>(BUCKETS);
  readonly #release: (value: Value) => void;
  /** Counts as the kernel's counter does: an entry whose server was replaced counts once more. */
  #entries = 0;
  #rover = 0;
  #ticks = 1;

  /** `release` gives back the references of a value whose entry goes. */
  constructor(release: (value: Value) => void) {
    this.#release = release;
  }

  /** How full the cache counts itself. */
  get entries(): number {
    return this.#entries;
  }

  find(key: PacketKey): CacheEntry<Value> | undefined {
    const bucket = this.#buckets[hash32(key.destination, BITS)];
    if (bucket === undefined) return undefined;
    for (const entry of bucket) if (isFor(entry, key)) return entry;
    return undefined;
  }

  /** Remembers an address that `find` did not find. */
  insert(key: PacketKey, value: Value, now: Microseconds): void {
    const index = hash32(key.destination, BITS);
    const bucket = this.#buckets[index] ?? [];
    this.#buckets[index] = bucket;
    bucket.push({ fold: key.destination, address: key.destinationAddress, value, lastUse: now });
    this.#entries++;
  }

  /** Puts another value in an entry's place; the count of entries rises all the same (ip_vs_lblc.c: ip_vs_lblc_new). */
  replace(entry: CacheEntry<Value>, value: Value, now: Microseconds): void {
    this.#release(entry.value);
    entry.value = value;
    entry.lastUse = now;
    this.#entries++;
  }

  /**
   * Once every 60 s: each thirtieth time drops what has been idle for `expiration` microseconds, else trims a full
   * cache (ip_vs_lblc.c: ip_vs_lblc_check_expire).
   */
  age(now: Microseconds, expiration: number): void {
    if (this.#ticks % FULL_SCAN_PERIOD === 0) {
      this.#scan(now - expiration, Number.POSITIVE_INFINITY);
      this.#ticks = 1;
    } else if (this.#entries <= FULL) {
      this.#ticks++;
    } else {
      const excess = Math.trunc(((this.#entries - FULL) * 4) / 3);
      this.#scan(now - TRIM_IDLE, Math.min(excess, FULL / 2));
    }
  }

  /** Drops entries last used at `idleSince` or before, bucket by bucket, until `goal` are gone. */
  #scan(idleSince: number, goal: number): void {
    let left = goal;
    for (let scanned = 0; scanned < BUCKETS && left > 0; scanned++) {
      this.#rover = (this.#rover + 1) % BUCKETS;
      const bucket = this.#buckets[this.#rover];
      if (bucket === undefined) continue;
      const kept = bucket.filter((entry) => entry.lastUse > idleSince);
      for (const entry of bucket) if (entry.lastUse <= idleSince) this.#release(entry.value);
      left -= bucket.length - kept.length;
      this.#entries -= bucket.length - kept.length;
      this.#buckets[this.#rover] = kept;
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const bucket of this.#buckets) for (const entry of bucket ?? []) this.#release(entry.value);
    this.#buckets.fill(undefined);
    this.#entries = 0;
  }
}

function isFor<Value>(entry: CacheEntry<Value>, key: PacketKey): boolean {
  if (entry.fold !== key.destination) return false;
  const { address } = entry;
  const { destinationAddress } = key;
  return address === undefined || destinationAddress === undefined || sameAddress(address, destinationAddress);
}
