/** The text format that Prometheus reads, version 0.0.4. */

export type MetricType = "counter" | "gauge";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** A metric with its samples; one without samples is left out of the text. */
export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Backslash and line feed in help texts; in values of labels quotes, too. */
const escaped = (text: string, quotes: boolean): string => {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return quotes ? plain.replaceAll('"', '\\"') : plain;
};

/** Labels stand in alphabetical order, as client libraries write them. */
function labelsText(labels: Labels = {}): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((name) => `${name}="${escaped(labels[name] ?? "", true)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Numbers as Go prints them: from 1e+21 on with an exponent, as JavaScript does. */
const valueText = (value: number): string =>
  Number.isNaN(value) ? "NaN" : value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);

/** Metrics as text, in the order given. */
export function expositionText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${escaped(help, false)}\n`,
        `# TYPE ${name} ${type}\n`,
        ...samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${valueText(value)}\n`),
      ].join(""),
    )
    .join("");
}
