import { type Contestant, KINDS, type Kind } from './contestants.ts';
import { FLOOD_LIMIT, GOALS, type Goal, least, median, met, ratioCell, STREAMED_LIMIT } from './goals.ts';
import type { Flood, Memory } from './memory.ts';
import type { Samples } from './rounds.ts';

export const HEADINGS: Readonly<Record<Kind, string>> = {
  preflight: 'preflight',
  '1k': 'GET 1 KB',
  '100k': 'GET 100 KB',
  '100m': 'GET 100 MB, a MB',
};

/** The results of a run. */
export interface Found {
  readonly contestants: readonly Contestant[];
  readonly samples: Samples;
  /** Null if it was not measured. */
  readonly memory: {
    /** During a stream of 5 GB. */
    readonly streamed: Memory;
    /** With requests from one origin, and then from new ones. */
    readonly flood: Flood;
  } | null;
}

/** The table of figures, followed by the ratios with their goals. */
export function tableOf({ contestants, samples, memory }: Found): string {
  const besides = contestants.filter(({ id }) => id.startsWith('beside '));
  const goals = [
    ...GOALS,
    ...besides.map(({ id, title }): Goal => ({ title, one: 'edge', other: id, least: {} })),
  ];
  const rows = [
    ['', ...KINDS.map((kind) => HEADINGS[kind]), 'memory'],
    ['---', ...KINDS.map(() => '---'), '---'],
    ...contestants.map(({ id, title }) => [title, ...KINDS.map((kind) => figureCell(samples, id, kind)), '']),
    ...goals
      .map((goal) => [`ratio to ${goal.title}`, ...KINDS.map((kind) => ratioCell(goal, samples, kind)), ''])
      .filter((cells) => cells.slice(1).some((cell) => cell !== '')),
    ...(memory === null
      ? []
      : [
          memoryRow('5 GB streamed, peak above idle', memory.streamed, STREAMED_LIMIT),
          floodRow(memory.flood),
        ]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A contestant's CPU time for one kind of request, then its throughput; empty if it does not take part. */
export function figureCell(samples: Samples, id: string, kind: Kind): string {
  const taken = samples(id, kind);
  if (taken.length === 0) return '';
  const cpu = taken.map((sample) => sample.cpu);
  const perSecond = median(taken.map((sample) => sample.perSecond)) / (kind === '100m' ? 1e6 : 1);
  const failed = taken.reduce((sum, sample) => sum + sample.failed, 0);
  const faults = failed === 0 ? '' : `, ${failed} FAILED`;
  const throughput = `${Math.round(perSecond).toLocaleString('en')}${kind === '100m' ? ' MB' : ''}/s`;
  return `${microseconds(least(cpu))} µs (median ${microseconds(median(cpu))}; ${throughput}${faults})`;
}

const microseconds = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

const memoryRow = (title: string, { before, peak }: Memory, limit: number): string[] => [
  title,
  ...KINDS.map(() => ''),
  memoryCell(before, peak, limit),
];

function memoryCell(before: number, after: number, limit: number): string {
  const above = (after - before) / 1e6;
  return `${(before / 1e6).toFixed(0)} → ${(after / 1e6).toFixed(0)} MB: ${above.toFixed(0)}, at most ${limit}: ${met(above <= limit)}`;
}

/** What a flood stores is judged; its peak is mostly garbage, and is shown. */
function floodRow(flood: Flood): string[] {
  const cell = memoryCell(flood.one.inUse, flood.new.inUse, FLOOD_LIMIT);
  const peaks = [flood.one, flood.new].map(({ peak }) => (peak / 1e6).toFixed(0)).join(' → ');
  const requests = [flood.one, flood.new].map((load) => load.requests.toLocaleString('en')).join(' and ');
  return [
    'new origins, in use above that with one origin',
    ...KINDS.map(() => ''),
    `${cell} (peaks with garbage ${peaks} MB; ${requests} requests)`,
  ];
}
