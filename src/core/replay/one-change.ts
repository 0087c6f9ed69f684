/** What a cure may consist of: one switch, one command, one flag, one setting of the host. */

import { factsOf } from "../explain/decode/facts.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { AddressConfig, HostConfig, MarkConfig } from "../host/config/config.ts";
import { isVsSysctlName, vsSysctlRow } from "../ipvs/sysctl.ts";
import { type Address, formatAddress, longestPrefix, parseAddress, sameAddress } from "../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import type { OneChange, Setting } from "./cures.ts";

/** Every change that is worth a trial; those that leave all as it was are left out. */
export function changesOf(setting: Setting, packet: Explanation): OneChange[] {
  return [
    ...switchChanges(setting),
    ...setting.commands.flatMap((line, index) => (line === undefined ? [] : commandChanges(setting, line, index))),
    ...timeoutChanges(setting),
    ...moduleChanges(setting),
    ...addressChanges(setting),
    ...markChanges(setting, packet),
    ...mtuChanges(setting),
  ];
}

// --- switches

/** Values to try of each; under net.ipv4.vs without that. */
const SWITCHES: Readonly<Record<string, readonly number[]>> = {
  conn_reuse_mode: [0, 1, 2],
  expire_nodest_conn: [0, 1],
  expire_quiescent_template: [0, 1],
  sloppy_tcp: [0, 1],
  sloppy_sctp: [0, 1],
  nat_icmp_send: [0, 1],
  backup_only: [0, 1],
  drop_packet: [0],
  drop_entry: [0],
  secure_tcp: [0],
  pmtu_disc: [0, 1],
  schedule_icmp: [0, 1],
  fullnat_lport_min: [1024],
  fullnat_lport_max: [65535],
  fullnat_lport_tries: [65536],
};

const standardOf = (name: string): number => (isVsSysctlName(name) ? vsSysctlRow(name).standard : 0);

function switchChanges(setting: Setting): OneChange[] {
  const own = Object.entries(SWITCHES).flatMap(([name, values]) =>
    values.map((value) => [`net.ipv4.vs.${name}`, value, standardOf(name)] as const),
  );
  const devices = ["all", ...setting.host.interfaces.map(({ name }) => name)];
  const hosts = devices.flatMap((dev) => [
    [`net.ipv4.conf.${dev}.rp_filter`, 0, 0] as const,
    [`net.ipv4.conf.${dev}.rp_filter`, 2, 2] as const,
    [`net.ipv4.conf.${dev}.accept_local`, 1, 0] as const,
  ]);
  const forwarding = [["net.ipv4.ip_forward", 1, 1] as const, ["net.ipv6.conf.all.forwarding", 1, 1] as const];
  return [...own, ...hosts, ...forwarding].flatMap(([name, value, standard]) => {
    const present = setting.held[name] ?? setting.host.sysctl[name] ?? standard;
    return Number(present) === value ? [] : [{ words: `${name}=${value}`, setting: held(setting, name, value) }];
  });
}

const held = (setting: Setting, name: string, value: number): Setting => ({
  ...setting,
  host: { ...setting.host, sysctl: { ...setting.host.sysctl, [name]: value } },
  held: { ...setting.held, [name]: value },
});

// --- commands

function commandChanges(setting: Setting, line: string, index: number): OneChange[] {
  const instead = (changed: string): OneChange[] => {
    const other = changed.replace(/\s+/g, " ").trim();
    if (other === line.trim()) return [];
    return [{ words: `ipvsadm ${other}`, setting: withCommand(setting, index, other) }];
  };
  if (/^(?:-[deDEC]\b|--(?:delete|edit|clear))/.test(line))
    return [{ words: `without ipvsadm ${line.trim()}`, setting: withCommand(setting, index, undefined) }];
  const isService = /^(?:-A|--add-service)\b/.test(line);
  return [
    ...instead(line.replace(/\s-w 0\b/, " -w 1")),
    ...instead(line.replace(/\s-x \d+/, "").replace(/\s-y \d+/, "")),
    ...instead(line.replace(/\s(?:-o|--ops)\b/, "")),
    ...(isService ? serviceChanges(line).flatMap(instead) : []),
    ...(isService ? poolChanges(setting, line, index) : []),
  ];
}

function withCommand({ commands, ...rest }: Setting, index: number, line: string | undefined): Setting {
  return { ...rest, commands: commands.map((other, place) => (place === index ? line : other)) };
}

const PERSISTENCE = /\s(?:-p|--persistent)(?: \d+)?(?: -M \S+)?/;

/** The service with other flags: of its scheduler, of persistence, and the engine of SIP. */
function serviceChanges(line: string): string[] {
  const [, scheduler = ""] = /\s(?:-s|--scheduler) (\S+)/.exec(line) ?? [];
  const plain = line.replace(PERSISTENCE, "").replace(/\s--pe \S+/, "");
  const hashes = scheduler === "sh" || scheduler === "mh" ? [`${scheduler}-fallback`, `${scheduler}-port`] : [];
  return [
    plain,
    ...(PERSISTENCE.test(line) ? [] : [`${line} -p 300`]),
    ...(/:5060\b/.test(line) && !line.includes("--pe") ? [`${plain} -p 300 --pe sip`] : []),
    ...hashes.map((flag) =>
      /\s-b \S+/.test(line) ? line.replace(/\s-b (\S+)/, ` -b $1,${flag}`) : `${line} -b ${flag}`,
    ),
  ];
}

