import { describe, expect, test } from 'vitest';
import type { RefusalGroup, WaitingGroup } from '../../src/admin/api.ts';
import { createCures } from '../../src/admin/cures.ts';
import { createFeed } from '../../src/admin/feed.ts';
import { createStreams, type Sent } from '../../src/admin/streams.ts';
import type { RuleSet } from '../../src/cors/rule.ts';
import type { RulesStatus } from '../../src/rules/record.ts';
import { createRefusals, type Refusal } from '../../src/rules/refusals.ts';
import { behaviour, rule } from '../helpers/rules.ts';

const refusal = (about: Partial<Refusal> = {}): Refusal => ({
  bucket: 'media',
  kind: 'preflight',
  origin: 'https://a.example',
  method: 'PUT',
  headers: null,
  reason: 'origin_not_allowed',
  path: '/one',
  ...about,
});

const statusOf = (ruleSet: RuleSet, version: string): RulesStatus => ({
  state: 'fresh',
  lastGood: { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt: 1 },
  findings: [],
  failure: null,
  loads: { changed: 0, unchanged: 0, failed: 0 },
  age: 0,
  due: 0,
});

const B_ONLY: RuleSet = { rules: [rule({ allowedOrigins: ['https://b.example'] })], responseVary: false };
const A_TOO: RuleSet = {
  rules: [rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['PUT'] })],
  responseVary: false,
};

/** A feed by a clock that a look at it moves on by `step` milliseconds, with one client. */
function feeding(step = 0) {
  const refusals = createRefusals();
  const streams = createStreams();
  let clock = 0;
  let status: RulesStatus | null = statusOf(B_ONLY, 'one');
  const sent: Sent[] = [];
  const waited: (readonly WaitingGroup[])[] = [];
  const feed = createFeed({
    streams: {
      ...streams,
      count: () => 1,
      send: (one) => void (one.event === 'waiting' ? waited.push(one.data) : sent.push(one)),
    },
    refusals,
    cures: createCures(),
    rulesOf: () => status && { behaviour: behaviour('oss'), status },
    now: () => {
      clock += step;
      return clock;
    },
  });
  return {
    refusals,
    feed,
    pass: (milliseconds: number) => {
      clock += milliseconds;
    },
    use: (next: RulesStatus | null) => {
      status = next;
    },
    /** What was sent of groups that follow, since the last call. */
    waits: () => waited.splice(0),
    /** The groups that were sent since the last call. */
    groups: (): readonly RefusalGroup[] =>
      sent.splice(0).flatMap(({ event, data }) => (event === 'refusal' ? [data] : [])),
  };
}

describe('the feed of refusals', () => {
  test('sends a group that is new or was counted on, and no other', () => {
    const { refusals, feed, groups } = feeding();
    refusals.count(refusal());
    refusals.count(refusal({ origin: 'https://c.example' }));
    feed.tick();
    expect(groups().map(({ origin, count }) => [origin, count])).toEqual([
      ['https://c.example', 1],
      ['https://a.example', 1],
    ]);
    feed.tick();
    expect(groups()).toEqual([]);
    refusals.count(refusal());
    feed.tick();
    expect(groups()).toMatchObject([{ origin: 'https://a.example', count: 2 }]);
  });

  test('explains the groups of a bucket again when its rules change', () => {
    const { refusals, feed, groups, use } = feeding();
    refusals.count(refusal());
    feed.tick();
    expect(groups()).toMatchObject([{ cure: { sentence: 'Add a rule that lets https://a.example PUT.' } }]);
    use(statusOf(A_TOO, 'two'));
    feed.changed('media');
    feed.tick();
    expect(groups()).toEqual([
      expect.objectContaining({
        cure: null,
        because: expect.stringMatching(/^The rules have changed since\. /),
      }),
    ]);
    use(null);
    feed.changed('media');
    feed.tick();
    expect(groups()).toMatchObject([{ cure: null, because: 'The bucket is no longer served here.' }]);
  });

  test('has no cure while the rules are unknown', () => {
    const { refusals, feed, use, groups } = feeding();
    use({ ...statusOf(B_ONLY, 'one'), state: 'unavailable' });
    refusals.count(refusal({ reason: 'rules_unavailable' }));
    feed.tick();
    expect(groups()).toMatchObject([{ cure: null, reason: 'rules_unavailable' }]);
  });

  test('says that a page with cookies lacks Allow-Credentials', () => {
    const { refusals, feed, use, groups } = feeding();
    use(statusOf(A_TOO, 'two'));
    refusals.count(refusal({ kind: 'actual', reason: 'credentials_not_allowed' }));
    feed.tick();
    const because = expect.stringMatching(
      /has no Access-Control-Allow-Credentials, .*start the edge with --dangerously-allow-credentials\.$/,
    );
    expect(groups()).toEqual([expect.objectContaining({ because, cure: null })]);
  });

  test('explains some groups at a time, and rests after a long turn', () => {
    const { refusals, feed, groups, waits, pass } = feeding(20);
    for (let at = 0; at < 5; at += 1) refusals.count(refusal({ origin: `https://${at}.example` }));
    const first: Sent[] = [];
    feed.begin((one) => first.push(one));
    const begun = first.flatMap(({ event, data }) => (event === 'refusals' ? data : []));
    expect(begun.length).toBe(2);
    const waiting = first.flatMap(({ event, data }) => (event === 'waiting' ? data : []));
    expect(new Set([...begun, ...waiting].map(({ id }) => id)).size).toBe(5);
    expect(first[0]?.event).toBe('waiting');
    feed.tick();
    expect(groups()).toEqual([]);
    const seen = new Set(begun.map(({ origin }) => origin));
    for (let turn = 0; turn < 3; turn += 1) {
      pass(2_000);
      feed.tick();
      for (const { origin } of groups()) seen.add(origin);
    }
    expect(seen.size).toBe(5);
    pass(2_000);
    feed.tick();
    expect(waits().at(-1)).toEqual([]);
    feed.tick();
    expect(waits()).toEqual([]);
  });
});
