/** Switches of the machine's network that let frames through, or swallow them on their way to and from a director. */
import { type Finding, note, ok, warning } from "./finding.ts";
import type { Machine } from "./machine.ts";

const CONF = "/proc/sys/net/ipv4/conf";

/** `virtualAddresses` are those of the configuration that doctor was given. */
export function network(machine: Machine, virtualAddresses: readonly string[]): Finding[] {
  return [
    bridgeNetfilter(machine),
    reversePath(machine),
    ...virtualAddressesHere(machine, virtualAddresses),
    ipip(machine),
  ];
}

/** Frames that only cross a bridge go through iptables all the same, and Docker's policy drops what it does not know. */
function bridgeNetfilter(machine: Machine): Finding {
  const called = machine.read("/proc/sys/net/bridge/bridge-nf-call-iptables");
  if (called !== "1") return ok("bridge-netfilter", "frames that cross a bridge do not go through iptables");
  const policy = machine.forwardPolicy();
  if (policy === "ACCEPT")
    return note(
      "bridge-netfilter",
      "frames that cross a bridge go through iptables: its FORWARD policy is ACCEPT, so they pass where no rule drops them",
    );
  return warning(
    "bridge-netfilter",
    policy === undefined
      ? "frames that cross a bridge go through iptables, which only root can ask: a FORWARD policy of DROP, as Docker sets it, swallows them"
      : `frames that cross a bridge go through iptables: its FORWARD policy is ${policy}, which swallows them`,
    "sysctl net.bridge.bridge-nf-call-iptables=0, or accept them: iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT",
  );
}

function reversePath(machine: Machine): Finding {
  const strict = machine
    .list(CONF)
    .filter((name) => name !== "default" && name !== "lo" && machine.read(`${CONF}/${name}/rp_filter`) === "1");
  if (strict.length === 0) return ok("rp_filter", "rp_filter is strict nowhere");
  return note(
    "rp_filter",
    `rp_filter is strict (1) on ${strict.join(", ")}: a client or real server on this machine drops packets of direct routing and tunnels that come by another path than answers would take`,
    "sysctl net.ipv4.conf.all.rp_filter=0 and the same for the interface, where this machine is a client or a real server",
  );
}

/** A virtual address that this machine has, too, is right on a real server, if it keeps quiet about it. */
function virtualAddressesHere(machine: Machine, virtualAddresses: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (const [name, addresses] of Object.entries(machine.addresses)) {
    for (const address of addresses.filter((one) => virtualAddresses.includes(one))) {
      findings.push(ownVirtualAddress(machine, name, address));
    }
  }
  if (virtualAddresses.length > 0 && findings.length === 0) {
    findings.push(ok("virtual-addresses", "this machine has none of the virtual addresses itself"));
  }
  return findings;
}

function ownVirtualAddress(machine: Machine, device: string, address: string): Finding {
  const strictest = (name: string): number =>
    Math.max(...["all", device].map((conf) => Number(machine.read(`${CONF}/${conf}/${name}`) ?? 0)));
  const quiet = strictest("arp_ignore") >= 1 && strictest("arp_announce") >= 2;
  const text = `this machine has the virtual address ${address} on ${device}`;
  if (quiet)
    return note(
      "virtual-addresses",
      `${text}, and does not answer ARP for it: right for a real server of direct routing or a tunnel`,
    );
  return warning(
    "virtual-addresses",
    `${text} and answers ARP for it: clients come here instead of to the director`,
    "a real server: sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; any other machine: ip addr del the address",
  );
}

/** Only a real server needs it. */
function ipip(machine: Machine): Finding {
  const { kernelRelease: release } = machine;
  const files = [`/lib/modules/${release}/modules.builtin`, `/lib/modules/${release}/modules.dep`];
  const there = machine.exists("/sys/module/ipip") || files.some((file) => /\/ipip\.ko/.test(machine.read(file) ?? ""));
  if (there)
    return ok("ipip", "the kernel can be the end of an IPIP tunnel (a real server needs that, a director does not)");
  return note(
    "ipip",
    "the kernel has no ipip: it cannot be a real server behind tunnels (directors are not concerned)",
    "tapvs lab up tun unwraps in user space instead",
  );
}
