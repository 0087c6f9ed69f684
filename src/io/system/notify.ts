/** Tells systemd how the service is doing (sd_notify(3)); does nothing where nobody asked for it. */
import { AF_UNIX, addressOf, close, SOCK_CLOEXEC, SOCK_DGRAM, sendto, socket } from "./libc.ts";

const PATH = 2;
const LONGEST_PATH = 108;

/** Sends lines such as READY=1 to $NOTIFY_SOCKET; false if there is none, or nobody listens. */
export function notify(...lines: readonly string[]): boolean {
  const name = process.env.NOTIFY_SOCKET ?? "";
  if (!name.startsWith("/") && !name.startsWith("@")) return false;
  const descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const address = unixAddress(name);
  const message = new TextEncoder().encode(lines.join("\n"));
  const sent = sendto(descriptor, addressOf(message), message.length, 0, addressOf(address), address.length);
  close(descriptor);
  return sent === message.length;
}

/** struct sockaddr_un; `@` begins the name of an abstract socket, which has a zero byte there (unix(7)). */
function unixAddress(name: string): Uint8Array {
  const path = new TextEncoder().encode(name).subarray(0, LONGEST_PATH);
  const address = new Uint8Array(PATH + path.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(path, PATH);
  if (name.startsWith("@")) address[PATH] = 0;
  return address;
}

/** The monotonic clock in microseconds, which a reload is stamped with. */
export const monotonicMicroseconds = (): bigint => process.hrtime.bigint() / 1000n;

/** How often systemd wants to hear from us, in milliseconds: half of what it waits; `undefined` if it does not. */
function watchdogInterval(): number | undefined {
  const microseconds = Number(process.env.WATCHDOG_USEC);
  const pid = process.env.WATCHDOG_PID;
  if (!(microseconds > 0) || (pid !== undefined && pid !== "" && Number(pid) !== process.pid)) return undefined;
  return Math.max(1, Math.floor(microseconds / 2000));
}

/** Tells the watchdog that all is well each time that the director answers, and only then; nothing where there is none. */
export function keepWatchdogQuiet(answers: () => Promise<unknown>): void {
  const interval = watchdogInterval();
  if (interval === undefined) return;
  const alive = (): void => void notify("WATCHDOG=1");
  setInterval(() => answers().then(alive, () => {}), interval).unref();
}
