import { expect, test } from 'vitest';
import { NO_RULES } from '../../src/cors/rule.ts';
import type { LastGood } from '../../src/rules/last-good.ts';
import { createVersions, type Versions } from '../../src/rules/versions.ts';

const good = (version: string, loadedAt = 0): LastGood => ({
  ...{ outcome: 'none', ruleSet: NO_RULES, version, warnings: [], loadedAt, confirmedAt: loadedAt },
});

const listed = (versions: Versions, key = 'b') => versions.of(key).map(({ version, at }) => [version, at]);

test('the last versions of a bucket are known, the last in force first, each with its first time', () => {
  const versions = createVersions({ each: 2 });
  versions.record('b', good('one', 1));
  versions.record('b', good('one', 2));
  versions.record('b', good('two', 3));
  expect(listed(versions)).toEqual([
    ['two', 3],
    ['one', 1],
  ]);
  versions.record('b', good('one', 4));
  expect(listed(versions)).toEqual([
    ['one', 1],
    ['two', 3],
  ]);
  versions.record('b', good('three', 5));
  expect(listed(versions)).toEqual([
    ['three', 5],
    ['one', 1],
  ]);
  expect(versions.of('b')[0]?.ruleSet).toBe(NO_RULES);
});

test('of many buckets, the one that changed longest ago loses its versions first', () => {
  const versions = createVersions({ most: 3 });
  for (const [key, version] of [
    ['a', 'one'],
    ['b', 'one'],
    ['a', 'two'],
    ['c', 'one'],
  ] as const)
    versions.record(key, good(version));
  expect([listed(versions, 'a').length, listed(versions, 'b').length, listed(versions, 'c').length]).toEqual([
    2, 0, 1,
  ]);
});
