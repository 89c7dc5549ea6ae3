import { describe, test } from 'vitest';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce } from './_rules.ts';
import { awsRules } from './_rules-programs.ts';
import { RULES_WAYS, useWays } from './_ways.ts';

// A file of its own: the AWS CLI is slow to start, and files run side by side.
const ways = useWays('awsrules');

describe.skipIf(SKIPPED).each(RULES_WAYS)('awscli, %s', (name) => {
  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    await expectRulesInForce(ways.way(name), ways.witness, awsRules(ways));
  });
});
