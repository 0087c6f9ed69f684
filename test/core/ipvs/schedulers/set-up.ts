/** A service with servers A, B, C, ... added in that order, at 192.168.1.11:80, .12:80, .13:80, ... */

import type { Destination } from "../../../../src/core/ipvs/destination.ts";
import type { PacketKey, Scheduler } from "../../../../src/core/ipvs/schedulers/scheduler.ts";
import type { ServiceKey, ServiceOptions } from "../../../../src/core/ipvs/service.ts";
import { type Address, AF_INET, ANY, firstWord, ipv4 } from "../../../../src/core/wire/address.ts";
import { PROTOCOL_TCP } from "../../../../src/core/wire/ipv4.ts";
import { PicksModel } from "./picks-model.ts";

/** A firewall mark, so that packets to any address are the service's. */
export const MARKED: ServiceKey = { family: AF_INET, protocol: PROTOCOL_TCP, address: ANY, port: 0, fwmark: 7 };

export const optionsFor = (scheduler: string, flags = 0): ServiceOptions => ({
  scheduler,
  flags,
  timeoutSeconds: 0,
  netmask: 0xffffffff,
  persistenceEngine: "",
});

const FIRST = 0xc0a8010b;

export const addressOf = (name: string): Address => ipv4(FIRST + name.charCodeAt(0) - "A".charCodeAt(0));

export const nameOf = (destination: Destination | undefined): string | undefined =>
  destination === undefined
    ? undefined
    : String.fromCharCode("A".charCodeAt(0) + firstWord(destination.address) - FIRST);

export function add(model: PicksModel, name: string, weight = 1, upper = 0, lower = 0): Destination {
  return model.addServer(addressOf(name), 80, { weight, upper, lower });
}

export function serverOf(model: PicksModel, name: string): Destination {
  const found = model.find(addressOf(name), 80);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found;
}

export function schedulerOf(model: PicksModel): Scheduler {
  if (model.service.scheduler === undefined) throw new Error("no scheduler");
  return model.service.scheduler;
}

/** The service after the servers were added one by one. */
export function serviceWith(scheduler: string, weights: readonly number[], flags = 0): PicksModel {
  const model = new PicksModel(MARKED, optionsFor(scheduler, flags));
  for (const [index, weight] of weights.entries()) add(model, String.fromCharCode("A".charCodeAt(0) + index), weight);
  return model;
}

export const keyFrom = (source: number, destination = 0x0a320001, sourcePort = 1025): PacketKey => ({
  source,
  sourcePort,
  destination,
  destinationPort: 80,
});

/** The name of the server that the scheduler picks; no connection is made. */
export const pick = (model: PicksModel, key = keyFrom(0xac100503)): string | undefined =>
  nameOf(schedulerOf(model).schedule(key));

/** The next `count` picks as one word, `-` for none. */
export const picks = (model: PicksModel, count: number): string =>
  Array.from({ length: count }, () => pick(model) ?? "-").join("");
