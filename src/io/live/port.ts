/** One port of the director: its TAP device, and what went through it. */
import { DeviceError, errorText } from "../system/errors.ts";

/** What a TAP descriptor answers when its device was deleted. */
const EBADFD = 77;

export class Port {
  readonly name: string;
  readonly descriptor: number;
  received = 0;
  sent = 0;
  receivedBytes = 0;
  sentBytes = 0;
  sendErrors = 0;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.descriptor = descriptor;
  }

  /** What to throw when its device can be read no more; `error` is the number that the kernel gave. */
  failure(error: number): DeviceError {
    if (error === EBADFD) return new DeviceError("EBADFD", `the TAP device of ${this.name} was removed`);
    const { code, text } = errorText(error);
    return new DeviceError(code, `the TAP device of ${this.name}: ${text}`);
  }
}
