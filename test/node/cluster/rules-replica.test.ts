import { describe, expect, test } from 'vitest';
import type { BucketTold, RulesTold } from '../../../src/node/cluster/messages.ts';
import { createMirror } from '../../../src/node/cluster/rules-replica.ts';
import { behaviour, rule } from '../../helpers/rules.ts';

const BUCKET: BucketTold = {
  key: 'b-1',
  behaviour: behaviour('oss'),
  route: { name: 'b', address: { base: 'http://b.example', host: 'b.example', path: '' } },
};

const told = (version: string, about: Partial<RulesTold> = {}): RulesTold => ({
  key: BUCKET.key,
  version,
  number: 1,
  good: { outcome: 'rules', ruleSet: { rules: [rule()], responseVary: false } },
  age: 0,
  due: 60_000,
  failed: false,
  ...about,
});

interface Question {
  readonly version: string | null;
  readonly renew: boolean;
  answer(told: RulesTold | null): void;
}

/** A mirror whose primary is the test, at a time that the test sets. */
function mirrored(maxStale = 0) {
  const questions: Question[] = [];
  const clock = { now: 1_000_000 };
  const mirror = createMirror({
    maxStale,
    now: () => clock.now,
    ask: (_key, version, renew) =>
      new Promise((resolve) => {
        const answer = (told: RulesTold | null): void => {
          if (told !== null) mirror.take(told);
          resolve(told !== null);
        };
        questions.push({ version, renew, answer });
      }),
  });
  const background: Promise<unknown>[] = [];
  const current = () => mirror.current(BUCKET, (work) => background.push(work));
  const version = async () => (await current()).version;
  return { mirror, questions, clock, background, current, version };
}

describe('a worker asks the primary', () => {
  test('once for all requests that wait for first rules', async () => {
    const { questions, version } = mirrored();
    const waiting = [version(), version(), version()];
    expect(questions).toMatchObject([{ version: null, renew: false }]);
    questions[0]?.answer(told('v1'));
    expect(await Promise.all(waiting)).toEqual(['v1', 'v1', 'v1']);
  });

  test('and nobody waits once rules are known: they are asked about when they are due', async () => {
    const { mirror, questions, clock, background, current } = mirrored();
    mirror.take(told('v1'));
    clock.now = 1_059_999;
    expect(current()).toMatchObject({ version: 'v1' });
    expect(questions).toEqual([]);
    clock.now = 1_060_000;
    expect(current()).toMatchObject({ version: 'v1' });
    expect(current()).toMatchObject({ version: 'v1' });
    expect(questions).toMatchObject([{ version: 'v1', renew: false }]);
    expect(background).toHaveLength(1);
  });

  test('not more than once a second, though the primary has nothing newer', async () => {
    const { mirror, questions, clock, background, current } = mirrored();
    mirror.take(told('v1'));
    clock.now = 1_070_000;
    current();
    questions[0]?.answer(told('v1', { good: null, due: 0 }));
    await Promise.all(background);
    clock.now += 999;
    current();
    expect(questions).toHaveLength(1);
    clock.now += 1;
    current();
    expect(questions).toHaveLength(2);
  });

  test('and without an answer there are no rules, which is no "no"; later requests ask again and do not wait', async () => {
    const { questions, clock, current } = mirrored();
    const first = current();
    questions[0]?.answer(null);
    const unknown = await first;
    expect(unknown).toMatchObject({ version: null, rules: { state: 'unavailable' } });
    expect(current()).not.toBeInstanceOf(Promise);
    clock.now += 1_000;
    expect(current()).not.toBeInstanceOf(Promise);
    expect(questions).toHaveLength(2);
  });

  test('and without an answer keeps what it knows', async () => {
    const { mirror, questions, clock, background, current } = mirrored();
    mirror.take(told('v1'));
    clock.now = 1_060_000;
    current();
    questions[0]?.answer(null);
    await Promise.all(background);
    expect(current()).toMatchObject({ version: 'v1' });
  });

  test('for the whole of a version that it has let go of', async () => {
    const { mirror, questions, current, version } = mirrored();
    mirror.take(told('v2', { good: null }));
    const waiting = version();
    expect(questions).toMatchObject([{ version: null }]);
    questions[0]?.answer(told('v2'));
    expect(await waiting).toBe('v2');
    expect(current()).toMatchObject({ version: 'v2' });
  });

  test('again for the whole where the answer is about a version that it never had, and requests wait for that', async () => {
    const { questions, version } = mirrored();
    const waiting = version();
    questions[0]?.answer(told('v1', { good: null }));
    await Promise.resolve();
    expect(questions).toMatchObject([{ version: null }, { version: null }]);
    questions[1]?.answer(told('v1'));
    expect(await waiting).toBe('v1');
  });

  test('and takes an answer that is late', async () => {
    const { mirror, questions, current } = mirrored();
    const first = current();
    questions[0]?.answer(null);
    await first;
    mirror.take(told('v1'));
    expect(current()).toMatchObject({ version: 'v1' });
  });

  test('and waits on where even the primary knows nothing yet', async () => {
    const { mirror, questions, version } = mirrored();
    mirror.take(told('v1', { version: null, good: null }));
    const waiting = version();
    questions[0]?.answer(told('v1'));
    expect(await waiting).toBe('v1');
  });
});

