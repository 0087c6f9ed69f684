/**
 * Namespaces for one test: `d`, where the director's bridges and TAP devices are, and hosts that hang on its bridges. All
 * names begin with `tvs`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface HostOptions {
  /** The bridge it hangs on. */
  readonly bridge: string;
  /** With its prefix. */
  readonly address: string;
  readonly gateway?: string;
}

/** Runs a program to its end; throws if it fails. */
export function run(words: readonly string[], input = ""): string {
  const { code, out, err } = attempt(words, input);
  if (code !== 0) throw new Error(`${words.join(" ")}: ${err || out}`);
  return out;
}

export function attempt([program = "", ...words]: readonly string[], input = ""): Outcome {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", input, maxBuffer: 2 ** 28 });
  return { code: status, out: stdout, err: stderr };
}

export class Network {
  readonly prefix = `tvs${randomBytes(3).toString("hex")}`;
  readonly #children: ChildProcess[] = [];
  readonly #hosts: string[] = [];

  /** With bridges of these names. */
  constructor(...bridges: readonly string[]) {
    this.#add("d");
    const commands = bridges.flatMap((bridge) => [
      `link add ${bridge} type bridge forward_delay 0 mcast_snooping 0`,
      `link set ${bridge} up`,
    ]);
    if (commands.length > 0) this.ip("d", ...commands);
  }

  netns(host: string): string {
    return `${this.prefix}${host}`;
  }

  #add(host: string): void {
    run(["ip", "netns", "add", this.netns(host)]);
    this.#hosts.push(host);
    // Neighbor discovery would only add noise. Not every kernel has IPv6.
    this.#set(host, ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"], "2>/dev/null || :");
    this.ip(host, "link set lo up");
  }

  /** A host without any interface but lo. */
  bare(name: string): void {
    this.#add(name);
  }

  /** A host whose eth0 hangs on a bridge of the director's namespace. */
  host(name: string, { bridge, address, gateway }: HostOptions): void {
    this.#add(name);
    this.attach(name, "eth0", bridge, address, gateway);
  }

  /** Gives a host another interface. */
  attach(name: string, device: string, bridge: string, address: string, gateway?: string): void {
    const port = `tvs${name}${device.slice(3)}`;
    this.ip(
      "d",
      `link add ${port} type veth peer name ${device} netns ${this.netns(name)}`,
      `link set ${port} master ${bridge} up`,
    );
    const route = gateway === undefined ? [] : [`route add default via ${gateway}`];
    this.ip(name, `link set ${device} up`, `addr add ${address} dev ${device}`, ...route);
  }

  /** `ip` in a host's namespace: several commands by one process. */
  ip(host: string, ...commands: readonly string[]): string {
    const namespace = ["ip", "-n", this.netns(host)];
    const [only = "", ...more] = commands;
    return more.length === 0
      ? run([...namespace, ...only.split(" ")])
      : run([...namespace, "-batch", "-"], commands.join("\n"));
  }

  /** Kernel parameters of a host, as `net.ipv4.ip_forward=1`. The program sysctl is not everywhere; the files are. */
  sysctl(host: string, ...settings: readonly string[]): void {
    this.#set(host, settings);
  }

  #set(host: string, settings: readonly string[], otherwise = "|| exit 1"): void {
    const lines = settings.map((setting) => {
      const [name = "", value = ""] = setting.split("=");
      return `{ echo ${value} >/proc/sys/${name.replaceAll(".", "/")}; } ${otherwise}`;
    });
    run(this.within(host, "sh", "-c", lines.join("\n")));
  }

  /** Whether an address answers: a TCP connection to a port where nobody listens is refused at once. */
  async reaches(host: string, address: string): Promise<boolean> {
    const script = `const s = require("node:net").connect({ host: "${address}", port: 9, timeout: 5000 });
      s.on("error", ({ code }) => console.log(code)).on("timeout", () => s.destroy()).on("connect", () => s.destroy());`;
    return (await this.exec(host, process.execPath, "-e", script)).out.trim() === "ECONNREFUSED";
  }

  /** The words of a command line that runs in a host's namespace. */
  within(host: string, ...words: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.netns(host), ...words];
  }

  /** Runs a program in a host's namespace to its end, without blocking this process. */
  async exec(host: string, ...words: readonly string[]): Promise<Outcome> {
    const child = this.start(host, words);
    let out = "";
    let err = "";
    child.stdout?.on("data", (piece) => {
      out += piece;
    });
    child.stderr?.on("data", (piece) => {
      err += piece;
    });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, out, err };
  }

  /** Starts a program in a host's namespace; it ends with the network, at the latest. */
  start(host: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const [program = "", ...rest] = this.within(host, ...words);
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env });
    this.#children.push(child);
    return child;
  }

  /** Ends what was started and removes what was made; once: a test that is skipped closes what the one before it has closed. */
  async close(): Promise<void> {
    for (const child of this.#children.splice(0)) await end(child);
    for (const host of this.#hosts.splice(0)) {
      for (const pid of attempt(["ip", "netns", "pids", this.netns(host)])
        .out.split("\n")
        .filter(Boolean))
        kill(Number(pid));
      run(["ip", "netns", "del", this.netns(host)]);
    }
  }
}

/** Ends a child by SIGTERM, and where that does not help by SIGKILL. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
