import { performance } from 'node:perf_hooks';
import { ABOUT, type Experiment, planOf } from '../../doctor/experiments.ts';
import type { Fresh, Question } from '../../doctor/question.ts';
import type { Exchange, Transcript, Trouble } from '../../doctor/transcript.ts';
import { send } from './send.ts';

/** Called before each request, with how many there are at most. */
export type Progress = (number: number, most: number, about: string) => void;

/** A server that no request reaches is asked no more. */
const HOPELESS: readonly Trouble['kind'][] = ['name', 'refused', 'certificate', 'late'];

/** Runs the experiments one after the other: their order is what a cache meets. Never rejects. */
export async function examine(
  question: Question,
  fresh: Fresh,
  limit: number,
  progress: Progress,
): Promise<Transcript> {
  const plan = planOf(question, fresh);
  const transcript: Exchange[] = [];
  for (const [at, experiment] of plan.entries()) {
    const sent = experiment.sent(transcript);
    if (sent === null) continue;
    const number = transcript.length + 1;
    progress(number, plan.length - (at + 1 - number), ABOUT[experiment.step]);
    transcript.push(await exchange(experiment, sent, number, limit));
    if (number === 2 && isHopeless(transcript)) break;
  }
  return transcript;
}

const isHopeless = (transcript: Transcript): boolean =>
  transcript.every(({ trouble }) => trouble !== null && HOPELESS.includes(trouble.kind));

async function exchange(
  { step }: Experiment,
  sent: Exchange['sent'],
  number: number,
  limit: number,
): Promise<Exchange> {
  const began = performance.now();
  const outcome = await send(sent, limit);
  return { step, number, sent, milliseconds: Math.round(performance.now() - began), ...outcome };
}
