/** TAP devices: network interfaces whose wire is a file descriptor (Linux: Documentation/networking/tuntap.rst). */
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { DeviceError, lastError } from "../system/errors.ts";
import { addressOf, close, ioctl, O_CLOEXEC, O_NONBLOCK, O_RDWR, open } from "../system/libc.ts";
import { ringFor } from "../system/uring.ts";
import { lacksPrivilege } from "../system-error.ts";
import {
  askInterface,
  IFF_UP,
  InterfaceRequest,
  SIOCBRADDIF,
  SIOCGIFFLAGS,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCSIFFLAGS,
  SIOCSIFMTU,
  SIOCSIFTXQLEN,
} from "./ifreq.ts";
import { VIRTIO_HEADER } from "./virtio-header.ts";

const CLONE_DEVICE = "/dev/net/tun";
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETSNDBUF = 0x400454d4;
const TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TAP = 0x0002;
/** What is written to the device takes the way of a network card's frames, where segments that belong together are merged (GRO). */
const IFF_NAPI = 0x0010;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;

/** What the kernel may leave to us: checksums, TCP segmentation, UDP segmentation (TUN_F_*, include/uapi/linux/if_tun.h). */
const OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08;
const UDP_OFFLOADS = 0x20 | 0x40;

export interface TapOptions {
  /** A bridge of the machine that the device joins. */
  readonly bridge?: string;
  readonly mtu: number;
  /** Frames carry a virtio header, and may stand for many or lack their checksum. */
  readonly offloads: boolean;
  /** The kernel merges the segments that are written to the device. Only with offloads. */
  readonly gro: boolean;
}

/** An open TAP device. It is gone when its descriptor closes, unless it was there before. */
export interface TapDevice {
  readonly name: string;
  readonly descriptor: number;
  /** False if it was there before. */
  readonly created: boolean;
}

/** The number of a device of this network namespace; 0 if there is none of that name. */
function indexOf(name: string): number {
  const request = new InterfaceRequest(name);
  try {
    askInterface(SIOCGIFINDEX, request, name);
    return request.int;
  } catch (error) {
    if (error instanceof DeviceError && error.code === "ENODEV") return 0;
    throw error;
  }
}

/** What a TAP device can do here. */
export interface TapAbilities {
  /** UDP segmentation is among the offloads. */
  readonly udpSegmentation: boolean;
  /** Why it cannot be read and written by io_uring; `undefined` if it can. */
  readonly uringProblem: string | undefined;
}

/** Opens a device that nobody else has, with offloads, tries it, and closes it again. Throws DeviceError. */
export function probeTap(): TapAbilities {
  const descriptor = open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  if (descriptor < 0) throw cannotOpen();
  try {
    // The kernel puts a number in the place of %d.
    attach(descriptor, "tvsdoctor%d", true, false);
    setOffloads(descriptor, "tvsdoctor");
    const udpSegmentation = ioctl(descriptor, TUNSETOFFLOAD, OFFLOADS | UDP_OFFLOADS) === 0;
    const ring = ringFor([descriptor], 1);
    if (ring instanceof DeviceError) return { udpSegmentation, uringProblem: ring.message };
    ring.close();
    return { udpSegmentation, uringProblem: undefined };
  } finally {
    close(descriptor);
  }
}

