/** The rule sets that each target is proved with: those of the vectors, the four scenarios of the OSS guide, and random ones. */
import * as fc from 'fast-check';
import type { Behaviour } from '../../src/cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import { METHODS, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { ruleSetOf, vectors } from '../helpers/vectors.ts';

export interface NamedRules {
  readonly name: string;
  readonly rules: CompiledRules;
}

export const behaviourOf = (
  dialect: Behaviour['dialect'],
  dangerouslyAllowCredentials = false,
): Behaviour => ({ dialect, vary: 'safe', dangerouslyAllowCredentials });

export const rule = (given: Partial<Rule> & Pick<Rule, 'allowedOrigins' | 'allowedMethods'>): Rule => ({
  allowedHeaders: [],
  exposeHeaders: [],
  ...given,
});

/** Alibaba Cloud OSS, "Configure CORS": a static site, upload from the front end, several environments, authentication. */
const SCENARIOS: Readonly<Record<string, RuleSet>> = {
  'static site': {
    rules: [rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], maxAgeSeconds: 86_400 })],
    responseVary: false,
  },
  'direct upload': {
    rules: [
      rule({
        allowedOrigins: ['https://www.example.com'],
        allowedMethods: ['PUT', 'POST', 'GET', 'HEAD'],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag', 'x-oss-request-id'],
        maxAgeSeconds: 600,
      }),
    ],
    responseVary: true,
  },
  'several environments': {
    rules: [
      rule({
        allowedOrigins: ['https://app.example.com', 'https://*.staging.example.com', 'http://localhost:3000'],
        allowedMethods: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'],
        allowedHeaders: ['content-type', 'x-oss-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 3_600,
      }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['GET'], exposeHeaders: ['Content-Range'] }),
    ],
    responseVary: false,
  },
  authentication: {
    rules: [
      rule({
        allowedOrigins: ['https://app.example.com'],
        allowedMethods: ['GET', 'PUT', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type', 'x-oss-security-token'],
        exposeHeaders: ['ETag', 'x-oss-request-id'],
      }),
      rule({ allowedOrigins: ['null', 'https://admin.example.com'], allowedMethods: ['GET'] }),
    ],
    responseVary: false,
  },
};

const origin = fc.constantFrom(
  'https://app.example',
  'https://app.example',
  'https://APP.example',
  'https://www.app.example:8443',
  'http://localhost:3000',
  'https://*.app.example',
  'https://*.app.example',
  'http*://dev.example',
  '*app.example',
  'https://app.*',
  'null',
  '*',
  "https://a$b.example'{}|^`%",
);
const header = fc.constantFrom('content-type', 'X-Amz-Date', 'x-oss-*', '*', 'x-meta-*-id', 'authorization');

type Drawn = Record<'allowedOrigins' | 'allowedHeaders', fc.Arbitrary<readonly string[]>>;

const ruleOf = (lists: Drawn): fc.Arbitrary<Rule> =>
  fc.record(
    {
      ...lists,
      allowedMethods: fc.shuffledSubarray([...METHODS], { minLength: 1 }),
      exposeHeaders: fc.subarray(['ETag', 'Content-Range', 'x-oss-request-id']),
      maxAgeSeconds: fc.constantFrom(0, 60, 86_400),
    },
    { requiredKeys: ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] },
  );

const origins = fc.uniqueArray(origin, { minLength: 1, maxLength: 4 });

const different = fc.array(
  ruleOf({ allowedOrigins: origins, allowedHeaders: fc.uniqueArray(header, { maxLength: 3 }) }),
  { minLength: 1, maxLength: 5 },
);

/** Rules with the same lists, or with more beside them, such as `*`: exporters write once what rules share. */
const alike = fc
  .tuple(
    fc.uniqueArray(origin, { minLength: 1, maxLength: 2 }),
    fc.uniqueArray(header, { minLength: 1, maxLength: 2 }),
  )
  .chain(([sharedOrigins, sharedHeaders]) => {
    const beside = (shared: readonly string[], ...more: readonly string[]) =>
      fc.constantFrom([], ...more.map((one) => [one])).map((added) => [...new Set([...added, ...shared])]);
    const one = ruleOf({
      allowedOrigins: beside(sharedOrigins, '*', 'https://*.app.example', 'https://app.example'),
      allowedHeaders: beside(sharedHeaders, '*', 'x-own'),
    });
    return fc.array(one, { minLength: 2, maxLength: 5 });
  });

/** Rules of the same origins with headers of their own: a preflight meets them all. */
const many = fc
  .tuple(
    origins,
    fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 6, maxLength: 12 }),
    fc.constantFrom([], ['*']),
  )
  .map(([allowedOrigins, numbers, last]) =>
    [...numbers.map((number) => [`x-${number}`]), last].map((allowedHeaders, at) =>
      rule({ allowedOrigins, allowedMethods: at % 3 === 0 ? ['GET', 'PUT'] : ['PUT'], allowedHeaders }),
    ),
  );

const random: fc.Arbitrary<RuleSet> = fc.record({
  rules: fc.oneof({ arbitrary: different, weight: 2 }, alike, many),
  responseVary: fc.boolean(),
});

/** Sixty rule sets, the same in each run. */
export function ruleSets(count = 60): readonly NamedRules[] {
  const found = new Map<string, NamedRules>();
  const add = (name: string, set: RuleSet, behaviour: Behaviour) =>
    found.set(JSON.stringify([set, behaviour]), { name, rules: compileRules(set, behaviour) });
  for (const [name, set] of Object.entries(SCENARIOS)) {
    add(`${name}, OSS`, set, behaviourOf('oss'));
    add(`${name}, S3`, set, behaviourOf('s3'));
  }
  add('no rules, OSS', { rules: [], responseVary: false }, behaviourOf('oss'));
  for (const vector of vectors)
    if (vector.rules !== null)
      add(vector.id, ruleSetOf(vector), behaviourOf(vector.provider === 's3' ? 's3' : 'oss'));
  const drawn = fc.sample(fc.tuple(random, fc.constantFrom('oss', 's3', 'credentials')), {
    seed: 14,
    numRuns: count,
  });
  drawn.forEach(([set, kind], at) => {
    add(
      `random ${at}, ${kind}`,
      set,
      kind === 's3' ? behaviourOf('s3') : behaviourOf('oss', kind === 'credentials'),
    );
  });
  return [...found.values()].slice(0, count);
}
