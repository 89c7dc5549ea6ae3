import { addDurations, type Durations, newDurations, SECONDS } from './series.ts';

export type Labels = Readonly<Record<string, string>>;

/** A family of metrics in the Prometheus text format. */
export const metric = (name: string, type: string, help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');

/** One sample. A label without a value is left out: to Prometheus both mean the same. */
export const sample = (name: string, labels: Labels, value: number): string =>
  line(name, pairsOf(labels), value);

const line = (name: string, pairs: string, value: number): string =>
  pairs === '' ? `${name} ${value}` : `${name}{${pairs}} ${value}`;

function pairsOf(labels: Labels): string {
  let pairs = '';
  for (const label in labels) {
    const text = labels[label] ?? '';
    if (text !== '') pairs += `${pairs === '' ? '' : ','}${label}="${escaped(text)}"`;
  }
  return pairs;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '');

/** One value of a metric with its labels, before values with the same labels are added up. */
export type Part<V> = readonly [Labels, V];

/** The samples of a counter or a gauge. Parts with the same labels are one sample. */
export function sumLines(name: string, parts: Iterable<Part<number>>): string[] {
  const add = (sum: { value: number }, value: number): void => {
    sum.value += value;
  };
  return grouped(parts, () => ({ value: 0 }), add).map(([pairs, { value }]) => line(name, pairs, value));
}

/** The samples of a histogram. Parts with the same labels are one. */
export function histogramLines(name: string, parts: Iterable<Part<Durations>>): string[] {
  const lines: string[] = [];
  for (const [pairs, { classes, seconds }] of grouped(parts, newDurations, addDurations)) {
    // Text that all classes share is made once: a scrape delays the requests of its process.
    const begin = `${name}_bucket{${pairs}${pairs === '' ? '' : ','}le="`;
    let count = 0;
    for (const [at, le] of CLASSES.entries()) {
      count += classes[at] ?? 0;
      lines.push(`${begin}${le}"} ${count}`);
    }
    lines.push(line(`${name}_sum`, pairs, seconds), line(`${name}_count`, pairs, count));
  }
  return lines;
}

const CLASSES: readonly string[] = [...SECONDS.map(String), '+Inf'];

/** Adds up the values of parts with the same labels, which it returns as text. */
function grouped<V, S>(
  parts: Iterable<Part<V>>,
  start: () => S,
  add: (sum: S, value: V) => void,
): [pairs: string, sum: S][] {
  const sums = new Map<string, S>();
  for (const [labels, value] of parts) {
    const pairs = pairsOf(labels);
    let sum = sums.get(pairs);
    if (sum === undefined) {
      sum = start();
      sums.set(pairs, sum);
    }
    add(sum, value);
  }
  return [...sums];
}