/** Creates the device, or attaches to the one of this name; sets it up. Throws DeviceError. */
export function openTap(name: string, options: TapOptions): TapDevice {
  const descriptor = open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  if (descriptor < 0) throw cannotOpen();
  try {
    const created = indexOf(name) === 0;
    const gro = options.gro && options.offloads;
    attach(descriptor, name, options.offloads, gro);
    if (options.offloads) setOffloads(descriptor, name);
    if (gro) mergeInThread(descriptor, name);
    setUp(name, options);
    if (created) lengthenQueue(name);
    return { name, descriptor, created };
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

function cannotOpen(): DeviceError {
  const { code, text } = lastError();
  const advice =
    code === "ENOENT" || code === "ENODEV" || code === "ENXIO"
      ? "; load the module tun (modprobe tun), or give the container the device"
      : lacksPrivilege(code)
        ? "; run as root, or with the capability CAP_NET_ADMIN"
        : "";
  return new DeviceError(code, `${CLONE_DEVICE}: ${text}${advice}`);
}

function attach(descriptor: number, name: string, offloads: boolean, gro: boolean): void {
  const request = new InterfaceRequest(name);
  request.short = IFF_TAP | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0) | (gro ? IFF_NAPI : 0);
  if (ioctl(descriptor, TUNSETIFF, addressOf(request.bytes)) === 0) return;
  const { code, text } = lastError();
  if (code === "EBUSY") throw new DeviceError(code, `the TAP device ${name} is in use by another program`);
  if (code === "EINVAL") throw new DeviceError(code, `${name} exists and is no TAP device, or one with other flags`);
  const advice = code === "EPERM" ? "; run as root, or with the capability CAP_NET_ADMIN" : "";
  throw new DeviceError(code, `the TAP device ${name}: ${text}${advice}`);
}

/** Segmentation of UDP came with Linux 6.2; without it the rest still helps. */
function setOffloads(descriptor: number, name: string): void {
  const size = Int32Array.of(VIRTIO_HEADER);
  if (
    ioctl(descriptor, TUNSETVNETHDRSZ, addressOf(size)) === 0 &&
    (ioctl(descriptor, TUNSETOFFLOAD, OFFLOADS | UDP_OFFLOADS) === 0 ||
      ioctl(descriptor, TUNSETOFFLOAD, OFFLOADS) === 0)
  ) {
    return;
  }
  const { code, text } = lastError();
  throw new DeviceError(code, `the TAP device ${name}: offloads: ${text}; try --no-offload`);
}

/**
 * Bytes that may wait for the thread, with the kernel's bookkeeping; more are dropped, as by a network card whose queue is full.
 * Only where one waits: a device without a bound builds small frames in one piece of memory, which is cheaper (tun_can_build_skb).
 */
const WAITING = 16 << 20;

/**
 * A tunnel's segments are cut before they leave, and each write(2) hands over one. A thread of the kernel's takes on all that were
 * written meanwhile, and so can merge them: bridges, routers and the real server then see few large packets. Where sysfs is not that
 * of this namespace, or may not be written to, the kernel takes on each one within its write: that works as well, only slower.
 */
function mergeInThread(descriptor: number, name: string): void {
  const waiting = Int32Array.of(WAITING);
  if (ioctl(descriptor, TUNSETSNDBUF, addressOf(waiting)) < 0) {
    const { code, text } = lastError();
    throw new DeviceError(code, `the TAP device ${name}: its send buffer: ${text}`);
  }
  const folder = `/sys/class/net/${name}`;
  try {
    if (Number(readFileSync(`${folder}/ifindex`, "utf8")) === indexOf(name)) writeFileSync(`${folder}/threaded`, "1");
  } catch {
    // Linux before 5.12, or no right to.
  }
}

/** MTU, bridge, up: only what is not so already, which a device prepared for an unprivileged director is. */
function setUp(name: string, { mtu, bridge }: TapOptions): void {
  const size = new InterfaceRequest(name);
  askInterface(SIOCGIFMTU, size, `the MTU of ${name}`);
  if (size.int !== mtu) {
    size.int = mtu;
    askInterface(SIOCSIFMTU, size, `the MTU of ${name}`);
  }
  if (bridge !== undefined) joinBridge(name, bridge);
  const flags = new InterfaceRequest(name);
  askInterface(SIOCGIFFLAGS, flags, `the flags of ${name}`);
  if ((flags.short & IFF_UP) !== 0) return;
  flags.short |= IFF_UP;
  askInterface(SIOCSIFFLAGS, flags, `setting ${name} up`);
}

/** Frames that may wait for the director. Of the kernel's 500 or 1000 a busy machine loses many: they come in 50 ms, and a process may wait longer for a processor. */
const QUEUE = 4096;

function lengthenQueue(name: string): void {
  const request = new InterfaceRequest(name);
  request.int = QUEUE;
  askInterface(SIOCSIFTXQLEN, request, `the queue of ${name}`);
}

function joinBridge(name: string, bridge: string): void {
  if (indexOf(bridge) === 0) {
    throw new DeviceError(
      "ENODEV",
      `there is no bridge ${bridge} for ${name} to join; ip link add ${bridge} type bridge`,
    );
  }
  const request = new InterfaceRequest(bridge);
  request.int = indexOf(name);
  try {
    askInterface(SIOCBRADDIF, request, `${name} joining the bridge ${bridge}`);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    if (error.code === "ENOTSUP") throw new DeviceError(error.code, `${bridge} is no bridge that ${name} could join`);
    // A port already. Of which bridge, only sysfs tells, and a namespace without its own has none.
    if (error.code === "EBUSY" && (bridgeOf(name) ?? bridge) === bridge) return;
    throw error;
  }
}

/** The bridge that a device is a port of, as far as sysfs knows. */
function bridgeOf(name: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys/class/net/${name}/master`));
  } catch {
    return undefined;
  }
}
