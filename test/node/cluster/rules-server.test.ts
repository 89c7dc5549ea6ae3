import { describe, expect, test } from 'vitest';
import type { RulesTold, ToWorker } from '../../../src/node/cluster/messages.ts';
import { createDesk, type Tell } from '../../../src/node/cluster/rules-server.ts';
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
  readonly tell: Tell;
  readonly told: ToWorker[];
  /** Rules it was told, by itself or as answers. */
  rules(): (RulesTold | null)[];
}

function worker(): Worker {
  const told: ToWorker[] = [];
  return {
    told,
    tell: (message) => void told.push(message),
    rules: () =>
      told.flatMap((message) =>
        message.kind === 'rules' || message.kind === 'answer' ? [message.told] : [],
      ),
  };
}

/** A desk over a real cache, whose source is the test. */
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
    onChange: (changed) => desk.changed(changed),
  });
  const desk = createDesk({ cache });
  desk.serve([bucket]);
  const ask = ({ tell }: Worker, about: { version?: string | null; renew?: boolean; key?: string } = {}) =>
    desk.ask(tell, { kind: 'ask', id: 7, key: 'b', version: null, renew: false, ...about });
  const [one, other] = [worker(), worker()];
  for (const { tell } of [one, other]) void desk.join(tell, []);
  return { store, clock, bucket, cache, desk, ask, one, other };
}

describe('a worker that asks', () => {
  test('has the rules loaded once, and is given them with their version', async () => {
    const { store, ask, one, other } = opened();
    await Promise.all([ask(one), ask(other)]);
    expect(store.loads).toBe(1);
    for (const { told } of [one, other]) {
      expect(told).toMatchObject([
        { kind: 'answer', id: 7, told: { good: { outcome: 'rules' }, failed: false } },
      ]);
    }
  });

  test('and has that version is told so in short', async () => {
    const { ask, one } = opened();
    await ask(one);
    const version = one.rules()[0]?.version ?? null;
    await ask(one, { version });
    expect(one.rules()[1]).toMatchObject({ version, good: null, failed: false });
  });

  test('and has let go of it is told the whole again', async () => {
    const { ask, one } = opened();
    await ask(one);
    await ask(one);
    expect(one.rules()[1]?.good).toMatchObject({ outcome: 'rules' });
  });

  test('for a bucket that is served no more is told nothing', async () => {
    const { ask, one } = opened();
    await ask(one, { key: 'gone' });
    expect(one.told).toEqual([{ kind: 'answer', id: 7, told: null }]);
  });

  test('is given spans of time, since its clock is another', async () => {
    const { store, clock, bucket, cache, ask, one } = opened();
    await ask(one);
    const [first] = one.rules();
    expect(first?.age).toBe(0);
    expect(first?.due).toBeGreaterThan(54_000);
    expect(first?.due).toBeLessThan(67_000);
    clock.now = 10_000;
    await ask(one);
    expect(one.rules()[1]).toMatchObject({ age: 10_000, due: (first?.due ?? 0) - 10_000 });
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    // The pause after the first failure, though the rules are 10 seconds old.
    expect(one.rules()[2]).toMatchObject({ age: 10_000, failed: true });
    expect(one.rules()[2]?.due).toBeLessThan(1_200);
  });

  test('where nothing could be loaded is told that, not that there are no rules', async () => {
    const { store, ask, one } = opened();
    store.loaded = FAILURE;
    await ask(one);
    expect(one.rules()).toMatchObject([{ version: null, good: null, failed: true }]);
  });
});

describe('a worker that has ended', () => {
  test('while its question was waiting is told of nothing', async () => {
    const { store, bucket, cache, desk, ask, one } = opened();
    const asking = ask(one);
    desk.leave(one.tell);
    await asking;
    store.loaded = rulesFor('https://b.example');
    await cache.refresh(bucket);
    expect(one.told).toEqual([]);
  });

  test('before its question is read is told of nothing either', async () => {
    const { store, ask, desk, one } = opened();
    desk.leave(one.tell);
    await ask(one);
    expect([store.loads, one.told]).toEqual([0, []]);
  });
});

describe('a bucket that is served no more while a first request waits for its rules', () => {
  test('still has the rules that were on their way, and nobody is told of later ones', async () => {
    const { bucket, cache, desk, ask, one } = opened();
    const asking = ask(one);
    desk.serve([]);
    cache.forget(bucket);
    await asking;
    expect(one.rules()).toMatchObject([{ good: { outcome: 'rules' }, failed: false }]);
    desk.changed(bucket);
    expect(one.told).toHaveLength(1);
  });
});

test('all that is told is numbered, so that the later is known from the earlier', async () => {
  const { store, bucket, cache, ask, one } = opened();
  await ask(one);
  store.loaded = rulesFor('https://b.example');
  await cache.refresh(bucket);
  const [first, second] = one.rules().map((told) => told?.number ?? 0);
  expect(second).toBeGreaterThan(first ?? 0);
});

describe('what has changed', () => {
  test('is told to every worker that has asked, and to no other', async () => {
    const { store, bucket, cache, desk, ask, one, other } = opened();
    const never = worker();
    await Promise.all([ask(one), ask(other)]);
    await desk.join(never.tell, []);
    store.loaded = rulesFor('https://b.example');
    await cache.refresh(bucket);
    for (const { rules } of [one, other]) {
      expect(rules().at(-1)?.good?.ruleSet.rules[0]?.allowedOrigins).toEqual(['https://b.example']);
    }
    expect(never.told).toEqual([]);
  });

  test('is told without the rules where only a load has failed', async () => {
    const { store, bucket, cache, ask, one } = opened();
    await ask(one);
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    expect(one.rules().at(-1)).toMatchObject({ version: one.rules()[0]?.version, good: null, failed: true });
  });

  test('is told to a worker that has ended no more', async () => {
    const { store, bucket, cache, desk, ask, one } = opened();
    await ask(one);
    desk.leave(one.tell);
    store.loaded = FAILURE;
    await cache.refresh(bucket);
    expect(one.told).toHaveLength(1);
  });

  test('by a client of one worker has the others wait, and all have it in the end', async () => {
    const { store, ask, one, other } = opened();
    await Promise.all([ask(one), ask(other)]);
    store.loaded = rulesFor('https://b.example');
    await ask(one, { version: one.rules()[0]?.version ?? null, renew: true });
    expect(store.loads).toBe(2);
    expect(other.told.slice(1).map(({ kind }) => kind)).toEqual(['renewing', 'rules']);
    expect(one.told.some(({ kind }) => kind === 'renewing')).toBe(false);
    expect(one.rules().at(-1)?.version).toBe(other.rules().at(-1)?.version);
    expect(one.rules().at(-1)?.version).not.toBe(one.rules()[0]?.version);
  });
});

test('a new worker is given what is known of the buckets that are loaded at the start', async () => {
  const { bucket, cache, desk, one, other } = opened();
  await desk.join(one.tell, [bucket]);
  expect(one.told).toEqual([]);
  await cache.current(bucket);
  await desk.join(other.tell, [bucket]);
  expect(other.rules()).toMatchObject([{ key: 'b', good: { outcome: 'rules' } }]);
});
