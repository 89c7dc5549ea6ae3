import { addDurations, type Durations, newDurations, SECONDS } from './series.ts';

export type Labels = Readonly<Record<string, string>>;

/** A family of metrics in the Prometheus text format. */
export const metric = (name: string, type: string, help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');

/** One sample. A label without a value is left out: to Prometheus both mean the same. */
export function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels)
    .filter(([, text]) => text !== '')
    .map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length === 0 ? `${name} ${value}` : `${name}{${pairs.join(',')}} ${value}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '');

/** One value of a metric with its labels, before values with the same labels are added up. */
export type Part<V> = readonly [Labels, V];

/** The samples of a counter. Parts with the same labels are one sample. */
export function counterLines(name: string, parts: Iterable<Part<number>>): string[] {
  const sums = grouped(
    parts,
    () => ({ value: 0 }),
    (sum, value) => {
      sum.value += value;
    },
  );
  return sums.map(([labels, { value }]) => sample(name, labels, value));
}

/** The samples of a histogram. Parts with the same labels are one. */
export function histogramLines(name: string, parts: Iterable<Part<Durations>>): string[] {
  return grouped(parts, newDurations, addDurations).flatMap(([labels, { classes, seconds }]) => {
    let count = 0;
    const upTo = [...SECONDS, '+Inf'].map((le, at) => {
      count += classes[at] ?? 0;
      return sample(`${name}_bucket`, { ...labels, le: String(le) }, count);
    });
    return [...upTo, sample(`${name}_sum`, labels, seconds), sample(`${name}_count`, labels, count)];
  });
}

function grouped<V, S>(
  parts: Iterable<Part<V>>,
  start: () => S,
  add: (sum: S, value: V) => void,
): [Labels, S][] {
  const found = new Map<string, [Labels, S]>();
  for (const [labels, value] of parts) {
    const key = JSON.stringify(labels);
    const group = found.get(key) ?? [labels, start()];
    found.set(key, group);
    add(group[1], value);
  }
  return [...found.values()];
}
