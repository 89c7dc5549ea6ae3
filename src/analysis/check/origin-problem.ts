import type { Domains } from './domains.ts';
import { formProblem, type OriginProblem } from './origin-form.ts';
import { wildcardProblem } from './wildcard.ts';

/** Returns the first problem of one origin. A correction that has a problem itself is left out. */
export function originProblem(value: string, domains: Domains): OriginProblem | undefined {
  const problem = formProblem(value) ?? wildcardProblem(value, domains);
  if (problem?.corrected === undefined) return problem;
  const isRight = problem.corrected.every(
    (one) => one !== value && originProblem(one, domains) === undefined,
  );
  if (isRight) return problem;
  const { corrected, ...rest } = problem;
  return rest;
}
