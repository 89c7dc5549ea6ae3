import { expect, test } from 'vitest';
import { kvKeep } from '../../src/cloudflare/kv-keep.ts';
import { NO_RULES } from '../../src/cors/rule.ts';
import { encodeLastGood, type LastGood } from '../../src/rules/last-good.ts';
import { versionOf } from '../../src/rules/version.ts';

test('a copy that KV does not answer about is unknown, not missing: it may be newer than the rules here', async () => {
  const version = await versionOf(NO_RULES, 'none');
  const copy: LastGood = {
    outcome: 'none',
    ruleSet: NO_RULES,
    version,
    warnings: [],
    loadedAt: 1,
    confirmedAt: 2,
  };
  let isDown = true;
  let stored: string | null = encodeLastGood('b', copy);
  const kv = {
    get: async () => (isDown ? Promise.reject(new Error('KV is down')) : stored),
    put: async () => {},
  };
  const warnings: string[] = [];
  const keep = kvKeep(
    kv as never,
    (work) => work,
    (message) => warnings.push(message),
  );
  expect([await keep.read('b'), await keep.peek('b', true)]).toEqual([null, 'unknown']);
  expect(warnings).toEqual([expect.stringContaining('KV is down')]);
  isDown = false;
  expect(await keep.peek('b', true)).toEqual({ version, confirmedAt: 2 });
  stored = null;
  expect(await keep.peek('b', true)).toBeNull();
});
