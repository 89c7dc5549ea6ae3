import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { nginx } from '../../../src/export/nginx/nginx.ts';
import { nginxProver } from '../../../src/node/prove/nginx.ts';
import { NGINX } from '../../helpers/nginx.ts';
import { differencesOf, expectProved, type Mutant } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const REQUESTS = 250;

describe.skipIf(NGINX.skipped)(`an export for nginx is proved${NGINX.why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('%s', async (_, { rules }) => {
    await expectProved(nginx, nginxProver, rules, REQUESTS);
  });
});
