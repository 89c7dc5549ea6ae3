import { describe, test } from 'vitest';
import { caddy } from '../../../src/export/caddy/caddy.ts';
import { caddyProver } from '../../../src/node/prove/caddy.ts';
import { presence } from '../../helpers/program.ts';
import { expectProved } from '../_proofs.ts';
import { ruleSets } from '../_rule-sets.ts';

const { skipped, why } = presence('caddy', 'version', 'caddy');

describe.skipIf(skipped)(`Caddy with an export${why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules: %s',
    async (_, { rules }) => {
      await expectProved(caddy, caddyProver, rules, 250);
    },
  );
});
