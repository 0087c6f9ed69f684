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

/** How a contestant stands to the first one: medians of the ratios within each round, for the machine is not equally fast all the time. */
export interface Standing {
  readonly name: string;
  readonly rate: number;
  readonly unit: string;
  /** The first one's rate divided by its own; by processor time, too, where both have a process. */
  readonly ratio: number;
  readonly processorRatio?: number;
  readonly wanted?: number;
}

const ROUNDS = 5;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Every contestant once in each round, one after the other. */
export async function contest(
  contestants: readonly Contestant[],
  { name: unit, scale }: Unit,
  targets: readonly Target[],
): Promise<Standing[]> {
  const results = contestants.map(() => [] as Measurement[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { measure }] of contestants.entries()) results[index]?.push(await measure());
  }
  const [own = []] = results;
  return contestants.map(({ name }, index) => {
    const others = results[index] ?? [];
    const wanted = targets.find(({ of }) => of === name)?.ratio;
    const byProcessor = processorRatio(own, others);
    return {
      name,
      rate: median(others.map(({ rate }) => rate)) / scale,
      unit,
      ratio: median(own.map(({ rate }, round) => rate / (others[round]?.rate ?? Number.NaN))),
      ...(byProcessor !== undefined && { processorRatio: byProcessor }),
      ...(wanted !== undefined && { wanted }),
    };
  });
}

/** What remains when others use the machine, too: the same ratio by processor time. */
function processorRatio(own: readonly Measurement[], others: readonly Measurement[]): number | undefined {
  const ratios = own.flatMap(({ perProcessorSecond: a }, round) => {
    const b = others[round]?.perProcessorSecond;
    return a === undefined || b === undefined ? [] : [a / b];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}
