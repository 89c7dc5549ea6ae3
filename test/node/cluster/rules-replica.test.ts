import { describe, expect, test } from 'vitest';
import type { ReplicatedBucket, RulesSnapshot } from '../../../src/node/cluster/messages.ts';
import { createRulesReplica } from '../../../src/node/cluster/rules-replica.ts';
import { PASSING } from '../../helpers/access.ts';
import { behaviour, rule } from '../../helpers/rules.ts';

const BUCKET: ReplicatedBucket = {
  key: 'b-1',
  behaviour: behaviour('oss'),
  access: PASSING,
  route: { name: 'b', address: { base: 'http://b.example', host: 'b.example', path: '' } },
};

const snapshot = (version: string, about: Partial<RulesSnapshot> = {}): RulesSnapshot => ({
  key: BUCKET.key,
  version,
  number: 1,
  good: { outcome: 'rules', ruleSet: { rules: [rule()], responseVary: false } },
  age: 0,
  due: 60_000,
  failed: false,
  ...about,
});

interface RulesRequest {
  readonly version: string | null;
  readonly renew: boolean;
  reply(snapshot: RulesSnapshot | null): void;
}

/** A replica whose primary and clock are the test's. */
function replicated(maxStale = 0) {
  const requests: RulesRequest[] = [];
  const clock = { now: 1_000_000 };
  const replica = createRulesReplica({
    maxStale,
    now: () => clock.now,
    request: (_key, version, renew) =>
      new Promise((resolve) => {
        const reply = (snapshot: RulesSnapshot | null): void => {
          if (snapshot !== null) replica.apply(snapshot);
          resolve(snapshot !== null);
        };
        requests.push({ version, renew, reply });
      }),
  });
  const background: Promise<unknown>[] = [];
  const current = () => replica.current(BUCKET, (work) => background.push(work));
  const version = async () => (await current()).version;
  return { replica, requests, clock, background, current, version };
}

describe('a worker process requests rules from the primary', () => {
  test('once for all requests that wait for first rules', async () => {
    const { requests, version } = replicated();
    const waiting = [version(), version(), version()];
    expect(requests).toMatchObject([{ version: null, renew: false }]);
    requests[0]?.reply(snapshot('v1'));
    expect(await Promise.all(waiting)).toEqual(['v1', 'v1', 'v1']);
  });

  test('in the background when known rules are due: no client waits', async () => {
    const { replica, requests, clock, background, current } = replicated();
    replica.apply(snapshot('v1'));
    clock.now = 1_059_999;
    expect(current()).toMatchObject({ version: 'v1' });
    expect(requests).toEqual([]);
    clock.now = 1_060_000;
    expect(current()).toMatchObject({ version: 'v1' });
    expect(current()).toMatchObject({ version: 'v1' });
    expect(requests).toMatchObject([{ version: 'v1', renew: false }]);
    expect(background).toHaveLength(1);
  });

  test('at most once a second, even if the primary has nothing newer', async () => {
    const { replica, requests, clock, background, current } = replicated();
    replica.apply(snapshot('v1'));
    clock.now = 1_070_000;
    current();
    requests[0]?.reply(snapshot('v1', { good: null, due: 0 }));
    await Promise.all(background);
    clock.now += 999;
    current();
    expect(requests).toHaveLength(1);
    clock.now += 1;
    current();
    expect(requests).toHaveLength(2);
  });

  test('and without a reply the rules are unavailable; later clients do not wait, and it asks again', async () => {
    const { requests, clock, current } = replicated();
    const first = current();
    requests[0]?.reply(null);
    const unknown = await first;
    expect(unknown).toMatchObject({ version: null, rules: { state: 'unavailable' } });
    expect(current()).not.toBeInstanceOf(Promise);
    clock.now += 1_000;
    expect(current()).not.toBeInstanceOf(Promise);
    expect(requests).toHaveLength(2);
  });

  test('and without a reply the rules that it has stay in force', async () => {
    const { replica, requests, clock, background, current } = replicated();
    replica.apply(snapshot('v1'));
    clock.now = 1_060_000;
    current();
    requests[0]?.reply(null);
    await Promise.all(background);
    expect(current()).toMatchObject({ version: 'v1' });
  });

  test('with the rule set of a version that it has evicted', async () => {
    const { replica, requests, current, version } = replicated();
    replica.apply(snapshot('v2', { good: null }));
    const waiting = version();
    expect(requests).toMatchObject([{ version: null }]);
    requests[0]?.reply(snapshot('v2'));
    expect(await waiting).toBe('v2');
    expect(current()).toMatchObject({ version: 'v2' });
  });

  test('again if the reply omits the rule set of a version that it does not have; clients wait for that', async () => {
    const { requests, version } = replicated();
    const waiting = version();
    requests[0]?.reply(snapshot('v1', { good: null }));
    await Promise.resolve();
    expect(requests).toMatchObject([{ version: null }, { version: null }]);
    requests[1]?.reply(snapshot('v1'));
    expect(await waiting).toBe('v1');
  });

  test('and applies a reply that arrives after the timeout', async () => {
    const { replica, requests, current } = replicated();
    const first = current();
    requests[0]?.reply(null);
    await first;
    replica.apply(snapshot('v1'));
    expect(current()).toMatchObject({ version: 'v1' });
  });

  test('and waits while the primary has no rules either', async () => {
    const { replica, requests, version } = replicated();
    replica.apply(snapshot('v1', { version: null, good: null }));
    const waiting = version();
    requests[0]?.reply(snapshot('v1'));
    expect(await waiting).toBe('v1');
  });
});

