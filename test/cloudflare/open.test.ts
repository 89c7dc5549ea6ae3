import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OpenedEdge, openEdge } from '../../src/cloudflare/open.ts';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';

vi.mock('../../src/cloudflare/wait-until.ts', () => ({
  alive: <T>(work: T) => work,
  aliveCache: <T>(cache: T) => cache,
}));

let upstream: Upstream;
beforeEach(async () => {
  upstream = await openUpstream(ONE_ORIGIN);
});
afterEach(() => upstream.close());

/** An isolate whose configuration is in KV. */
function isolate() {
  const buckets = (b: object) => ({
    a: { bucket: upstream.url, hosts: ['a.example'] },
    b: { bucket: upstream.url, hosts: ['b.example'], ...b },
  });
  let edge: OpenedEdge | null = null;
  return async (options: object, b: object | null = {}): Promise<OpenedEdge> => {
    const { a, ...rest } = buckets(b ?? {});
    const config = { ...options, buckets: b === null ? { a } : { a, ...rest } };
    const kv = {
      get: async (key: string) => (key === 'config' ? JSON.stringify(config) : null),
      put: async () => {},
    };
    const opened = await openEdge({ BUCKET_CORS_CONFIG: 'kv:config', RULES_KV: kv } as never, edge);
    if (!opened.ok) throw new Error(opened.faults.join('\n'));
    edge = opened.value;
    return edge;
  };
}

const statesOf = ({ cache, ruled }: OpenedEdge) => ruled.map((bucket) => cache.status(keyOf(bucket)).state);
const load = ({ cache, ruled }: OpenedEdge) => Promise.all(ruled.map((bucket) => cache.current(bucket)));

describe('an edit of the configuration in KV', () => {
  test('of one bucket leaves the rules of the others in force while the store is down', async () => {
    const open = isolate();
    await load(await open({}));
    upstream.rules = 'unknown';
    const after = await open({ logLevel: 'warn' }, { prefix: '/x' });
    expect(statesOf(after)[0]).toBe('fresh');
    expect((await load(after))[0]?.rules.state).toBe('known');
  });

  test('that removes a bucket removes its rules', async () => {
    const open = isolate();
    const before = await open({});
    await load(before);
    const after = await open({}, null);
    const [, gone] = before.ruled;
    expect([after.ruled.length, gone && after.cache.asked(keyOf(gone))]).toEqual([1, false]);
  });

  test.each(['rulesTtl', 'maxStale'])('of %s applies to all rules', async (option) => {
    const open = isolate();
    await load(await open({}));
    expect(statesOf(await open({ [option]: '1h' }))).toEqual(['not_loaded', 'not_loaded']);
  });
});
