import type { Kind } from './contestants.ts';
import type { Sample, Samples } from './rounds.ts';

/** The least ratio of one contestant's throughput to another's. */
export interface Goal {
  readonly title: string;
  readonly one: string;
  readonly other: string;
  readonly least: Readonly<Partial<Record<Kind, number>>>;
  /** An aim, not a promise. */
  readonly aim?: true;
  /** Judged only if two cores are free for the workers. */
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

/** Megabytes above idle during a stream of 5 GB. */
export const STREAMED_LIMIT = 60;
/** Megabytes above the peak with one origin if every request has a new one: the variation of a heap. */
export const FLOOD_LIMIT = 32;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2;
};

/** The cell of a goal for one kind of request: the median ratio of the rounds, their span, and the verdict. */
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
  // Other programs on the machine only slow a server down, so its best round is nearest to its own cost.
  const atBest = needsPair === true ? '' : `, at best ${(leastCpu(below) / leastCpu(above)).toFixed(2)}`;
  const figures = `${ratio.toFixed(2)} (${span}${atBest})`;
  const bound = least[kind];
  if (bound === undefined) return figures;
  const verdict = needsPair === true && !pairIsFree ? 'not judged' : met(ratio >= bound && !failed(above));
  return `${figures}, ${aim === true ? 'aim' : 'at least'} ${bound.toFixed(2)}: ${verdict}`;
}

/** The cell of a goal for the CPU time of a request: another's divided by one's own, from the same round. */
export function cpuRatioCell(own: readonly Sample[], other: readonly Sample[], least: number): string {
  const ratios = own.map(({ cpu }, at) => (other[at]?.cpu ?? Number.NaN) / cpu);
  const span = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const atBest = (leastCpu(other) / leastCpu(own)).toFixed(2);
  const ratio = median(ratios);
  const verdict = met(ratio >= least && !failed(own));
  return `${ratio.toFixed(2)} (${span}, at best ${atBest}), at least ${least.toFixed(2)}: ${verdict}`;
}

const leastCpu = (samples: readonly Sample[]): number => Math.min(...samples.map(({ cpu }) => cpu));

export const met = (is: boolean): string => (is ? 'met' : 'MISSED');

const failed = (samples: readonly Sample[]): boolean => samples.some((sample) => sample.failed > 0);
