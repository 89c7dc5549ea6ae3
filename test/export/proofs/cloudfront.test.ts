import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { cloudfront } from '../../../src/export/cloudfront/cloudfront.ts';
import type { Target } from '../../../src/export/target.ts';
import { cloudfrontProver } from '../../../src/node/prove/cloudfront-vm.ts';
import { differencesOf, expectProved, type Mutant } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const RULES = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example', 'https://ab*ba.example', 'http://dev*', 'null'],
        allowedMethods: ['GET', 'HEAD', 'POST', 'PUT'],
        allowedHeaders: ['content-type', 'x-oss-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      }),
      rule({
        allowedOrigins: ['https://app.example'],
        allowedMethods: ['DELETE', 'GET'],
        exposeHeaders: ['ETag'],
      }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['HEAD', 'DELETE'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replace(from, to);

const MUTANTS: readonly Omit<Mutant, 'rules'>[] = [
  {
    name: 'origins ignore case',
    change: replace('matches(one.origins, origin)', 'matches(one.origins, origin.toLowerCase())'),
  },
  { name: 'no length check', change: replace('value.length >= entry.length - 1 &&', '') },
  {
    name: 'header names in their own case',
    change: replace('requestHeaders.toLowerCase()', 'requestHeaders'),
  },
  { name: 'Vary forgotten', change: replace(/, vary: .*? : \[\],/, ', vary: [],') },
  { name: "the bucket's Vary lost", change: replace("valueOf(headers.vary) || ''", "''") },
  { name: "the bucket's CORS headers", change: replace("name.startsWith('access-control-')", 'false') },
  {
    name: 'a policy that removes nothing',
    change: replace(/"RemoveHeadersConfig": \{[\s\S]*\]\s+\}/, '"Unused": {}'),
  },
  {
    name: 'a policy for everyone',
    change: replace(/"https:\/\/app.example"(?=[\s\S]*"AccessControl)([\s\S]*)true,/, '"*"$1false,'),
  },
  { name: 'a policy that exposes more', change: replace('"ETag"\n', '"x-bucket"\n') },
  {
    name: 'preflights to the bucket',
    change: replace('return answer.status === null ? request : generated(answer)', 'return request'),
  },
  { name: 'another status', change: replace('refused(403', 'refused(400') },
  { name: 'a list of origins', change: replace('!/[, \\t]/.test(origin)', 'true') },
];

/** Preflights and answers below 400 are the edge's byte for byte; a policy's cannot be. */
const strict: Target = {
  ...cloudfront,
  compile: (rules, options) => {
    const compiled = cloudfront.compile(rules, options);
    return compiled.ok ? { ...compiled, grade: 'equal' } : compiled;
  },
};

describe('a function and a policy for CloudFront', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('are proved: %s', async (_, { rules }) => {
    await expectProved(strict, cloudfrontProver, rules, 250);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'are not proved with %s',
    async (_, mutant) => {
      expect(await differencesOf(strict, cloudfrontProver, { ...mutant, rules: RULES }, 600)).toBeGreaterThan(
        0,
      );
    },
  );
});
