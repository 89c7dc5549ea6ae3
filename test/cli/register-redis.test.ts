import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { skipped, useServer, WITH_SERVER } from '../node/keep/_redis-server.ts';
import { admin, allows, type Edge, edges, linesWith } from './_edges.ts';
import { PATIENCE } from './_process.ts';
import { askForRules, KEYS_ENV, keepIn, originsAt, putRules } from './_rules-client.ts';

const all = edges();
const A = 'https://a.example';
const B = 'https://b.example';
const C = 'https://c.example';

/** Milliseconds within which rules are in force on all instances. */
const WITHIN = 1_000;
/** Milliseconds that an edge may run. */
const LIMIT_MS = 60_000;

describe.skipIf(skipped)(`--management keep with --redis, ${WITH_SERVER}`, () => {
  const redis = useServer();

  /** Edges that ask for no rules by themselves within an hour. */
  const serve = (bucketUrl: string, ...args: string[]): Promise<Edge> =>
    all.serveWith(
      { env: KEYS_ENV, limit: LIMIT_MS },
      ...keepIn(bucketUrl),
      ...['--redis', redis.url(), '--rules-ttl', '1h'],
      ...args,
    );

  async function two(...args: string[]) {
    await redis.start();
    const store = await all.store('https://bucket.example');
    const [first, second] = [await serve(store.url, ...args), await serve(store.url, ...args)];
    await putRules(first, A);
    await until('the rules are in force on the second', () => allows(second, A), PATIENCE);
    return { store, first, second };
  }

  test.each<[string, string[]]>([
    ['one process', []],
    ['worker processes', ['--workers', '2']],
  ])(
    'has rules in force on all instances within a second, also of %s, in both directions',
    async (_, args) => {
      const { first, second } = await two(...args);
      for (const [writer, reader, origin] of [
        [first, second, B],
        [second, first, C],
        [first, second, A],
      ] as const) {
        await putRules(writer, origin);
        expect(await allows(writer, origin)).toBe(true);
        await until('the other instance has them', () => allows(reader, origin), WITHIN);
        expect(await originsAt(reader)).toEqual([origin]);
      }
      expect((await askForRules(second.url, { method: 'DELETE' })).status).toBe(204);
      await until('they are deleted everywhere', async () => !(await allows(first, A)), WITHIN);
      expect(await originsAt(first)).toBeNull();
    },
  );

  test('has one of two writes at once in force everywhere, whichever instances they go through', async () => {
    const { first, second } = await two();
    for (let round = 0; round < 10; round += 1) {
      const origins = [`https://r${round}-one.example`, A];
      await Promise.all([
        putRules(first, origins[round % 2] ?? ''),
        putRules(second, origins[1 - (round % 2)] ?? ''),
      ]);
      const [winner = ''] = (await originsAt(first)) ?? [];
      expect(origins).toContain(winner);
      expect(await originsAt(second)).toEqual([winner]);
      for (const edge of [first, second])
        await until(`round ${round}: the last write is in force`, () => allows(edge, winner), WITHIN);
      const loser = origins.find((origin) => origin !== winner) ?? '';
      expect([await allows(first, loser), await allows(second, loser)]).toEqual([false, false]);
    }
  });

  test('does not let an instance that was stopped during a write bring older rules back', async () => {
    const { first, second, store } = await two('--state-dir', all.at('state-two'));
    second.child.kill('SIGSTOP');
    await putRules(first, B);
    await putRules(first, C);
    second.child.kill('SIGCONT');
    await until('the second has them', () => allows(second, C), WITHIN);
    for (const edge of [first, second]) {
      await admin(edge, '/refresh', 'POST');
      expect([await allows(edge, C), await originsAt(edge)]).toEqual([true, [C]]);
    }
    const third = await serve(store.url, '--state-dir', all.at('state-three'));
    expect(await allows(third, C)).toBe(true);
  });

  test('does not let a restarted instance, whose state directory is older, bring older rules back', async () => {
    const { first, second, store } = await two('--state-dir', all.at('state-two'));
    second.child.kill('SIGKILL');
    await second.code;
    first.child.kill('SIGKILL');
    await first.code;
    // Another instance without that folder writes meanwhile.
    const other = await serve(store.url);
    await putRules(other, B);
    const late = await serve(store.url, '--state-dir', all.at('state-two'));
    expect([await allows(late, B), await allows(late, A)]).toEqual([true, false]);
    expect([await allows(other, B), await originsAt(other)]).toEqual([true, [B]]);
  });

  test('refuses writes while Redis is away, serves the rules in force, and catches up when it is back', async () => {
    const { first, second } = await two();
    const [key] = (await redis.stranger('KEYS', 'bucket-cors:register:*')) as string[];
    const stored = String(await redis.stranger('GET', key ?? ''));
    await redis.stop();
    const { status, text } = await askForRules(first.url, { method: 'DELETE' });
    expect([status, text]).toEqual([503, expect.stringContaining('<Code>ServiceUnavailable</Code>')]);
    expect([await allows(first, A), await allows(second, A)]).toEqual([true, true]);
    // Written by others while these two were cut off.
    await redis.start();
    await redis.stranger('SET', key ?? '', stored.replaceAll(A, B));
    for (const edge of [first, second]) await until('it has caught up', () => allows(edge, B), PATIENCE);
  });

  test('warns at the start of rules in the state directory, which Redis replaces', async () => {
    await redis.start();
    const store = await all.store('https://bucket.example');
    const before = ['--state-dir', all.at('state')];
    const alone = await all.serveWith({ env: KEYS_ENV }, ...keepIn(store.url), ...before);
    await putRules(alone, A);
    expect(linesWith(alone, /^the state directory/)).toEqual([]);
    const edge = await serve(store.url, ...before);
    expect(
      linesWith(edge, /^the state directory .* has rules that clients wrote, and with --redis/),
    ).toMatchObject([{ level: 'warn' }]);
    // The last good rules stay in force: Redis has none, and does not say that they were deleted.
    expect([await allows(edge, A), (await askForRules(edge.url, { method: 'GET' })).status]).toEqual([
      true,
      503,
    ]);
    await putRules(edge, B);
    expect([await allows(edge, B), await originsAt(edge)]).toEqual([true, [B]]);
  });

  test('does not take an empty Redis for a deletion of the rules', async () => {
    const { first } = await two();
    await redis.stranger('FLUSHALL');
    await admin(first, '/refresh', 'POST');
    expect([await allows(first, A), (await askForRules(first.url, { method: 'GET' })).status]).toEqual([
      true,
      503,
    ]);
    expect((await admin(first, '/rules')).json.buckets[0]).toMatchObject({
      state: 'stale',
      failure: { cause: expect.stringMatching(/^Redis at .* has lost the rules of /) },
    });
    await putRules(first, B);
    expect(await allows(first, B)).toBe(true);
  });
});
