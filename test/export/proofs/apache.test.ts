import { describe, test } from 'vitest';
import { apache } from '../../../src/export/apache/apache.ts';
import { apacheProver } from '../../../src/node/prove/apache.ts';
import { presence } from '../../helpers/program.ts';
import { expectProved } from '../_proofs.ts';
import { ruleSets } from '../_rule-sets.ts';

const { skipped, why } = presence('apache2', '-v', 'apache2');

describe.skipIf(skipped)(`Apache with an export${why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules: %s',
    async (_, { rules }) => {
      await expectProved(apache, apacheProver, rules, 250);
    },
  );
});
