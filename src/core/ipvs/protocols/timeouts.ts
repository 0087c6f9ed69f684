/** How long a connection stays in each state. Mirrors tcp_timeouts, udp_timeouts of ip_vs_proto_tcp.c and ip_vs_proto_udp.c. */
import { TCP_ESTABLISHED, TCP_FIN_WAIT } from "./tcp-states.ts";

/** Seconds by TCP state: NONE, ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, SYNACK. */
const TCP_SECONDS: readonly number[] = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];
const UDP_SECONDS = 300;

/** Of a connection before its first state (ip_vs_conn_new). */
const INITIAL_SECONDS = 3;

/**
 * @ipvs #Y connections "--set changes the timeouts of ESTABLISHED, FIN_WAIT and UDP; an entry takes them over with its next packet"
 */
export class Timeouts {
  /** Ticks of a second. */
  readonly hz: number;
  readonly #tcp: Float64Array;
  #udp: number;

  constructor(hz: number) {
    this.hz = hz;
    this.#tcp = Float64Array.from(TCP_SECONDS, (seconds) => seconds * hz);
    this.#udp = UDP_SECONDS * hz;
  }

  /** Of a connection before its first state, in ticks. */
  get initial(): number {
    return INITIAL_SECONDS * this.hz;
  }

  /** Ticks. */
  tcp(state: number): number {
    return this.#tcp[state] ?? this.initial;
  }

  /** Ticks. */
  get udp(): number {
    return this.#udp;
  }

  /** `ipvsadm --set`, in seconds; 0 keeps what is set (ip_vs_ctl.c: ip_vs_set_timeout). */
  set(tcp: number, tcpFin: number, udp: number): void {
    if (tcp > 0) this.#tcp[TCP_ESTABLISHED] = tcp * this.hz;
    if (tcpFin > 0) this.#tcp[TCP_FIN_WAIT] = tcpFin * this.hz;
    if (udp > 0) this.#udp = udp * this.hz;
  }

  /** What `ipvsadm -L --timeout` shows, in seconds. */
  shown(): { readonly tcp: number; readonly tcpFin: number; readonly udp: number } {
    return {
      tcp: this.tcp(TCP_ESTABLISHED) / this.hz,
      tcpFin: this.tcp(TCP_FIN_WAIT) / this.hz,
      udp: this.#udp / this.hz,
    };
  }
}
