/** Advertisements as packets: written, and read with all the checks of RFC 9568, section 7.1, and RFC 3768, section 7.1. */
import type { VrrpFault } from "../../trace/events.ts";
import { type Address, AF_INET, AF_INET6, type Family, isLinkLocal, isMulticast } from "../../wire/address.ts";
import { type AddressHandle, NO_ADDRESS } from "../../wire/address-table.ts";
import { fold, sum } from "../../wire/checksum.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { Frame, type InterfaceIndex } from "../../wire/frame.ts";
import { IPV4_HEADER, writeIpv4 } from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, writeIpv6 } from "../../wire/ipv6.ts";
import { hopLimit, pseudoSum, readHeaders } from "../../wire/network.ts";
import {
  type Advertisement,
  AUTH_AH,
  AUTH_NONE,
  AUTH_PASS,
  advertisementLength,
  PROTOCOL_VRRP,
  readAdvertisement,
  VRRP_CHECKSUM,
  VRRP_GROUP,
  VRRP_GROUP_IPV6,
  VRRP_TTL,
  writeAdvertisement,
} from "../../wire/vrrp.ts";
import type { Director } from "../director.ts";
import type { InterfaceAddress } from "../interfaces.ts";
import { AH_LENGTH, faultOfAh, PROTOCOL_AH, secretBytes, writeAh } from "./authentication.ts";
import type { VirtualRouterConfig } from "./config.ts";

/** net.ipv6.conf.all.hop_limit. */
const HOP_LIMIT_TO_PEER = 64;
/** Internetwork control. */
const TOS = 0xc0;

/** Of the addresses that are advertised. */
export const familyOfRouter = ({ addresses }: VirtualRouterConfig): Family => addresses[0]?.address.family ?? AF_INET;

export const groupOf = (family: Family): Address => (family === AF_INET ? VRRP_GROUP : VRRP_GROUP_IPV6);

const authTypeOf = ({ authentication }: VirtualRouterConfig): number =>
  authentication === undefined ? AUTH_NONE : authentication.type === "pass" ? AUTH_PASS : AUTH_AH;

/**
 * The address that advertisements to this destination come from: the interface's first one; in IPv6 its link-local one, but for peers
 * that are elsewhere. It is never one that moves.
 */
export function primaryAddress(director: Director, ifindex: InterfaceIndex, destination: Address): AddressHandle {
  const { ipv4 = [], ipv6 = [] } = director.interfaces[ifindex] ?? {};
  if (destination.family === AF_INET) return ipv4[0]?.handle ?? NO_ADDRESS;
  const own = isMulticast(destination) || isLinkLocal(destination) ? ipv6.at(-1) : ipv6.find(reachesFar(director));
  return own?.handle ?? NO_ADDRESS;
}

const reachesFar =
  ({ vrrp }: Director) =>
  ({ address, handle }: InterfaceAddress): boolean =>
    !isLinkLocal(address) && !vrrp.moves(handle);

export interface AdvertisementPacket {
  readonly config: VirtualRouterConfig;
  readonly priority: number;
  readonly ifindex: InterfaceIndex;
  /** The group, or one of the peers. */
  readonly destination: Address;
  /** Of the sender's packets: IPv4 identification, and the sequence number of an authentication header. */
  readonly number: number;
}

