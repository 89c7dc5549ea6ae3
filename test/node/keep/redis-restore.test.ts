import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyOf, sharedKey } from '../../../src/rules/ruled-bucket.ts';
import { until } from '../../helpers/until.ts';
import { configOf, type Started, startEdge } from '../_running.ts';
import { openStore, rulesFor, type Store, UNAVAILABLE } from '../transport/_store.ts';
import { closeAfter, useClients } from './_redis-client.ts';
import { skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

describe.skipIf(skipped)(`last good rules in Redis, ${WITH_SERVER}`, () => {
  const { start, stop, stranger, url } = useServer();
  let store: Store;
  beforeEach(async () => {
    store = await openStore(rulesFor('https://a.example'));
    await start();
  });
  afterEach(() => store.close());

  /** An edge whose rules are stored. */
  async function edge(rulesTtl = '1h'): Promise<Started> {
    const running = await startEdge(configOf({ bucket: store.url, redis: url(), rulesTtl, maxStale: '7d' }));
    closeAfter(running.close);
    await until('the rules are stored', () => isStored(running));
    return running;
  }

  const keyIn = ({ bucket }: Started): string => `bucket-cors:rules:${sharedKey(keyOf(bucket), hostname())}`;
  /** Empty if the value is not a string. */
  const storedBy = async (running: Started): Promise<string> =>
    String((await stranger('GET', keyIn(running)).catch(() => '')) ?? '');
  const isStored = async (running: Started, origin = 'https://a.example'): Promise<boolean> =>
    (await storedBy(running)).includes(origin);

  test('that FLUSHALL removed are written again by the next load', async () => {
    const running = await edge('1s');
    await stranger('FLUSHALL');
    await until('they are stored again', () => isStored(running));
  });

  test('that FLUSHALL removed are written again by the next load that fails', async () => {
    const running = await edge('1s');
    const { confirmedAt } = JSON.parse(await storedBy(running));
    store.cors = UNAVAILABLE;
    await until('a load has failed', () => running.cache.status(keyOf(running.bucket)).failure !== null);
    await stranger('FLUSHALL');
    await until('they are stored again', () => isStored(running));
    const stored = JSON.parse(await storedBy(running));
    expect(stored.confirmedAt - confirmedAt).toBeLessThan(10_000);
  });

  test('that FLUSHALL removed are written again by /refresh', async () => {
    const running = await edge();
    await stranger('FLUSHALL');
    await running.admin('/refresh', 'POST');
    await until('they are stored again', () => isStored(running));
  });

  test('that FLUSHALL removed are written again by /refresh although the bucket is unavailable', async () => {
    const running = await edge();
    await stranger('FLUSHALL');
    store.cors = UNAVAILABLE;
    await running.admin('/refresh', 'POST');
    await until('they are stored again', () => isStored(running));
  });

  test('that another edge has loaded are checked here too', async () => {
    const [one, other] = [await edge(), await edge()];
    store.cors = { status: 200, body: rulesFor('https://b.example/') };
    await one.cache.refresh(one.bucket);
    await until('the other edge has them', async () => {
      const status = other.cache.status(keyOf(other.bucket));
      return status.lastGood?.ruleSet.rules[0]?.allowedOrigins[0] === 'https://b.example/';
    });
    const logged = () => other.logged().filter(({ code }) => code === 'BC101');
    await until('the finding is logged', () => logged().length > 0);
    expect(logged()).toMatchObject([
      { level: 'warn', place: 'CORSRule[1]/AllowedOrigin[1]', value: 'https://b.example/' },
    ]);
    expect(await storedBy(one)).not.toContain('BC101');
  });

  test('that a restart removed are written again once Redis is back, without a load', async () => {
    const running = await edge();
    const asked = store.asked();
    await stop();
    await until('the edge logs that Redis is away', () =>
      running.logged().some(({ msg }) => msg.includes('is away')),
    );
    await start();
    await until('they are stored again', () => isStored(running));
    expect(store.asked()).toBe(asked);
  });

  test.each<[string, (key: string, stored: string) => string[][]]>([
    ['are deleted', (key) => [['DEL', key]]],
    ['are replaced by garbage', (key) => [['SET', key, 'garbage']]],
    [
      'are replaced by a list',
      (key) => [
        ['DEL', key],
        ['LPUSH', key, 'x'],
      ],
    ],
    [
      'are of an older version, as after a failover',
      (key, stored) => [['SET', key, stored.replace(/"version":"\w+"/, '"version":"0123456789abcdef"')]],
    ],
  ])('that %s are written again by /refresh', async (_, spoil) => {
    const running = await edge();
    const { version } = running.cache.status(keyOf(running.bucket)).lastGood ?? {};
    for (const command of spoil(keyIn(running), await storedBy(running))) await stranger(...command);
    expect(await storedBy(running)).not.toContain(version);
    await running.admin('/refresh', 'POST');
    await until('they are stored again', async () => (await storedBy(running)).includes(String(version)));
  });

  test('that are stored are not written again', async () => {
    const running = await edge();
    const stored = await storedBy(running);
    for (let at = 0; at < 3; at += 1) await running.admin('/refresh', 'POST');
    expect(await storedBy(running)).toBe(stored);
  });
});
