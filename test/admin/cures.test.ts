import { describe, expect, test } from 'vitest';
import { createCures } from '../../src/admin/cures.ts';
import type { Rule } from '../../src/cors/rule.ts';
import type { RulesStatus } from '../../src/rules/record.ts';
import type { RefusedGroup } from '../../src/rules/refusals.ts';
import { behaviour, rule } from '../helpers/rules.ts';

const LOST: RefusedGroup = {
  id: '1',
  bucket: 'media',
  kind: 'actual',
  origin: 'https://a.example',
  method: 'GET',
  headers: [],
  reason: 'credentials_not_allowed',
  path: '/one',
  count: 1,
  firstAt: 0,
  lastAt: 0,
  isCut: false,
};

/** Rules of one version, and how often they were read. */
function counted(rules: readonly Rule[]) {
  let reads = 0;
  const ruleSet = {
    get rules() {
      reads += 1;
      return rules;
    },
    responseVary: false,
  };
  const status: RulesStatus = {
    state: 'fresh',
    lastGood: { outcome: 'rules', ruleSet, version: 'one', warnings: [], loadedAt: 1, confirmedAt: 1 },
    findings: [],
    failure: null,
    loads: { changed: 0, unchanged: 0, failed: 0 },
    age: 0,
    due: 0,
  };
  return { status, reads: () => reads };
}

const RULES = [rule({ allowedOrigins: ['*'], allowedMethods: ['GET'] })];

describe('the explanation of a group', () => {
  test('is made once for a version: the rules are not compiled again', () => {
    const cures = createCures();
    const { status, reads } = counted(RULES);
    const rules = { behaviour: behaviour('s3'), status };
    const first = cures.describe(LOST, rules);
    const before = reads();
    expect(before).toBeGreaterThan(0);
    expect(cures.describe({ ...LOST, count: 2 }, rules)).toEqual({ ...first, count: 2 });
    expect(reads()).toBe(before);
  });

  test('is made again when the bucket is configured in another way, with the same rules', () => {
    const cures = createCures();
    const { status } = counted(RULES);
    const cureBy = (credentials: boolean) =>
      cures.describe(LOST, { behaviour: behaviour('oss', 'safe', credentials), status }).cure;
    expect(cureBy(false)).toBeNull();
    expect(cureBy(true)?.sentence).toMatch(/lets https:\/\/a\.example GET with credentials\.$/);
  });
});