/** The packet, its headers read; without its Ethernet header. */
export function advertisementFrame(director: Director, packet: AdvertisementPacket): Frame {
  const { config, priority, ifindex, number, destination } = packet;
  const { addresses } = director;
  const family = familyOfRouter(config);
  const authType = authTypeOf(config);
  const { authentication } = config;
  const advertisement: Advertisement = {
    version: config.version,
    id: config.id,
    priority,
    interval: config.interval,
    addresses: config.addresses.map(({ address }) => address).filter((address) => address.family === family),
    authType,
    password: secretBytes(authentication?.secret ?? ""),
  };
  const before = (family === AF_INET ? IPV4_HEADER : IPV6_HEADER) + (authType === AUTH_AH ? AH_LENGTH : 0);
  const length = before + advertisementLength(advertisement, family);
  const frame = Frame.allocate(ETHERNET_HEADER + length);
  const { view, network, end } = frame;
  writeAdvertisement(view, network + before, advertisement, family);
  const source = primaryAddress(director, ifindex, destination);
  const to = addresses.of(destination);
  if (family === AF_INET) {
    writeIpv4(view, network, {
      tos: TOS,
      length,
      identification: number & 0xffff,
      fragment: 0,
      ttl: VRRP_TTL,
      protocol: authType === AUTH_AH ? PROTOCOL_AH : PROTOCOL_VRRP,
      source: addresses.word(source, 0),
      destination: addresses.word(to, 0),
    });
  } else {
    const fields = { trafficClass: TOS, flowLabel: 0, nextHeader: PROTOCOL_VRRP, hopLimit: hopLimitTo(destination) };
    writeIpv6(view, network, { ...fields, length: length - IPV6_HEADER });
    addresses.write(view, network + IPV6_SOURCE, source);
    addresses.write(view, network + IPV6_DESTINATION, to);
  }
  readHeaders(frame, addresses);
  const at = network + before;
  view.setUint16(at + VRRP_CHECKSUM, ~checksumOf(frame, at, config.version === 3) & 0xffff);
  if (authType === AUTH_AH) writeAh(view, network, end, number, authentication?.secret ?? "");
  return frame;
}

/** keepalived leaves that of an IPv6 packet to a peer to the kernel. */
const hopLimitTo = (destination: Address): number => (isMulticast(destination) ? VRRP_TTL : HOP_LIMIT_TO_PEER);

/** Version 3 counts the pseudo header; version 2 did not, in IPv4. */
const checksumOf = (frame: Frame, at: number, withPseudoHeader: boolean): number => {
  const { view, end, family } = frame;
  const own = sum(view, at, end - at);
  return withPseudoHeader || family === AF_INET6 ? fold(own + pseudoSum(frame, end - at)) : fold(own);
};

/**
 * What a packet says, and whether its checksum is right. One of version 3 without the pseudo header is taken, too: keepalived may be
 * told to send such.
 */
export function readPacket(frame: Frame): Advertisement | VrrpFault {
  const { view, end, protocol } = frame;
  const family = frame.family === AF_INET6 ? AF_INET6 : AF_INET;
  const at = frame.transport + (protocol === PROTOCOL_AH ? AH_LENGTH : 0);
  const advertisement = readAdvertisement(view, at, end, family);
  if (advertisement === undefined) return "malformed";
  const isRight =
    checksumOf(frame, at, true) === 0xffff || (family === AF_INET && checksumOf(frame, at, false) === 0xffff);
  return isRight ? advertisement : "checksum";
}

/** Why a router does not believe an advertisement that is meant for it; `undefined` if it does. */
export function faultFor(
  director: Director,
  config: VirtualRouterConfig,
  frame: Frame,
  advertisement: Advertisement,
): VrrpFault | undefined {
  const { peers } = config;
  // What goes to the group never passes a router.
  if (peers === undefined && hopLimit(frame) !== VRRP_TTL) return "ttl";
  if (peers !== undefined && !peers.some((peer) => director.addresses.of(peer) === frame.source)) return "peer";
  const authType = authTypeOf(config);
  if (advertisement.authType !== authType || (frame.protocol === PROTOCOL_AH) !== (authType === AUTH_AH))
    return "authType";
  const secret = config.authentication?.secret ?? "";
  if (authType === AUTH_PASS) {
    const expected = secretBytes(secret);
    if (!advertisement.password.every((byte, index) => byte === (expected[index] ?? 0))) return "password";
  }
  if (authType === AUTH_AH) {
    const fault = faultOfAh(frame.view, frame.network, frame.end, secret);
    if (fault !== undefined) return fault;
  }
  // RFC 3768, section 7.1; a backup of version 3 takes over the master's.
  return config.version === 2 && advertisement.interval !== config.interval ? "interval" : undefined;
}
