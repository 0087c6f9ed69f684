/** The kernel switches of the host itself that the walk obeys, with the defaults that recordings are made under. */
import { isVsSysctlName } from "../ipvs/sysctl.ts";

const VS_PREFIX = "net.ipv4.vs.";
const DEFAULTS: Readonly<Record<string, number>> = {
  "net.ipv4.ip_forward": 1,
  "net.ipv4.ip_default_ttl": 64,
  "net.ipv4.ipfrag_time": 30,
  "net.ipv4.icmp_ratelimit": 0,
  "net.ipv4.icmp_ratemask": 6168,
  "net.ipv4.icmp_msgs_per_sec": 0,
  "net.ipv4.icmp_msgs_burst": 0,
  "net.ipv4.icmp_echo_ignore_all": 0,
};
/** Per interface, `all` or `default`: net.ipv4.conf.NAME.SWITCH. */
const PER_INTERFACE =
  /^net\.ipv4\.conf\.([^.]+)\.(rp_filter|send_redirects|forwarding|arp_ignore|arp_announce|accept_local)$/;

/** Whether a sysctl of this name means anything to the director. */
export const isKnownSysctl = (name: string): boolean =>
  Object.hasOwn(DEFAULTS, name) ||
  PER_INTERFACE.test(name) ||
  (name.startsWith(VS_PREFIX) && isVsSysctlName(name.slice(VS_PREFIX.length)));

export class HostSysctl {
  ipForward = 1;
  defaultTtl = 64;
  /** Seconds. */
  fragmentTime = 30;
  /** Milliseconds between ICMP errors to one peer; 0 sets no limit. */
  icmpRateLimit = 0;
  icmpRateMask = 6168;
  echoIgnoreAll = 0;
  /** rp_filter in force by port number: the walk asks for it with every packet. */
  readonly reversePath: number[];
  readonly #ports: readonly string[];
  readonly #perInterface = new Map<string, number>();

  constructor(ports: readonly string[]) {
    this.#ports = ports;
    this.reversePath = ports.map(() => 0);
  }

  set(name: string, value: number): void {
    if (name === "net.ipv4.ip_forward") this.ipForward = value;
    else if (name === "net.ipv4.ip_default_ttl") this.defaultTtl = value;
    else if (name === "net.ipv4.ipfrag_time") this.fragmentTime = value;
    else if (name === "net.ipv4.icmp_ratelimit") this.icmpRateLimit = value;
    else if (name === "net.ipv4.icmp_ratemask") this.icmpRateMask = value;
    else if (name === "net.ipv4.icmp_echo_ignore_all") this.echoIgnoreAll = value;
    else if (PER_INTERFACE.test(name)) {
      this.#perInterface.set(name, value);
      for (const [port, portName] of this.#ports.entries())
        this.reversePath[port] = this.strictest(portName, "rp_filter");
    }
  }

  /** The stricter of the interface's and `all`'s, as the kernel combines rp_filter and arp_ignore (IN_DEV_MAXCONF). */
  strictest(port: string, name: string): number {
    return Math.max(this.#of(port, name), this.#of("all", name));
  }

  #of(port: string, name: string): number {
    return this.#perInterface.get(`net.ipv4.conf.${port}.${name}`) ?? 0;
  }
}
