/** Contestants that take turns, and how one of them stands to the others. */

export interface Measurement {
  /** So much in a second. */
  readonly rate: number;
  /** So much for each second that its own process had of a processor; absent where there is no such process. */
  readonly perProcessorSecond?: number;
}

/** Something to send through; measures one round. */
export interface Contestant {
  readonly name: string;
  measure(): Promise<Measurement>;
  close(): Promise<void>;
}

/** How much of another's throughput is wanted. */
export interface Target {
  readonly of: string;
  readonly ratio: number;
}

export interface Unit {
  readonly name: string;
  readonly scale: number;
}

const ROUNDS = 5;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Every contestant once in each round, one after the other; prints medians, and the ratios of the first to the others:
 * the median of the ratios within each round, because the machine is not equally fast all the time.
 */
export async function contest(
  contestants: readonly Contestant[],
  unit: Unit,
  targets: readonly Target[],
): Promise<void> {
  const results = new Map<string, Measurement[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, measure } of contestants) results.get(name)?.push(await measure());
  }
  for (const [name, measurements] of results) print(resultLine(name, measurements, unit));
  const own = results.get(contestants[0]?.name ?? "") ?? [];
  for (const { of, ratio } of targets) {
    const others = results.get(of);
    if (others === undefined) continue;
    const reached = median(own.map(({ rate }, round) => rate / (others[round]?.rate ?? Number.NaN)));
    const missed = reached < ratio ? "   MISSED" : "";
    print(`  tapvs : ${of} = ${reached.toFixed(2)}${processorRatio(own, others)} (wanted: ${ratio} or more)${missed}`);
  }
}

function resultLine(name: string, measurements: readonly Measurement[], { name: unit, scale }: Unit): string {
  const rates = measurements.map(({ rate }) => rate / scale);
  const shown = rates.map((rate) => rate.toFixed(rate < 100 ? 2 : 0)).join(", ");
  return `  ${name.padEnd(30)} ${median(rates).toFixed(2).padStart(8)} ${unit}   (${shown})`;
}

/** What remains when others use the machine, too: the same ratio by processor time. */
function processorRatio(own: readonly Measurement[], others: readonly Measurement[]): string {
  const ratios = own.flatMap(({ perProcessorSecond: a }, round) => {
    const b = others[round]?.perProcessorSecond;
    return a === undefined || b === undefined ? [] : [a / b];
  });
  return ratios.length === 0 ? "" : `, by processor time ${median(ratios).toFixed(2)}`;
}
