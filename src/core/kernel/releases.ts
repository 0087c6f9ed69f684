/**
 * What IPVS does differently from one release of the kernel to the next. One table: code asks it by the name of a
 * behaviour, and so can an administrator who wants to know what an upgrade would change.
 */
import type { Hz } from "../time/kernel-ticks.ts";

/** Which kernel it is whose behaviour is wanted. */
export interface KernelConfig {
  /** Ticks of a second (CONFIG_HZ): when timers fire depends on it. */
  readonly hz: Hz;
  /** `6.12.117`. */
  readonly release: string;
  /** Its tick counter when the director's clock is 0, with a fraction; absent where nobody has read it. */
  readonly ticks?: number;
}

/** A behaviour that a release brought, with the recordings that show both sides of it. */
export interface ReleaseChange {
  readonly before: string;
  readonly after: string;
  /**
   * By series, the first release that has it, of those whose changelogs were read (the titles of their patches). Later
   * series have it from the start; of a series between two of these nobody has looked, and it counts as without.
   */
  readonly since: Readonly<Record<string, number>>;
  /** Names of recordings that 6.1.176 and 6.12.117 made differently. */
  readonly recordings: readonly string[];
}

const CHANGES = {
  readsTcpBehindExtensionHeaders: {
    before: "a TCP segment behind IPv6 extension headers leaves its connection inactive, in state CLOSE",
    after: "TCP flags are read behind IPv6 extension headers, and the connection follows them",
    since: { "6.1": 180, "6.12": 100 },
    recordings: ["v6_nat_extensions", "v6_dr_extensions", "v6_tun_extensions"],
  },
  translatesIcmpv6ErrorsOfRealServers: {
    before: "ICMPv6 errors of a real server about a NAT connection are dropped; those for it are not verified",
    after:
      "ICMPv6 errors about a NAT connection are translated in both directions, and dropped if their checksum is wrong",
    since: { "6.1": 180, "6.12": 100 },
    recordings: ["v6_nat_errors"],
  },
  verifiesIcmpErrorsOfNatOnly: {
    before: "ICMP errors about replies are dropped if their checksum is wrong, whatever the forwarding method",
    after: "ICMP errors about replies are dropped for a wrong checksum by NAT; direct routing and tunnels pass them on",
    since: { "6.1": 180, "6.12": 100 },
    recordings: ["icmp_bad_sums_dr_newer", "icmp_bad_sums_tun_newer"],
  },
  refusesImpossibleSyncStates: {
    before: "a backup takes over a template whose state does not exist, and lists it as ERR!",
    after: "a backup refuses a template whose state does not exist",
    since: { "6.1": 190, "6.12": 111 },
    recordings: ["sync_backup_bad_messages"],
  },
} as const satisfies Record<string, ReleaseChange>;

/** A behaviour by the name that code asks for. */
export type Behaviour = keyof typeof CHANGES;

export const RELEASE_CHANGES: ReadonlyMap<Behaviour, ReleaseChange> = new Map(
  (Object.keys(CHANGES) as Behaviour[]).map((behaviour) => [behaviour, CHANGES[behaviour]]),
);

/** A release, and for each behaviour whether it has it: `release.readsTcpBehindExtensionHeaders`. */
export type KernelRelease = { readonly version: string } & Readonly<Record<Behaviour, boolean>>;

/** What a person gets who asks for no other kernel: the ticks of a distribution's, the newest release that was recorded. */
export const DEFAULT_KERNEL: KernelConfig = { hz: 250, release: "6.12.117" };
/** The kernel of recordings that do not say which it was: User-Mode Linux has HZ=100. */
export const REFERENCE_KERNEL: KernelConfig = { hz: 100, release: "6.1.176" };

/** Series and number of `6.12.117`; `6.12` is `6.12.0`. `undefined` for any other text. */
export function parseRelease(version: string): { readonly series: string; readonly patch: number } | undefined {
  const [, major, minor, patch = "0"] = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?$/.exec(version) ?? [];
  return major === undefined ? undefined : { series: `${Number(major)}.${Number(minor)}`, patch: Number(patch) };
}

/** The release of this version. Of a text that is no version, DEFAULT_KERNEL's. */
export function kernelRelease(version: string): KernelRelease {
  const parsed = parseRelease(version);
  if (parsed === undefined) return kernelRelease(DEFAULT_KERNEL.release);
  const { series, patch } = parsed;
  const has = (behaviour: Behaviour): boolean => isSince(CHANGES[behaviour].since, series, patch);
  return {
    version,
    readsTcpBehindExtensionHeaders: has("readsTcpBehindExtensionHeaders"),
    translatesIcmpv6ErrorsOfRealServers: has("translatesIcmpv6ErrorsOfRealServers"),
    verifiesIcmpErrorsOfNatOnly: has("verifiesIcmpErrorsOfNatOnly"),
    refusesImpossibleSyncStates: has("refusesImpossibleSyncStates"),
  };
}

function isSince(since: Readonly<Record<string, number>>, series: string, patch: number): boolean {
  const first = since[series];
  if (first !== undefined) return patch >= first;
  return Object.keys(since).every((known) => order(known) < order(series));
}

const order = (series: string): number => {
  const [major = 0, minor = 0] = series.split(".").map(Number);
  return major * 1000 + minor;
};

/** What a step from one release to another changes: behaviours that come, or go where the step leads back. */
export function changesBetween(from: KernelRelease, to: KernelRelease): readonly Behaviour[] {
  return [...RELEASE_CHANGES.keys()].filter((behaviour) => from[behaviour] !== to[behaviour]);
}

/** Debian's names of 6.1 kernels carry a number of their own: the release that came with it, newest first. */
const DEBIAN_6_1: readonly (readonly [number, string])[] = [
  [56, "6.1.192"],
  [0, "6.1.176"],
];

/**
 * The kernel that names itself so (uname): `Linux 6.1.176`, or with Debian's additions `Linux 6.12.117+deb12-amd64`,
 * `Linux 6.1.0-56-amd64`. Debian builds its kernels with HZ=250; all others count as the reference kernel, HZ=100.
 */
export function kernelOf(name: string): KernelConfig {
  const [, version, rest = ""] = /^Linux (\d+\.\d+\.\d+)(\S*)/.exec(name) ?? [];
  if (version === undefined) return REFERENCE_KERNEL;
  const [, abi] = /^-(\d+)-/.exec(rest) ?? [];
  const debian =
    version === "6.1.0" ? DEBIAN_6_1.find(([first]) => abi !== undefined && Number(abi) >= first) : undefined;
  const isDebian = debian !== undefined || /\+deb\d|-amd64$|-arm64$/.test(rest);
  return { hz: isDebian ? DEFAULT_KERNEL.hz : REFERENCE_KERNEL.hz, release: debian?.[1] ?? version };
}
