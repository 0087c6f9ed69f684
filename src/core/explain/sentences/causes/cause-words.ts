/** Words that the sentences of causes share: switches, the past, changes by commands, servers that may not be picked. */
import { amount } from "../../../amount.ts";
import type { Cause } from "../../../trace/causes/causes.ts";
import type { Change, Switch, Tunnel, Unusable } from "../../../trace/causes/told.ts";
import { type Address, AF_INET, formatAddress } from "../../../wire/address.ts";
import { DESTINATION_UNREACHABLE, icmpName, PORT_UNREACHABLE } from "../../../wire/icmp.ts";
import { ICMPV6_PORT_UNREACHABLE, ICMPV6_UNREACHABLE, icmpv6Name } from "../../../wire/icmpv6.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../wire/ipv4.ts";
import { methodWords } from "../method-words.ts";
import { endsWords } from "../words.ts";

/** `net.ipv4.vs.sloppy_tcp=1`. */
export const set = ({ name }: Switch, value: number): string => `${name}=${value}`;

/** `net.ipv4.vs.sloppy_tcp is 0`. */
export const is = ({ name, value }: Switch): string => `${name} is ${value}`;

/** What to look at where a server never replies. */
export const unansweredChange = ({ method, tunnel, heard }: Cause<"unanswered">): string =>
  heard
    ? HEARD
    : tunnel === undefined
      ? (UNANSWERED[method] ?? "")
      : `Tunnel: replies never pass here. The real server must take the tunnel apart (${tunnelEnd(tunnel)}), have the virtual address on the tunnel's device, and accept packets that come by it (rp_filter=0).`;

/** What takes a tunnel apart on a real server, in the words of ip(8). */
export const tunnelEnd = ({ type, port }: Tunnel): string => TUNNELS[type](port);

const TUNNELS: Readonly<Record<Tunnel["type"], (port: number) => string>> = {
  ipip: () => "IP in IP: ip link set tunl0 up, or ip6tnl0 where the outer header is IPv6",
  gue: (port) => `GUE: ip fou add port ${port} gue, and ip link set tunl0 up`,
  gre: () => "GRE: ip link set gre0 up",
};

const HEARD =
  "Look on the real server whether it gets the SYN, and replies: a full accept queue (nstat: TcpExtListenDrops), its firewall, its route to this client, net.ipv4.tcp_tw_recycle (before Linux 4.12); then at the way from the director to the client.";

const UNANSWERED: Readonly<Record<string, string>> = {
  Masq: "NAT: the real server's default gateway must be the director, nothing on the way may answer in its stead, and a client in the real server's own network needs a route through the director.",
  Route:
    "Direct routing: replies never pass here. The real server must have the virtual address (on lo, with arp_ignore=1 and arp_announce=2), and serve on the same port.",
  FullNat:
    "Full NAT: the real server must have a route to the local address, and serve on its port. All clients come from the local address, each with timestamps of its own: where the real server has net.ipv4.tcp_tw_recycle (before Linux 4.12), it must be 0.",
};

/** `port unreachable`, of the family of who says so. */
export const icmpCalled = ({ family }: Address, type: number, code: number): string =>
  family === AF_INET ? icmpName(type, code) : icmpv6Name(type, code);

export function missingWords({ service, address, asked, mark }: Cause<"virtual-missing">): string {
  const virtual = formatAddress(address);
  if (mark !== 0)
    return `The packet has the mark of ${service}, but it is not for this director: no interface has ${virtual}, so it is sent on, and IPVS sees only what is delivered here.`;
  return `${service} is a service, but no interface of the director has the address ${virtual}: ${asked ? "nothing here replies to whoever asks for it. On a backup that is right; if no other director has it, clients send nothing at all" : "its packets are not delivered here, and IPVS never sees them"}.`;
}

export function missingChange({ address, mark }: Cause<"virtual-missing">): string {
  const isIpv4 = address.family === AF_INET;
  const own = `Give the address to an interface (ip address add ${formatAddress(address)}/${isIpv4 ? 32 : 128} dev DEVICE)`;
  const ip = isIpv4 ? "ip" : "ip -6";
  return mark === 0
    ? `${own}.`
    : `${own}, or have what is marked delivered: ${ip} rule add fwmark ${mark} lookup 100; ${ip} route add local default dev lo table 100.`;
}

/** Whether it is "port unreachable", which a host also says without a firewall. */
export const isPort = ({ family }: Address, type: number, code: number): boolean =>
  family === AF_INET
    ? type === DESTINATION_UNREACHABLE && code === PORT_UNREACHABLE
    : type === ICMPV6_UNREACHABLE && code === ICMPV6_PORT_UNREACHABLE;

