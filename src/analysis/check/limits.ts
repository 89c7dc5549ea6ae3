import type { Dialect } from '../../cors/behaviour.ts';
import type { Checks, Context, Draft } from './context.ts';

/** The limits of the store (semantics.md §1). */
export const LIMITS: Checks<'BC501' | 'BC502'> = { BC501: tooManyRules, BC502: tooManyBytes };

interface Limit {
  /** More are an error. */
  readonly most: number;
  /** More are a warning: a page of the vendor says that the store refuses them. */
  readonly safe: number;
}

/** Pages of OSS name 10 and 20; S3 takes 100. */
const RULES: Readonly<Record<Dialect, Limit>> = {
  oss: { most: 20, safe: 10 },
  s3: { most: 100, safe: 100 },
};

function* tooManyRules({ ruleSet, behaviour }: Context): Generator<Draft> {
  const count = ruleSet.rules.length;
  const { most, safe } = RULES[behaviour.dialect];
  if (count <= safe) return;
  yield {
    rule: null,
    reason: `has ${count} rules, more than the ${count > most ? most : safe} that ${NAMES[behaviour.dialect]} ${count > most ? 'takes' : 'takes by some of its pages'}`,
    write: `at most ${safe} rules`,
    severity: count > most ? 'error' : 'warning',
  };
}

const NAMES: Readonly<Record<Dialect, string>> = { oss: 'OSS', s3: 'S3' };

/** OSS refuses larger documents. S3 takes 64 KB, the most that is read here. */
const MOST_BYTES = 16_384;

function* tooManyBytes({ behaviour, bytes = 0 }: Context): Generator<Draft> {
  if (behaviour.dialect !== 'oss' || bytes <= MOST_BYTES) return;
  yield {
    rule: null,
    reason: `has ${bytes} bytes, more than the ${MOST_BYTES} that OSS takes`,
    write: 'fewer or shorter entries: a wildcard for subdomains stands for many origins',
  };
}
