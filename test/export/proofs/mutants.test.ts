import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { TARGETS } from '../../../src/export/targets.ts';
import { PROVERS } from '../../../src/node/prove/provers.ts';
import { differencesOf } from '../_proofs.ts';
import { behaviourOf, rule } from '../_rule-sets.ts';

/** With AllowedHeaders: programs that do not echo names byte for byte are proved by what a browser does. */
const RULES = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type', 'x-part'],
        maxAgeSeconds: 4321,
      }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

const MUTANTS: readonly [name: string, change: (text: string) => string][] = [
  ['lets browsers cache preflights longer', (text) => text.replaceAll('4321', '86400')],
  [
    'lists a method that the rules refuse',
    (text) =>
      text.replaceAll('GET, PUT', 'GET, PUT, DELETE').replaceAll(".methods.join(', ')", "$& + ', DELETE'"),
  ],
];

const REMOVES_ORIGIN =
  /proxy_set_header +Origin .*|http-request del-header Origin|unset bereq\.http\.Origin;|request_header -Origin|RequestHeader unset Origin/g;

/** The functions of CloudFront leave what the bucket gets to the operator. */
const PASSING: typeof MUTANTS = [
  ['sends the bucket the Origin', (text) => text.replace(REMOVES_ORIGIN, '')],
  [
    'sends the bucket no key',
    (text) => text.replace(REMOVES_ORIGIN, (line) => `${line}\n${line.replace('Origin', 'Authorization')}`),
  ],
];

for (const name of ['nginx', 'haproxy', 'varnish', 'caddy', 'apache', 'cloudfront']) {
  const prover = PROVERS.get(name);
  const target = TARGETS.find((one) => one.name === name);
  if (prover === undefined || target === undefined) throw new Error(`no ${name}`);
  const isSkipped = !(await prover.isInstalled()) && process.env.CI !== 'true';
  describe.skipIf(isSkipped)(
    `an export for ${name}${isSkipped ? ' (skipped: it is not installed)' : ''}`,
    () => {
      test.each(name === 'cloudfront' ? MUTANTS : [...MUTANTS, ...PASSING])(
        'that %s is not proved',
        async (mutant, change) => {
          expect(
            await differencesOf(target, prover, { name: mutant, rules: RULES, change }, 400),
          ).toBeGreaterThan(0);
        },
      );
    },
  );
}
