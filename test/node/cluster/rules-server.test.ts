import { describe, expect, test } from 'vitest';
import type { RulesSnapshot, ToWorker } from '../../../src/node/cluster/messages.ts';
import { createRulesServer, type Send } from '../../../src/node/cluster/rules-server.ts';
import { createRulesCache } from '../../../src/rules/cache.ts';
import type { RuledBucket } from '../../../src/rules/ruled-bucket.ts';
import type { Loaded } from '../../../src/rules/source.ts';
import { behaviour, rule } from '../../helpers/rules.ts';

const rulesFor = (origin: string): Loaded => ({
  outcome: 'rules',
  ruleSet: { rules: [rule({ allowedOrigins: [origin] })], responseVary: false },
  warnings: [],
});
const FAILURE: Loaded = { outcome: 'unknown', cause: 'the test says so', cure: 'None.' };

interface Worker {
  readonly send: Send;
  readonly received: ToWorker[];
  /** The snapshots that it received, unasked or as replies. */
  snapshots(): (RulesSnapshot | null)[];
}

function worker(): Worker {
  const received: ToWorker[] = [];
  return {
    received,
    send: (message) => void received.push(message),
    snapshots: () =>
      received.flatMap((message) =>
        message.kind === 'rules' || message.kind === 'rulesReply' ? [message.snapshot] : [],
      ),
  };
}

/** A rules server over a real cache, whose source is the test. */
function opened() {
  const store = { loaded: rulesFor('https://a.example'), loads: 0 };
  const clock = { now: 0 };
  const bucket: RuledBucket = {
    name: 'b',
    source: {
      kind: 'bucket',
      name: 'test',
      load: async () => {
        store.loads += 1;
        return store.loaded;
      },
    },
    behaviour: behaviour('oss'),
  };
  const cache = createRulesCache({
    ttl: 60_000,
    maxStale: 0,
    now: () => clock.now,
    onChange: (changed) => server.changed(changed),
  });
  const server = createRulesServer({ cache });
  server.serve([bucket]);
  const ask = ({ send }: Worker, about: { version?: string | null; renew?: boolean; key?: string } = {}) =>
    server.reply(send, { kind: 'rulesRequest', id: 7, key: 'b', version: null, renew: false, ...about });
  const [one, other] = [worker(), worker()];
  for (const { send } of [one, other]) void server.join(send, []);
  return { store, clock, bucket, cache, server, ask, one, other };
}

describe('a worker process that requests rules', () => {
  test('gets them with their version, after one load for all worker processes', async () => {
    const { store, ask, one, other } = opened();
    await Promise.all([ask(one), ask(other)]);
    expect(store.loads).toBe(1);
    for (const { received } of [one, other]) {
      expect(received).toMatchObject([
        { kind: 'rulesReply', id: 7, snapshot: { good: { outcome: 'rules' }, failed: false } },
      ]);
    }
  });

  test('and has their version gets no rule set', async () => {
    const { ask, one } = opened();
    await ask(one);
    const version = one.snapshots()[0]?.version ?? null;
    await ask(one, { version });
    expect(one.snapshots()[1]).toMatchObject({ version, good: null, failed: false });
  });

  test('and has evicted them gets the rule set again', async () => {
    const { ask, one } = opened();
    await ask(one);
    await ask(one);
    expect(one.snapshots()[1]?.good).toMatchObject({ outcome: 'rules' });
  });

  test('of a removed bucket gets an empty reply', async () => {
    const { ask, one } = opened();
    await ask(one, { key: 'gone' });
    expect(one.received).toEqual([{ kind: 'rulesReply', id: 7, snapshot: null }]);
  });

  test('gets spans of time, because its clock starts at another moment', async () => {
    const { store, clock, bucket, cache, ask, one } = opened();
    await ask(one);
    const [first] = one.snapshots();
    expect(first?.age).toBe(0);
    expect(first?.due).toBeGreaterThan(54_000);
    expect(first?.due).toBeLessThan(67_000);
    clock.now = 10_000;
    await ask(one);
    expect(one.snapshots()[1]).toMatchObject({ age: 10_000, due: (first?.due ?? 0) - 10_000 });
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    // The pause after the first failure, though the rules are 10 seconds old.
    expect(one.snapshots()[2]).toMatchObject({ age: 10_000, failed: true });
    expect(one.snapshots()[2]?.due).toBeLessThan(1_200);
  });

  test('after a failed load gets the failure, not an empty rule set', async () => {
    const { store, ask, one } = opened();
    store.loaded = FAILURE;
    await ask(one);
    expect(one.snapshots()).toMatchObject([{ version: null, good: null, failed: true }]);
  });
});

