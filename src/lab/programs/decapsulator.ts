/**
 * The end of an IPIP tunnel on a real server whose kernel has none: packets of protocol 4 come from a raw socket, and what
 * they carry goes to a TUN device, as if it had arrived there (RFC 2003). Nothing goes the other way: the server answers
 * its clients directly.
 */
import { DeviceError, lastError } from "../../io/system/errors.ts";
import {
  AF_INET,
  addressOf,
  errno,
  ioctl,
  O_CLOEXEC,
  O_RDWR,
  open,
  read,
  SOCK_CLOEXEC,
  setsockopt,
  socket,
  write,
} from "../../io/system/libc.ts";
import { InterfaceRequest } from "../../io/tap/ifreq.ts";
import { finishChecksum, innerPacket } from "../ipip.ts";
import { announceReady } from "./ready.ts";

const SOCK_RAW = 3;
const IPPROTO_IPIP = 4;
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const EINTR = 4;
const LARGEST = 65536;
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

function openTun(name: string): number {
  const descriptor = checked(open("/dev/net/tun", O_RDWR | O_CLOEXEC, 0), "/dev/net/tun");
  const request = new InterfaceRequest(name);
  request.short = IFF_TUN | IFF_NO_PI;
  checked(ioctl(descriptor, TUNSETIFF, addressOf(request.bytes)), name);
  return descriptor;
}

/** The raw socket that every packet of protocol 4 to this host comes from. */
function openTunnel(): number {
  const tunnel = checked(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPIP), "a raw socket");
  const size = addressOf(Int32Array.of(BUFFER));
  checked(setsockopt(tunnel, SOL_SOCKET, SO_RCVBUFFORCE, size, 4), "the raw socket's buffer");
  return tunnel;
}

/** Runs until a signal ends the process: reads wait, and nothing else happens here. */
function decapsulate(name: string): never {
  const tun = openTun(name);
  const tunnel = openTunnel();
  const bytes = new Uint8Array(LARGEST);
  const view = new DataView(bytes.buffer);
  const address = addressOf(bytes);
  announceReady();
  for (;;) {
    const length = read(tunnel, address, LARGEST);
    if (length < 0 && errno() !== EINTR) checked(length, "the raw socket");
    const inner = innerPacket(bytes, length);
    if (inner === undefined) continue;
    finishChecksum(view, inner);
    // A packet that the kernel refuses is lost, as it would be on a wire.
    write(tun, address + inner.start, inner.length);
  }
}

decapsulate(process.argv[2] ?? "tunl0");