describe('a snapshot from the primary', () => {
  test('is ignored if it is older than the last one, whatever the order of the replies', async () => {
    const { replica, requests, version } = replicated();
    const waiting = version();
    requests[0]?.reply(snapshot('v1', { number: 1 }));
    replica.apply(snapshot('v2', { number: 2 }));
    expect(await waiting).toBe('v2');
    replica.apply(snapshot('v1', { number: 1 }));
    expect(await version()).toBe('v2');
  });

  test('is in force from the next request on', () => {
    const { replica, current } = replicated();
    replica.apply(snapshot('v1'));
    const before = current();
    expect(current()).toBe(before);
    replica.apply(snapshot('v2'));
    expect(current()).toMatchObject({ version: 'v2' });
  });

  test.each([
    ['no rules', 'none' as const, 'known'],
    ['no bucket', 'missing' as const, 'missing'],
  ])('that says %s is in force like rules', (_, outcome, state) => {
    const { replica, current } = replicated();
    replica.apply(snapshot('v1', { good: { outcome, ruleSet: { rules: [], responseVary: false } } }));
    expect(current()).toMatchObject({ version: 'v1', rules: { state } });
  });

  test('of a failed load leaves the last good rules in force until they are too old', () => {
    const { replica, clock, current } = replicated(100_000);
    replica.apply(snapshot('v1'));
    replica.apply(snapshot('v1', { good: null, failed: true }));
    clock.now = 1_100_000;
    expect(current()).toMatchObject({ version: 'v1' });
    clock.now += 1;
    expect(current()).toMatchObject({ version: null, rules: { state: 'unavailable' } });
  });

  test('counts the age that its rules had in the primary', () => {
    const { replica, clock, current } = replicated(100_000);
    replica.apply(snapshot('v1', { age: 99_000, failed: true }));
    clock.now += 1_000;
    expect(current()).toMatchObject({ version: 'v1' });
    clock.now += 1;
    expect(current()).toMatchObject({ version: null, rules: { state: 'unavailable' } });
  });

  test('is waited for if the rules are too old only because no request has come', async () => {
    const { replica, requests, clock, version } = replicated(100_000);
    replica.apply(snapshot('v1'));
    clock.now = 1_100_001;
    const waiting = version();
    requests[0]?.reply(snapshot('v1', { good: null, age: 0 }));
    expect(await waiting).toBe('v1');
  });

  test('is waited for after an idle time also if the last load failed', async () => {
    const { replica, requests, clock, version } = replicated(100_000);
    replica.apply(snapshot('v1', { failed: true, due: 1_000 }));
    clock.now = 1_100_001;
    const waiting = version();
    requests[0]?.reply(snapshot('v1', { good: null, age: 0 }));
    expect(await waiting).toBe('v1');
  });

  test('is deleted with its bucket', () => {
    const { replica, requests, current } = replicated();
    replica.apply(snapshot('v1'));
    replica.retain((key) => new Set<string>().has(key));
    void current();
    expect(requests).toHaveLength(1);
  });
});

describe('a change of the rules by a client', () => {
  test('makes the requests after it wait for the new rules', async () => {
    const { replica, requests, version } = replicated();
    replica.apply(snapshot('v1'));
    void replica.renew(BUCKET);
    const waiting = version();
    expect(requests).toMatchObject([{ renew: true }]);
    requests[0]?.reply(snapshot('v2'));
    expect(await waiting).toBe('v2');
  });

  test('makes the requests at other worker processes wait too', async () => {
    const { replica, requests, version } = replicated();
    replica.apply(snapshot('v1'));
    replica.renewing(BUCKET.key);
    const waiting = version();
    requests[0]?.reply(snapshot('v2'));
    expect(await waiting).toBe('v2');
  });

  test('makes the requests after it wait also while an earlier first request waits', async () => {
    const { replica, requests, version } = replicated();
    const early = version();
    replica.renewing(BUCKET.key);
    const waiting = version();
    requests[0]?.reply(snapshot('v1'));
    expect(await early).toBe('v1');
    requests[1]?.reply(snapshot('v2', { number: 2 }));
    expect(await waiting).toBe('v2');
  });

  test('is ignored by a worker process that has not requested the bucket’s rules', () => {
    const { replica, requests } = replicated();
    replica.renewing(BUCKET.key);
    expect(requests).toEqual([]);
  });
});
