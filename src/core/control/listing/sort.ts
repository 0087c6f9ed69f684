/**
 * The order of listings (libipvs.c: ipvs_cmp_services, ipvs_cmp_dests). Differences of unsigned numbers are taken as
 * signed ones, so the order is not transitive and depends on how it is sorted: by merging, as qsort of Debian 12's C
 * library does.
 */
import type { Destination } from "../../ipvs/destination.ts";
import type { Service } from "../../ipvs/service.ts";
import { type Address, AF_INET6 } from "../../wire/address.ts";

type Compare<Item> = (a: Item, b: Item) => number;

/** Top down: halves, the smaller one first; of equals the left one stays left. */
function mergeSorted<Item>(items: readonly Item[], compare: Compare<Item>): Item[] {
  if (items.length < 2) return [...items];
  const middle = Math.floor(items.length / 2);
  const left = mergeSorted(items.slice(0, middle), compare);
  const right = mergeSorted(items.slice(middle), compare);
  const merged: Item[] = [];
  let fromLeft = 0;
  let fromRight = 0;
  while (merged.length < items.length) {
    const a = left[fromLeft];
    const b = right[fromRight];
    const takeLeft = b === undefined || (a !== undefined && compare(a, b) <= 0);
    const item = takeLeft ? a : b;
    if (item === undefined) break;
    merged.push(item);
    if (takeLeft) fromLeft++;
    else fromRight++;
  }
  return merged;
}

/** The first difference, each taken as a signed 32-bit number. */
const firstDifference = (...differences: readonly number[]): number =>
  differences.map((difference) => difference | 0).find((difference) => difference !== 0) ?? 0;

/** Word by word, or only the first word. */
const addressDifference = (a: Address, b: Address, words: number): number =>
  firstDifference(...a.words.slice(0, words).map((word, index) => word - (b.words[index] ?? 0)));

const compareServices: Compare<Service> = (a, b) =>
  firstDifference(
    a.fwmark - b.fwmark,
    a.family - b.family,
    a.protocol - b.protocol,
    addressDifference(a.address, b.address, a.family === AF_INET6 ? 4 : 1),
    a.port - b.port,
  );

/** The family of the first decides how many words are compared; an IPv4 address is the first word of four. */
const compareDestinations: Compare<Destination> = (a, b) =>
  firstDifference(addressDifference(a.address, b.address, a.address.family === AF_INET6 ? 4 : 1), a.port - b.port);

/**
 * Services from the kernel's order into that of listings.
 * @ipvs #Y listings "Sorted as libipvs sorts: differences wrap at 2^31, equal ones stay as they were"
 */
export const sortedServices = (services: readonly Service[]): Service[] => mergeSorted(services, compareServices);

/** Destinations of one service, likewise. */
export const sortedDestinations = (destinations: readonly Destination[]): Destination[] =>
  mergeSorted(destinations, compareDestinations);