export function ftpWords({ server, port, active, why, method }: Cause<"ftp-helper">): string {
  const opens = `${active ? "The real server opens" : "The client opens"} an FTP data connection: the control connection (port ${port}) goes to ${server} by ${methodWords(method).short}.`;
  if (why === "absent")
    return `${opens} Without the kernel's FTP helper (ip_vs_ftp) nothing reads the endpoint in it, so the data connection has no entry.`;
  return why === "unread"
    ? `${opens} The FTP helper (ip_vs_ftp) has read no endpoint for it there: FTP over TLS hides it, the helper does not put a reply together that came in two segments, and an entry expires that waits too long.`
    : `${opens} The FTP helper works by NAT only, for it must see the server's replies: no service takes the data connection.`;
}

export function ftpChange({ port, why }: Cause<"ftp-helper">): string {
  if (why === "absent")
    return `Load the helper ${port === 21 ? "(modprobe ip_vs_ftp; modules: [ip_vs_ftp])" : `for that port (modprobe ip_vs_ftp ports=21,${port})`}; it reads plain FTP only, not FTP over TLS.`;
  return `A persistent service by mark that covers port ${port} and the servers' passive ports (-f, -p), or one of all ports (port 0 and -p), takes both connections to the same server.`;
}

/** `10.1.0.100:80` of `TCP 10.1.0.100:80`. */
export const callee = (service: string): string => service.slice(service.indexOf(" ") + 1);

export const decimal = (seconds: number): string => String(Number(seconds.toFixed(3)));

export function pastWords({ connection, at, ago, timeout, early, removed }: Cause<"past">): string {
  const { state } = connection;
  const when = `at ${at.toFixed(1)} s`;
  const since = `${Math.max(0, ago).toFixed(1)} s before this packet`;
  const was = `There was a connection between these ends (${endsWords(connection)})`;
  return early
    ? `${was}; it was removed before its time ${when} in ${state}, ${since}${removed === undefined ? "" : `: ${is(removed.switch)}, ${removed.by === "defence" ? "a defence that removes connections" : "and its real server was deleted"}`}.`
    : `${was}; it expired ${when} in ${state}, after ${decimal(timeout)} s without a packet: ${since}.`;
}

export function pastChange({ early, connection: { protocol, state }, timeout }: Cause<"past">): string {
  if (early) return "";
  if (protocol === PROTOCOL_UDP)
    return "ipvsadm --set TCP TCPFIN UDP makes entries of UDP live longer (its third number).";
  if (protocol === PROTOCOL_TCP && state === "ESTABLISHED")
    return `ipvsadm --set TCP TCPFIN UDP makes idle connections live longer (its first number, ${decimal(timeout)} s now); TCP keepalives more often than that keep one alive.`;
  if (protocol === PROTOCOL_TCP && state === "FIN_WAIT")
    return "ipvsadm --set TCP TCPFIN UDP: the second number is the time of FIN_WAIT.";
  return `In ${state} no more than ${decimal(timeout)} s may pass between two packets; ipvsadm --set changes the times of ESTABLISHED, FIN_WAIT and UDP only.`;
}

const DONE: Readonly<Record<Change["what"], (change: Change) => string>> = {
  "service added": ({ service }) => `${service} was added`,
  "service edited": ({ service }) => `${service} was edited`,
  "service deleted": ({ service }) => `${service} was deleted`,
  "server added": ({ server, service, after }) => `${server} was added to ${service} with weight ${after}`,
  "server edited": ({ server, service, before, after }) =>
    `${server} of ${service} was edited: ${before === after ? `its weight stayed ${after}` : `its weight went from ${before} to ${after}`}`,
  "server deleted": ({ server, service }) => `${server} was deleted from ${service}`,
};

export const changedWords = (change: Change): string =>
  `${DONE[change.what](change)} at ${change.seconds.toFixed(1)} s${change.command === "" ? "" : ` (${change.command})`}.`;

export const unusableWords = ({ server, why, connections, upper }: Unusable): string =>
  why === "weight"
    ? `${server}, whose weight is 0`
    : `${server}, which is overloaded (${amount(connections, "connection")}, -x ${upper})`;

/** What makes such servers usable again; each once. */
export function curesOf(servers: readonly Unusable[]): string[] {
  const full = servers.find(({ why }) => why === "overloaded");
  const cures = servers.some(({ why }) => why === "weight") ? ["a weight above 0 (ipvsadm -e ... -w N)"] : [];
  if (full === undefined) return cures;
  const lower = full.lower > 0 ? `below the ${full.lower} of -y` : "at three quarters of -x (there is no -y)";
  return [...cures, `a higher -x, or waiting until it is ${lower}`];
}

export const templateIn = (weight: number, overloaded: boolean): string => {
  if (weight === 0) return ", although its weight is 0";
  return overloaded ? ", although it is overloaded" : "";
};
