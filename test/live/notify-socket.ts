/** A socket such as systemd's, to hear what a service tells it. Node has no datagram sockets of this kind. */
import koffi from "koffi";
import { AF_UNIX, addressOf, close, read, SOCK_DGRAM, socket } from "../../src/io/system/libc.ts";

const SOCK_NONBLOCK = 0o4000;
const bind = koffi.load(null).func("int bind(int fd, uintptr_t address, unsigned int length)");

export class NotifySocket {
  readonly path: string;
  readonly messages: string[] = [];
  readonly #descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  readonly #bytes = new Uint8Array(65536);
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.path = path;
    const name = new TextEncoder().encode(path);
    const address = new Uint8Array(3 + name.length);
    new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
    address.set(name, 2);
    if (bind(this.#descriptor, addressOf(address), address.length) !== 0) throw new Error(`cannot bind ${path}`);
    this.#timer = setInterval(() => this.#listen(), 5);
  }

  #listen(): void {
    for (;;) {
      const length = read(this.#descriptor, addressOf(this.#bytes), this.#bytes.length);
      if (length < 0) return;
      this.messages.push(new TextDecoder().decode(this.#bytes.subarray(0, length)));
    }
  }

  close(): void {
    this.#listen();
    clearInterval(this.#timer);
    close(this.#descriptor);
  }
}
