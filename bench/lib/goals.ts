import type { Kind } from './contestants.ts';
import type { Sample, Samples } from './rounds.ts';

/** The least ratio of another contestant's CPU time for a request to one's own. */
export interface Goal {
  readonly title: string;
  readonly one: string;
  readonly other: string;
  readonly least: Readonly<Partial<Record<Kind, number>>>;
  /** An aim, not a promise. */
  readonly aim?: true;
  /** A ratio of throughput: what a second core brings. */
  readonly throughput?: true;
}

export const GOALS: readonly Goal[] = [
  { title: 'bare node:http', one: 'edge', other: 'bare', least: { preflight: 1 } },
  { title: 'bare node:http, the aim', one: 'edge', other: 'bare', least: { preflight: 1.2 }, aim: true },
  { title: 'the peer floor', one: 'edge', other: 'floor', least: { '1k': 1.5, '100k': 1.1, '100m': 1 } },
  { title: 'fastify', one: 'edge', other: 'fastify', least: { preflight: 1, '1k': 2.5 } },
  { title: 'hono', one: 'edge', other: 'hono', least: { preflight: 1 } },
  { title: 'express', one: 'edge', other: 'express', least: { preflight: 1 } },
  {
    title: 'nginx',
    one: 'edge',
    other: 'nginx',
    least: { preflight: 0.45, '1k': 0.5, '100k': 0.7 },
    aim: true,
  },
  { title: 'itself without rules', one: 'edge', other: 'off', least: { '1k': 0.95, '100k': 0.95 } },
  {
    title: 'one worker, with two',
    one: 'spread',
    other: 'edge',
    least: { preflight: 1.7, '1k': 1.7 },
    throughput: true,
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
/** Megabytes in use above those with one origin if every request has a new one. */
export const FLOOD_LIMIT = 32;

export const least = (values: readonly number[]): number => Math.min(...values);

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2;
};

/** The cell of a goal for one kind of request; empty if one of its contestants does not take part. */
export function ratioCell(goal: Goal, samples: Samples, kind: Kind): string {
  const own = samples(goal.one, kind);
  const other = samples(goal.other, kind);
  if (own.length === 0 || other.length === 0) return '';
  const bound = goal.least[kind];
  if (goal.throughput !== true) return cpuRatioCell(own, other, bound, goal.aim);
  const ratio = median(own.map(perSecond)) / median(other.map(perSecond));
  return `${ratio.toFixed(2)} of requests a second${verdict(ratio, own, bound)}`;
}

/** The cell of a goal for CPU time: the ratio of the least values, which is judged, and that of the medians. */
export function cpuRatioCell(
  own: readonly Sample[],
  other: readonly Sample[],
  bound: number | undefined,
  aim = false,
): string {
  const ratioBy = (pick: (values: readonly number[]) => number): number =>
    pick(other.map(cpu)) / pick(own.map(cpu));
  const judged = ratioBy(least);
  return `${judged.toFixed(2)} (median ${ratioBy(median).toFixed(2)})${verdict(judged, own, bound, aim)}`;
}

function verdict(ratio: number, own: readonly Sample[], bound: number | undefined, aim = false): string {
  if (bound === undefined) return '';
  const failed = own.some((sample) => sample.failed > 0);
  return `, ${aim ? 'aim' : 'at least'} ${bound.toFixed(2)}: ${met(ratio >= bound && !failed)}`;
}

export const met = (is: boolean): string => (is ? 'met' : 'MISSED');

const cpu = (sample: Sample): number => sample.cpu;
const perSecond = (sample: Sample): number => sample.perSecond;
