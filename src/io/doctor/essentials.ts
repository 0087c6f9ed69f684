/** What a live director cannot do without, and what it may use: Node, TAP devices, capabilities, packages. */
import { amount } from "../../core/amount.ts";
import { type Finding, missing, note, ok, warning } from "./finding.ts";
import type { Machine } from "./machine.ts";

const OLDEST_NODE = [20, 18];
const CAP_NET_ADMIN = 12;
const CAP_NET_RAW = 13;
const CAP_SYS_PTRACE = 19;
const CAP_SYS_ADMIN = 21;

export async function essentials(machine: Machine): Promise<Finding[]> {
  return [
    node(machine),
    tun(machine),
    ...capabilities(machine),
    ...(await tap(machine)),
    rawSocket(machine),
    await withPrograms(machine),
    await directors(machine),
  ];
}

function node({ nodeVersion }: Machine): Finding {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = OLDEST_NODE;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const wanted = OLDEST_NODE.join(".");
  return enough
    ? ok("node", `Node ${nodeVersion}`)
    : missing("node", `Node ${nodeVersion} is older than ${wanted}`, `install Node ${wanted} or newer`);
}

function tun(machine: Machine): Finding {
  if (machine.exists("/dev/net/tun")) return ok("tun", "/dev/net/tun is there");
  return missing(
    "tun",
    "/dev/net/tun is not there",
    "modprobe tun; in a container, give it the device (docker run --device /dev/net/tun)",
  );
}

function hasCapability(machine: Machine, capability: number): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(machine.read("/proc/self/status") ?? "")?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> BigInt(capability)) & 1n) === 1n;
}

function capabilities(machine: Machine): Finding[] {
  const has = (capability: number): boolean => hasCapability(machine, capability);
  return [
    has(CAP_NET_ADMIN)
      ? ok("cap-net-admin", "CAP_NET_ADMIN is there: TAP devices can be created")
      : missing(
          "cap-net-admin",
          "CAP_NET_ADMIN is missing: TAP devices cannot be created",
          "run as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN, or attach to a device made for you: ip tuntap add tapvs0 mode tap user $USER",
        ),
    has(CAP_NET_RAW)
      ? ok("cap-net-raw", "CAP_NET_RAW is there: ICMP health checks are possible")
      : note(
          "cap-net-raw",
          "CAP_NET_RAW is missing: no ICMP health checks",
          "add it to AmbientCapabilities, or check by tcp or http",
        ),
    has(CAP_SYS_ADMIN)
      ? ok("cap-sys-admin", "CAP_SYS_ADMIN is there: labs, and health checks from another namespace, are possible")
      : note("cap-sys-admin", "CAP_SYS_ADMIN is missing: no labs, and no health checks via another namespace"),
  ];
}

/** Only a trial tells: containers may have the device and the capability, and still forbid it. */
async function tap(machine: Machine): Promise<Finding[]> {
  const trial = await machine.tryTap();
  if (trial.kind === "fails") {
    return [missing("tap", `no TAP device could be opened: ${trial.why}`, "see /dev/net/tun and CAP_NET_ADMIN above")];
  }
  return [
    ok("tap", "a TAP device was opened, with checksum and TCP segmentation offloads, and closed again"),
    trial.udpSegmentation
      ? ok("udp-offload", "UDP segmentation offload works")
      : note(
          "udp-offload",
          `the kernel ${machine.kernelRelease} has no UDP segmentation for TAP devices (Linux 6.2 and newer do)`,
        ),
    uring(machine, trial.uringProblem),
  ];
}

/** Without it a director works as well, at more time for each frame. */
function uring({ read }: Machine, problem: string | undefined): Finding {
  if (problem === undefined) return ok("io-uring", "io_uring works: many frames come in and leave with one call");
  const text = `${problem}: each frame has a call of its own, which takes a third more of a processor`;
  const switchedOff = Number(read("/proc/sys/kernel/io_uring_disabled") ?? 0) !== 0;
  return note(
    "io-uring",
    text,
    switchedOff
      ? "sysctl kernel.io_uring_disabled=0"
      : "Linux 5.17 or newer has it; a container or a unit must allow io_uring_setup and io_uring_enter",
  );
}

