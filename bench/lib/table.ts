import { type Contestant, KINDS, type Kind } from './contestants.ts';
import { FLOOD_LIMIT, GOALS, median, met, ratioCell, STREAMED_LIMIT } from './goals.ts';
import type { Memory } from './memory.ts';
import type { Samples } from './rounds.ts';

const HEADINGS: Readonly<Record<Kind, string>> = {
  preflight: 'preflight',
  '1k': 'GET 1 KB',
  '100k': 'GET 100 KB',
  '100m': 'GET 100 MB, MB/s',
};

/** The results of a run. */
export interface Found {
  readonly contestants: readonly Contestant[];
  readonly samples: Samples;
  readonly pairIsFree: boolean;
  /** Memory during a stream of 5 GB. */
  readonly streamed: Memory;
  /** Memory with requests from one origin, and then from new ones. */
  readonly flood: Memory;
}

/** The table of figures, followed by the ratios with their goals. */
export function tableOf(found: Found): string {
  const rows = [
    ['', ...KINDS.map((kind) => HEADINGS[kind]), 'memory'],
    ['---', ...KINDS.map(() => '---'), '---'],
    ...found.contestants.map(({ id, title }) => [
      title,
      ...KINDS.map((kind) => figureCell(found.samples, id, kind)),
      '',
    ]),
    ...GOALS.map((goal) => [
      `ratio to ${goal.title}`,
      ...KINDS.map((kind) => ratioCell(goal, found.samples, kind, found.pairIsFree)),
      '',
    ]).filter((cells) => cells.slice(1).some((cell) => cell !== '')),
    memoryRow('5 GB streamed, peak above idle', found.streamed, STREAMED_LIMIT),
    memoryRow('new origins, peak above that with one origin', found.flood, FLOOD_LIMIT),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The medians of a contestant for one kind of request; empty if it does not take part. */
export function figureCell(samples: Samples, id: string, kind: Kind): string {
  const taken = samples(id, kind);
  if (taken.length === 0) return '';
  const perSecond = median(taken.map((sample) => sample.perSecond)) / (kind === '100m' ? 1e6 : 1);
  const cpu = median(taken.map((sample) => sample.cpu));
  const failed = taken.reduce((sum, sample) => sum + sample.failed, 0);
  const faults = failed === 0 ? '' : `, ${failed} FAILED`;
  return `${Math.round(perSecond).toLocaleString('en')} (${cpu.toFixed(cpu < 100 ? 1 : 0)} µs${faults})`;
}

function memoryRow(title: string, { before, peak }: Memory, limit: number): string[] {
  const above = (peak - before) / 1e6;
  const cell = `${(before / 1e6).toFixed(0)} → ${(peak / 1e6).toFixed(0)} MB: ${above.toFixed(0)}, under ${limit}: ${met(above < limit)}`;
  return [title, ...KINDS.map(() => ''), cell];
}
