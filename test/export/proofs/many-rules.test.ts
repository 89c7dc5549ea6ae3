/** Rule sets with many rules for one origin and method: programs have limits for names, for nesting and for memory. */
import { describe, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { TARGETS } from '../../../src/export/targets.ts';
import { PROVERS } from '../../../src/node/prove/provers.ts';
import { presence } from '../../helpers/program.ts';
import { expectProved } from '../_proofs.ts';
import { behaviourOf, rule } from '../_rule-sets.ts';

const PROGRAMS = [
  ['nginx', '-v', 'nginx'],
  ['haproxy', '-v', 'haproxy'],
  ['varnish', '-V', 'varnish', 'varnishd'],
  ['caddy', 'version', 'caddy'],
  ['apache', '-v', 'apache2', 'apache2'],
] as const;

/** The longest that `--name` takes. */
const NAME = 'm'.repeat(32);

const originsFrom = (first: number) =>
  Array.from({ length: 10 }, (_, at) => `https://o${first + at}.example`);

/** A hundred rules with a header of their own. */
const rulesOf = (originsOf: (at: number) => readonly string[]) =>
  compileRules(
    {
      rules: Array.from({ length: 100 }, (_, at) =>
        rule({ allowedOrigins: originsOf(at), allowedMethods: ['GET'], allowedHeaders: [`x-${at}`] }),
      ),
      responseVary: false,
    },
    behaviourOf('oss'),
  );

const SETS = [
  ['ten origins in each, ten rules for each origin', rulesOf((at) => originsFrom((at % 10) * 10))],
  ['ten origins in each, a hundred rules for each origin', rulesOf(() => originsFrom(0))],
  ['wildcards, a hundred rules for each origin', rulesOf(() => ['https://*.example', 'HTTPS://o1.example'])],
  [
    'a last rule that some of the origins meet',
    rulesOf((at) => (at < 99 ? ['https://*.example', 'https://o1.example'] : ['https://o*'])),
  ],
] as const;

for (const [name, flag, debian, program = name] of PROGRAMS) {
  const { skipped, why } = presence(program, flag, debian);
  describe.skipIf(skipped)(`a hundred rules are proved with ${name}${why}`, () => {
    test.each(SETS)('%s', async (_, rules) => {
      const target = TARGETS.find((one) => one.name === name);
      const prover = PROVERS.get(name);
      if (target === undefined || prover === undefined) throw new Error(`${name} has no prover`);
      await expectProved(target, prover, rules, 250, { name: NAME });
    });
  });
}