describe('what the primary tells', () => {
  test('beside an answer counts by the order in which it was told, not in which requests go on', async () => {
    const { mirror, questions, version } = mirrored();
    const waiting = version();
    questions[0]?.answer(told('v1', { number: 1 }));
    mirror.take(told('v2', { number: 2 }));
    expect(await waiting).toBe('v2');
    mirror.take(told('v1', { number: 1 }));
    expect(await version()).toBe('v2');
  });

  test('is in force from the next request on', () => {
    const { mirror, current } = mirrored();
    mirror.take(told('v1'));
    const before = current();
    expect(current()).toBe(before);
    mirror.take(told('v2'));
    expect(current()).toMatchObject({ version: 'v2' });
  });

  test.each([
    ['no rules', 'none' as const, 'known'],
    ['no bucket', 'missing' as const, 'missing'],
  ])('that there is %s, is an answer', (_, outcome, state) => {
    const { mirror, current } = mirrored();
    mirror.take(told('v1', { good: { outcome, ruleSet: { rules: [], responseVary: false } } }));
    expect(current()).toMatchObject({ version: 'v1', rules: { state } });
  });

  test('a failed load leaves the last good rules in force until they are too old', () => {
    const { mirror, clock, current } = mirrored(100_000);
    mirror.take(told('v1'));
    mirror.take(told('v1', { good: null, failed: true }));
    clock.now = 1_100_000;
    expect(current()).toMatchObject({ version: 'v1' });
    clock.now += 1;
    expect(current()).toMatchObject({ version: null, rules: { state: 'unavailable' } });
  });

  test('rules that were old when they were sent are given up so much sooner', () => {
    const { mirror, clock, current } = mirrored(100_000);
    mirror.take(told('v1', { age: 99_000, failed: true }));
    clock.now += 1_000;
    expect(current()).toMatchObject({ version: 'v1' });
    clock.now += 1;
    expect(current()).toMatchObject({ version: null, rules: { state: 'unavailable' } });
  });

  test('rules too old for want of requests alone are waited for', async () => {
    const { mirror, questions, clock, version } = mirrored(100_000);
    mirror.take(told('v1'));
    clock.now = 1_100_001;
    const waiting = version();
    questions[0]?.answer(told('v1', { good: null, age: 0 }));
    expect(await waiting).toBe('v1');
  });

  test('a bucket that is served no more is forgotten', () => {
    const { mirror, questions, current } = mirrored();
    mirror.take(told('v1'));
    mirror.keep(new Set());
    void current();
    expect(questions).toHaveLength(1);
  });
});

describe('a change that a client was told of', () => {
  test('is waited for by the requests after it', async () => {
    const { mirror, questions, version } = mirrored();
    mirror.take(told('v1'));
    void mirror.renew(BUCKET);
    const waiting = version();
    expect(questions).toMatchObject([{ renew: true }]);
    questions[0]?.answer(told('v2'));
    expect(await waiting).toBe('v2');
  });

  test('is waited for at the other workers too', async () => {
    const { mirror, questions, version } = mirrored();
    mirror.take(told('v1'));
    mirror.renewing(BUCKET.key);
    const waiting = version();
    questions[0]?.answer(told('v2'));
    expect(await waiting).toBe('v2');
  });

  test('is none of a worker’s that nobody has asked for the bucket', () => {
    const { mirror, questions } = mirrored();
    mirror.renewing(BUCKET.key);
    expect(questions).toEqual([]);
  });
});