describe('a worker process that has exited', () => {
  test('while its request was waiting gets no message', async () => {
    const { store, bucket, cache, server, ask, one } = opened();
    const asking = ask(one);
    server.leave(one.send);
    await asking;
    store.loaded = rulesFor('https://b.example');
    await cache.refresh(bucket);
    expect(one.received).toEqual([]);
  });

  test('before its request is read gets no message, and causes no load', async () => {
    const { store, ask, server, one } = opened();
    server.leave(one.send);
    await ask(one);
    expect([store.loads, one.received]).toEqual([0, []]);
  });
});

describe('a bucket that is removed while a first request waits for its rules', () => {
  test('still gets the rules of that load, and no later ones', async () => {
    const { bucket, cache, server, ask, one } = opened();
    const asking = ask(one);
    server.serve([]);
    cache.forget(bucket);
    await asking;
    expect(one.snapshots()).toMatchObject([{ good: { outcome: 'rules' }, failed: false }]);
    server.changed(bucket);
    expect(one.received).toHaveLength(1);
  });
});

test('snapshots are numbered in their order', async () => {
  const { store, bucket, cache, ask, one } = opened();
  await ask(one);
  store.loaded = rulesFor('https://b.example');
  await cache.refresh(bucket);
  const [first, second] = one.snapshots().map((snapshot) => snapshot?.number ?? 0);
  expect(second).toBeGreaterThan(first ?? 0);
});

describe('a change of the rules', () => {
  test('is sent to every worker process that has requested them, and to no other', async () => {
    const { store, bucket, cache, server, ask, one, other } = opened();
    const never = worker();
    await Promise.all([ask(one), ask(other)]);
    await server.join(never.send, []);
    store.loaded = rulesFor('https://b.example');
    await cache.refresh(bucket);
    for (const { snapshots } of [one, other]) {
      expect(snapshots().at(-1)?.good?.ruleSet.rules[0]?.allowedOrigins).toEqual(['https://b.example']);
    }
    expect(never.received).toEqual([]);
  });

  test('to a failed load is sent without the rule set', async () => {
    const { store, bucket, cache, ask, one } = opened();
    await ask(one);
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    expect(one.snapshots().at(-1)).toMatchObject({
      version: one.snapshots()[0]?.version,
      good: null,
      failed: true,
    });
  });

  test('is not sent to a worker process that has exited', async () => {
    const { store, bucket, cache, server, ask, one } = opened();
    await ask(one);
    server.leave(one.send);
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    expect(one.received).toHaveLength(1);
  });

  test('by a client of one worker process makes the others wait, and reaches all of them', async () => {
    const { store, ask, one, other } = opened();
    await Promise.all([ask(one), ask(other)]);
    store.loaded = rulesFor('https://b.example');
    await ask(one, { version: one.snapshots()[0]?.version ?? null, renew: true });
    expect(store.loads).toBe(2);
    expect(other.received.slice(1).map(({ kind }) => kind)).toEqual(['renewing', 'rules']);
    expect(one.received.some(({ kind }) => kind === 'renewing')).toBe(false);
    expect(one.snapshots().at(-1)?.version).toBe(other.snapshots().at(-1)?.version);
    expect(one.snapshots().at(-1)?.version).not.toBe(one.snapshots()[0]?.version);
  });
});

test('a new worker process gets what is known of the preloaded buckets', async () => {
  const { bucket, cache, server, one, other } = opened();
  await server.join(one.send, [bucket]);
  expect(one.received).toEqual([]);
  await cache.current(bucket);
  await server.join(other.send, [bucket]);
  expect(other.snapshots()).toMatchObject([{ key: 'b', good: { outcome: 'rules' } }]);
});

describe('a change of the rules by a client', () => {
  test('is announced also to a worker process that awaits its first reply, whose load began before', async () => {
    const { ask, one, other } = opened();
    const first = ask(other);
    const renewal = ask(one, { renew: true });
    expect(other.received).toEqual([{ kind: 'renewing', key: 'b' }]);
    await Promise.all([first, renewal]);
    expect(one.received.map(({ kind }) => kind)).toEqual(['rulesReply']);
  });
});