/** FULLNAT: a local address more, the director's own on the way to its servers. */
function poolChanges(setting: Setting, line: string, index: number): OneChange[] {
  const [, option = "", name = ""] = /\s(-[tuf]) (\S+)/.exec(line) ?? [];
  const isFullNat = setting.commands.some(
    (other) => other?.includes(name) === true && /\s(?:-b|--fullnat)(?:\s|$)/.test(other.replace(/-b \S+-/, "")),
  );
  if (!isFullNat || name === "") return [];
  const pool = setting.commands.filter((other) => other?.startsWith("-P") === true).join(" ");
  const own = setting.host.interfaces
    .toReversed()
    .flatMap(({ addresses }) => addresses.map(({ address }) => formatAddress(address)));
  const free = own.filter((address) => !name.startsWith(`${address}:`) && !pool.includes(address)).slice(0, 1);
  return free.map((address) => {
    const added = `-P ${option} ${name} -z ${address}`;
    const commands = setting.commands.map((other, place) => (place === index ? `${line}\n${added}` : other));
    return { words: `ipvsadm ${added}`, setting: { ...setting, commands } };
  });
}

const TIMEOUTS = ["--set 86400 0 0", "--set 0 86400 0", "--set 0 0 86400"] as const;

/** Timeouts of a day, one after the other. */
const timeoutChanges = (setting: Setting): OneChange[] =>
  TIMEOUTS.map((line) => {
    const commands = setting.commands.map((other, place) => (place === 0 ? `${line}\n${other ?? ""}` : other));
    return { words: `ipvsadm ${line}`, setting: { ...setting, commands } };
  });

// --- the host

const withHost = (setting: Setting, change: Partial<HostConfig>): Setting => ({
  ...setting,
  host: { ...setting.host, ...change },
});

function moduleChanges(setting: Setting): OneChange[] {
  const { modules = [] } = setting.host;
  const hasFtp = setting.commands.some((line) => /:21\b/.test(line ?? ""));
  if (!hasFtp || modules.some(({ name }) => name === "ip_vs_ftp")) return [];
  return [
    {
      words: "the module ip_vs_ftp loaded",
      setting: withHost(setting, { modules: [...modules, { name: "ip_vs_ftp" }] }),
    },
  ];
}

/** Addresses of services that no interface has. */
function addressChanges(setting: Setting): OneChange[] {
  const { interfaces } = setting.host;
  const own = interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const missing = setting.commands
    .flatMap(
      (line) =>
        /^(?:-A|--add-service)\s.*?(?:-t|-u|--sctp-service) \[?([^\s\]]+?)\]?:\d+(?:\s|$)/.exec(line ?? "")?.[1] ?? [],
    )
    .flatMap((text) => parseAddress(text) ?? [])
    .filter((address, index, all) => all.findIndex((other) => sameAddress(other, address)) === index)
    .filter((address) => !own.some((other) => sameAddress(other, address)));
  return missing.map((address) => ({
    words: `ip address add ${formatAddress(address)}/${longestPrefix(address.family)} dev ${interfaces[0]?.name ?? ""}`,
    setting: withHost(setting, { interfaces: withAddress(interfaces, address) }),
  }));
}

const withAddress = (interfaces: HostConfig["interfaces"], address: Address): HostConfig["interfaces"] =>
  interfaces.map((device, index) => {
    const more: AddressConfig[] = index === 0 ? [{ address, prefix: longestPrefix(address.family) }] : [];
    return { ...device, addresses: [...device.addresses, ...more] };
  });

/** A rule that marks just this packet, for each service by mark. */
function markChanges(setting: Setting, { bytes }: Explanation): OneChange[] {
  const ip = factsOf(bytes)?.ip;
  const header = ip?.headers[0];
  const transport = ip?.transport;
  if (header === undefined || (transport?.kind !== "tcp" && transport?.kind !== "udp")) return [];
  const protocol = transport.kind === "tcp" ? PROTOCOL_TCP : PROTOCOL_UDP;
  const port = transport.destinationPort;
  return setting.commands.flatMap((line) => {
    const [, mark] = /^(?:-A|--add-service)\s.*?(?:-f|--fwmark-service) (\d+)/.exec(line ?? "") ?? [];
    if (mark === undefined) return [];
    const destination = { address: header.destination, prefix: longestPrefix(header.destination.family) };
    const rule: MarkConfig = { protocol, destination, portFirst: port, portLast: port, mark: Number(mark) };
    return [
      {
        words: `a rule that marks it with ${mark}`,
        setting: withHost(setting, { marks: [...setting.host.marks, rule] }),
      },
    ];
  });
}

const LARGE_MTU = 9000;

function mtuChanges(setting: Setting): OneChange[] {
  const { interfaces } = setting.host;
  return interfaces.flatMap(({ name, mtu }) =>
    mtu >= LARGE_MTU
      ? []
      : [
          {
            words: `ip link set ${name} mtu ${LARGE_MTU}`,
            setting: withHost(setting, {
              interfaces: interfaces.map((device) => (device.name === name ? { ...device, mtu: LARGE_MTU } : device)),
            }),
          },
        ],
  );
}
