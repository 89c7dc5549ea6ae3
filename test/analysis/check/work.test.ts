import { describe, expect, test } from 'vitest';
import { LARGE_DOCUMENTS } from '../../../bench/lib/large-documents.ts';
import { checkRules, draftsOf } from '../../../src/analysis/check/check.ts';
import { contextOf } from '../../../src/analysis/check/context.ts';
import { LAST_LABEL } from '../../../src/analysis/check/domains.ts';
import type { Rule, RuleSet } from '../../../src/cors/rule.ts';

const behaviour = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;

const one = (given: Partial<Rule>): RuleSet => ({
  rules: [
    { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [], ...given },
  ],
  responseVary: false,
});

/** Seconds of CPU time. Each document takes about a quarter of a second; work for each pair of entries takes 5 to 77. */
const MOST = 5;

describe('documents of 64 KB take little time', () => {
  test.each(LARGE_DOCUMENTS)('%s', (_, ruleSet) => {
    const before = process.cpuUsage();
    checkRules(ruleSet, { behaviour });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(MOST);
  });
});

describe('the work for equal values is done once', () => {
  test('an origin is looked up once for all codes', () => {
    const asked: string[] = [];
    const domains = {
      ...LAST_LABEL,
      publicSuffix: (host: string) => {
        asked.push(host);
        return LAST_LABEL.publicSuffix(host);
      },
    };
    checkRules(one({ allowedOrigins: Array(100).fill('https://*.com') }), { behaviour, domains });
    expect(asked).toEqual(['com']);
  });

  test.each([
    ['BC201', 'Vary'],
    ['BC202', 'TE'],
    ['BC202', 'Accept'],
    ['BC301', 'x-a'],
    ['BC302', 'x-a'],
  ] as const)('the rule that %s suggests for many entries %s is made once', (code, name) => {
    const context = contextOf(one({ allowedHeaders: [...Array(100).fill(name), 'x-*'] }), { behaviour });
    const drafts = draftsOf(code, context);
    expect(drafts.length).toBeGreaterThan(98);
    expect(new Set(drafts.map(({ rewritten }) => rewritten)).size).toBe(1);
  });
});