function rawSocket(machine: Machine): Finding {
  const problem = machine.packageProblem("raw-socket");
  if (problem === undefined) return ok("raw-socket", "the package raw-socket is built");
  return note(
    "raw-socket",
    `the package raw-socket cannot be loaded (${problem}): no ICMP health checks`,
    "install a compiler and run npm install raw-socket; npm 12: npm install --allow-scripts=raw-socket",
  );
}

/** From this scope on Yama lets root alone, and then nobody, look at other processes. */
const YAMA_ROOT_ONLY = 2;
const YAMA_NOBODY = 3;

/** `tapvs with`: seccomp may be there and Yama forbid to look at the program's memory. */
async function withPrograms(machine: Machine): Promise<Finding> {
  const scope = Number(machine.read("/proc/sys/kernel/yama/ptrace_scope") ?? 0);
  const maySee = hasCapability(machine, CAP_SYS_PTRACE);
  const advice = "run it elsewhere; tapvs ipvsadm, and ldirectord with it, work without";
  if (scope >= YAMA_NOBODY) return note("with", "kernel.yama.ptrace_scope is 3: no tapvs with", advice);
  if (scope === YAMA_ROOT_ONLY && !maySee) {
    return note("with", "kernel.yama.ptrace_scope is 2: tapvs with is for root", "run it as root, or set it to 1");
  }
  const obstacle = await machine.tryFilter();
  return obstacle === undefined
    ? ok("with", "tapvs with works: keepalived and ipvsadm can have tapvs in the kernel's place")
    : note("with", `no tapvs with: ${obstacle}`, advice);
}

async function directors({ socketFolder, list, isListening }: Machine): Promise<Finding> {
  const sockets = list(socketFolder).filter((name) => name.endsWith(".sock"));
  const answers = await Promise.all(sockets.map((socket) => isListening(`${socketFolder}/${socket}`)));
  const named = (running: boolean): string[] =>
    sockets.filter((_, index) => answers[index] === running).map((socket) => socket.replace(/\.sock$/, ""));
  const [running, killed] = [named(true), named(false)];
  const left = killed.length === 0 ? "" : `; killed, and left its socket: ${killed.join(", ")}`;
  if (running.length > 0) return note("directors", `running here: ${running.join(", ")} (${socketFolder})${left}`);
  const where = killed.length === 0 ? `no socket in ${socketFolder}` : `in ${socketFolder}`;
  return ok("directors", `no director is running (${where})${left}`);
}

/** The kernel's own IPVS: an address that is the machine's never gets to a TAP device. */
export function kernelIpvs(machine: Machine, virtualAddresses: readonly string[]): Finding {
  const table = machine.read("/proc/net/ip_vs");
  if (table === undefined) return ok("ip_vs", "the kernel's own ip_vs is not loaded");
  const services = table.split("\n").filter((line) => /^(TCP|UDP|SCTP|FWM) /.test(line)).length;
  if (services === 0) return note("ip_vs", "the kernel's own ip_vs is loaded, without any service");
  const own = virtualAddresses.filter((address) => table.includes(hexAddress(address)));
  const which = own.length === 0 ? amount(services, "service") : `services on ${own.join(", ")}`;
  return warning(
    "ip_vs",
    `the kernel's own ip_vs has ${which}: packets for those addresses that reach this machine's stack are taken by the kernel before any director sees them`,
    "ipvsadm -C, or give the director other virtual addresses",
  );
}

/** As the file in /proc has addresses: eight hexadecimal digits. */
const hexAddress = (address: string): string =>
  address
    .split(".")
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
