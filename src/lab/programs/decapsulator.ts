/**
 * The end of an IPIP tunnel on a real server whose kernel has none: packets with packets inside come from a raw socket, and what
 * they carry goes to a TUN device, as if it had arrived there (RFC 2003, RFC 2473). Nothing goes the other way: the server answers
 * its clients directly.
 */
import { AF_INET, AF_INET6, type Family } from "../../core/wire/address.ts";
import { Frame } from "../../core/wire/frame.ts";
import { DeviceError, lastError } from "../../io/system/errors.ts";
import {
  addressOf,
  errno,
  ioctl,
  O_CLOEXEC,
  O_RDWR,
  open,
  read,
  SOCK_CLOEXEC,
  SOCK_RAW,
  setsockopt,
  socket,
  write,
} from "../../io/system/libc.ts";
import { InterfaceRequest } from "../../io/tap/ifreq.ts";
import { VIRTIO_HEADER, writeVirtioHeader } from "../../io/tap/virtio-header.ts";
import { unwrap } from "../ipip.ts";
import { announceReady } from "./ready.ts";

/** The protocols of packets in packets: IPv4 in IPv4, IPv6 in IPv6. */
const PROTOCOLS: Readonly<Record<Family, number>> = { [AF_INET]: 4, [AF_INET6]: 41 };
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const EINTR = 4;
const LARGEST = 65536;
/** Where a packet begins in its memory: before it stands what the TUN device is told of it. */
const START = 64;
/** Of an Ethernet, less an outer header. */
const MTUS: Readonly<Record<Family, number>> = { [AF_INET]: 1480, [AF_INET6]: 1460 };
/**
 * Bytes that may wait in the raw socket. The kernel's default of 212 992 holds not a hundred full segments (each counts
 * with its bookkeeping), less than one window of a TCP sender, and what does not fit is lost.
 */
const BUFFER = 64 << 20;

function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const { code, text } = lastError();
  throw new DeviceError(code, `${what}: ${text}`);
}

/** A TUN device that takes packets with their checksums still to be made, and many segments in one. */
function openTun(name: string): number {
  const descriptor = checked(open("/dev/net/tun", O_RDWR | O_CLOEXEC, 0), "/dev/net/tun");
  const request = new InterfaceRequest(name);
  request.short = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  checked(ioctl(descriptor, TUNSETIFF, addressOf(request.bytes)), name);
  return descriptor;
}

/** The raw socket that every packet with another one inside comes from. */
function openTunnel(family: Family): number {
  const tunnel = checked(socket(family, SOCK_RAW | SOCK_CLOEXEC, PROTOCOLS[family]), "a raw socket");
  const size = addressOf(Int32Array.of(BUFFER));
  checked(setsockopt(tunnel, SOL_SOCKET, SO_RCVBUFFORCE, size, 4), "the raw socket's buffer");
  return tunnel;
}

/** Runs until a signal ends the process: reads wait, and nothing else happens here. */
function decapsulate(name: string, family: Family): never {
  const tun = openTun(name);
  const tunnel = openTunnel(family);
  const bytes = new Uint8Array(START + LARGEST);
  const frame = new Frame(bytes);
  const address = addressOf(bytes);
  announceReady();
  for (;;) {
    const length = read(tunnel, address + START, LARGEST);
    if (length < 0 && errno() !== EINTR) checked(length, "the raw socket");
    frame.reset(START, START + Math.max(length, 0));
    if (!unwrap(frame, family, MTUS[family])) continue;
    writeVirtioHeader(frame.view, frame.start, frame);
    // A packet that the kernel refuses is lost, as it would be on a wire.
    write(tun, address + frame.start - VIRTIO_HEADER, frame.length + VIRTIO_HEADER);
  }
}

decapsulate(process.argv[2] ?? "tunl0", process.argv[3] === "--ipv6" ? AF_INET6 : AF_INET);
