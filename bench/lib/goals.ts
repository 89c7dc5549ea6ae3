import type { Kind } from './contestants.ts';
import type { Sample, Samples } from './rounds.ts';

/** One contestant's throughput as a part of another's, and what it should be at least. */
export interface Goal {
  readonly title: string;
  readonly one: string;
  readonly other: string;
  readonly least: Readonly<Partial<Record<Kind, number>>>;
  /** Wished for, not promised. */
  readonly aim?: true;
  /** The cores that it speaks of must be free. */
  readonly needsPair?: true;
}

export const GOALS: readonly Goal[] = [
  { title: 'bare node:http + undici', one: 'edge', other: 'bare', least: { preflight: 0.9 } },
  {
    title: 'the peer floor',
    one: 'edge',
    other: 'floor',
    least: { '1k': 0.9, '100k': 0.9, '100m': 0.95 },
  },
  { title: 'fastify', one: 'edge', other: 'fastify', least: { preflight: 1, '1k': 1.5 } },
  { title: 'hono', one: 'edge', other: 'hono', least: { preflight: 1 } },
  { title: 'express', one: 'edge', other: 'express', least: { preflight: 1 } },
  { title: 'nginx', one: 'edge', other: 'nginx', least: { '1k': 0.6, '100k': 0.6 }, aim: true },
  { title: 'itself without rules', one: 'edge', other: 'off', least: { '1k': 0.95, '100k': 0.95 } },
  {
    title: 'one worker, with two',
    one: 'spread',
    other: 'edge',
    least: { preflight: 1.7, '1k': 1.7 },
    needsPair: true,
  },
  {
    title: 'one origin, when every request has a new one',
    one: 'flood',
    other: 'steady',
    least: { preflight: 0.8, '1k': 0.8 },
  },
];

/** Megabytes above idle while 5 GB are streamed. */
export const STREAMED_LIMIT = 60;
/** Megabytes above the peak with one origin while every request has a new one: a heap's own ups and downs. */
export const FLOOD_LIMIT = 32;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2;
};

/** A goal's cell at one kind of request: the median of the rounds' ratios, their span, and the verdict. */
export function ratioCell(
  { one, other, least, aim, needsPair }: Goal,
  samples: Samples,
  kind: Kind,
  pairIsFree: boolean,
): string {
  const above = samples(one, kind);
  const below = samples(other, kind);
  if (above.length === 0 || below.length === 0) return '';
  const ratios = above.map(({ perSecond }, at) => perSecond / (below[at]?.perSecond ?? Number.NaN));
  const span = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const ratio = median(ratios);
  // A shared machine makes programs slower and never faster: the best rounds are the nearest to what they take.
  const atBest = needsPair === true ? '' : `, at best ${(leastCpu(below) / leastCpu(above)).toFixed(2)}`;
  const told = `${ratio.toFixed(2)} (${span}${atBest})`;
  const bound = least[kind];
  if (bound === undefined) return told;
  const verdict = needsPair === true && !pairIsFree ? 'not judged' : met(ratio >= bound && !failed(above));
  return `${told}, ${aim === true ? 'aim' : 'at least'} ${bound.toFixed(2)}: ${verdict}`;
}

const leastCpu = (samples: readonly Sample[]): number => Math.min(...samples.map(({ cpu }) => cpu));

export const met = (is: boolean): string => (is ? 'met' : 'MISSED');

const failed = (samples: readonly Sample[]): boolean => samples.some((sample) => sample.failed > 0);
