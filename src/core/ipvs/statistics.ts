/** Counters and rates of a destination, a service or all. Mirrors ip_vs_est.c and struct ip_vs_stats. */

export const CONNECTIONS = 0;
export const IN_PACKETS = 1;
export const OUT_PACKETS = 2;
export const IN_BYTES = 3;
export const OUT_BYTES = 4;

/** How often the estimator samples, in microseconds (ip_vs_est.c: estimation_timer). */
export const ESTIMATION_INTERVAL = 2_000_000;

/** What a Statistics knows, as one director tells its successor. */
export type StatisticsImage = readonly Float64Array[];

/**
 * The five counters, thrice: live, as last sampled (what listings show) and the zero point of `-Z`; and five averages.
 * Whole numbers below 2^53 in Float64Array: exact, and an increment allocates nothing.
 */
export class Statistics {
  readonly live = new Float64Array(5);
  readonly #sampled = new Float64Array(5);
  readonly #zero = new Float64Array(5);
  /** Fixed point: connections and packets per second << 10, bytes per second << 5. */
  readonly #average = new Float64Array(5);

  countConnection(): void {
    this.#add(CONNECTIONS, 1);
  }

  /** One packet towards a real server, `length` its IP length in bytes. */
  countIn(length: number): void {
    this.#add(IN_PACKETS, 1);
    this.#add(IN_BYTES, length);
  }

  /** One packet towards a client, `length` its IP length in bytes. */
  countOut(length: number): void {
    this.#add(OUT_PACKETS, 1);
    this.#add(OUT_BYTES, length);
  }

  #add(counter: number, amount: number): void {
    this.live[counter] = (this.live[counter] ?? 0) + amount;
  }

  /** Takes the sample that listings show and moves the averages; called every 2 s (ip_vs_est.c: estimation_timer). */
  sample(): void {
    for (let counter = 0; counter < 5; counter++) {
      const now = this.live[counter] ?? 0;
      const scale = counter < IN_BYTES ? 512 : 16;
      const rate = (now - (this.#sampled[counter] ?? 0)) * scale;
      const average = this.#average[counter] ?? 0;
      this.#average[counter] = average + Math.floor((rate - average) / 4);
      this.#sampled[counter] = now;
    }
  }

  /** The counter as listings show it: the last sample, less the zero point. */
  shown(counter: number): number {
    return (this.#sampled[counter] ?? 0) - (this.#zero[counter] ?? 0);
  }

  /** The counter up to now, less the zero point. */
  counted(counter: number): number {
    return (this.live[counter] ?? 0) - (this.#zero[counter] ?? 0);
  }

  /** The rate per second as listings show it (ip_vs_est.c: ip_vs_read_estimator). */
  rate(counter: number): number {
    const average = this.#average[counter] ?? 0;
    return counter < IN_BYTES ? Math.floor((average + 511) / 1024) : Math.floor((average + 15) / 32);
  }

  /** `-Z`: what was last sampled becomes the zero point; packets since then show after the next sample (ip_vs_ctl.c: ip_vs_zero_stats). */
  zero(): void {
    this.#zero.set(this.#sampled);
    this.#average.fill(0);
  }

  /** All of it: live, sampled, the zero point, averages. Borrowed. */
  get image(): StatisticsImage {
    return [this.live, this.#sampled, this.#zero, this.#average];
  }

  /** Goes on where others were. */
  resume(image: StatisticsImage): void {
    for (const [index, numbers] of this.image.entries()) numbers.set(image[index] ?? numbers);
  }

  /** A destination taken back from the trash by a new service starts from 0 (ip_vs_ctl.c: __ip_vs_update_dest). */
  restart(): void {
    this.zero();
  }
}
