/** struct ifreq, what ioctl(2) on network devices takes: 16 bytes of name, then 24 of a union (netdevice(7)). */
import { DeviceError, lastError } from "../system/errors.ts";
import { AF_INET, addressOf, close, ioctl, LITTLE_ENDIAN, SOCK_CLOEXEC, SOCK_DGRAM, socket } from "../system/libc.ts";

const LENGTH = 40;
const NAME = 16;

export const SIOCGIFFLAGS = 0x8913;
export const SIOCSIFFLAGS = 0x8914;
export const SIOCGIFMTU = 0x8921;
export const SIOCSIFMTU = 0x8922;
export const SIOCSIFTXQLEN = 0x8943;
export const SIOCGIFINDEX = 0x8933;
export const SIOCBRADDIF = 0x89a2;

/** Flags of a device (netdevice(7)): set up by somebody, and with its wire in place. */
export const IFF_UP = 0x1;
export const IFF_RUNNING = 0x40;

/** A request about one device; the union's fields start at byte 16 and are in the machine's byte order. */
export class InterfaceRequest {
  readonly bytes = new Uint8Array(LENGTH);
  readonly #view = new DataView(this.bytes.buffer);

  constructor(name: string) {
    this.bytes.set(new TextEncoder().encode(name).subarray(0, NAME - 1));
  }

  get short(): number {
    return this.#view.getUint16(NAME, LITTLE_ENDIAN);
  }

  set short(value: number) {
    this.#view.setUint16(NAME, value, LITTLE_ENDIAN);
  }

  get int(): number {
    return this.#view.getInt32(NAME, LITTLE_ENDIAN);
  }

  set int(value: number) {
    this.#view.setInt32(NAME, value, LITTLE_ENDIAN);
  }
}

/** Runs requests on a socket of its own; throws DeviceError, whose message starts with `what`. */
export function askInterface(request: number, about: InterfaceRequest, what: string): void {
  const descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw refusal(what);
  const failed = ioctl(descriptor, request, addressOf(about.bytes)) < 0;
  const error = failed ? refusal(what) : undefined;
  close(descriptor);
  if (error !== undefined) throw error;
}

function refusal(what: string): DeviceError {
  const { code, text } = lastError();
  return new DeviceError(code, `${what}: ${text}`);
}
