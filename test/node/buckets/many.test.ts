import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/until.ts';
import { rulesFor } from '../transport/_store.ts';
import { admin, blue, get, red, running, stateOf, store, useBuckets } from './_buckets.ts';

useBuckets();

describe('rules', () => {
  test('of preloaded buckets are there without traffic; of others from the first request on', async () => {
    const [early, late] = [await store('https://a.example'), await store('https://b.example')];
    const edge = await running({
      early: { bucket: early.url, hosts: 'early', preload: true },
      late: { bucket: late.url, hosts: 'late' },
    });
    await until('the early one is asked', () => early.asked() === 1);
    await until('the early one has rules', async () => (await stateOf(edge, 'early')) === 'fresh');
    expect([await stateOf(edge, 'late'), late.asked()]).toEqual(['not_loaded', 0]);
    expect((await admin(edge, '/readyz')).json).toEqual({ status: 'ready', reasons: [] });
    const { headers } = await get(edge, 'late', '/x', { Origin: 'https://b.example' });
    expect(headers['access-control-allow-origin']).toBe('https://b.example');
    expect([await stateOf(edge, 'late'), late.asked(), early.asked()]).toEqual(['fresh', 1, 1]);
  });

  test('that are wanted at once by many first requests are loaded once', async () => {
    const late = await store('https://b.example');
    const edge = await running({ late: { bucket: late.url } });
    await Promise.all(
      Array.from({ length: 20 }, () => get(edge, 'late', '/x', { Origin: 'https://b.example' })),
    );
    expect(late.asked()).toBe(1);
  });

  test('that a preloaded bucket lacks make it not ready, with its name; another one only degrades it', async () => {
    const [down, late] = [await store(''), await store('')];
    down.cors = late.cors = { status: 503, body: '' };
    const edge = await running({
      down: { bucket: down.url, hosts: 'down', preload: true },
      late: { bucket: late.url, hosts: 'late' },
    });
    await until('the load has failed', async () => (await stateOf(edge, 'down')) === 'unavailable');
    expect((await admin(edge, '/readyz')).json.reasons).toHaveLength(1);
    await get(edge, 'late', '/x', { Origin: 'https://b.example' });
    const { status, json } = await admin(edge, '/readyz');
    expect([status, json.status]).toEqual([503, 'not ready']);
    expect(json.reasons).toEqual([
      expect.stringMatching(/^bucket down has no rules: .*503/),
      expect.stringMatching(/^bucket late has no rules: .*503/),
    ]);
  });

  test('that only buckets loaded on first use lack degrade it, and it lists at most twenty', async () => {
    const down = await store('');
    down.cors = { status: 503, body: '' };
    const names = Array.from({ length: 23 }, (_, at) => `late${at}`);
    const edge = await running(
      Object.fromEntries(names.map((name) => [name, { bucket: down.url, hosts: name }])),
    );
    await Promise.all(names.map((name) => get(edge, name, '/x', { Origin: 'https://b.example' })));
    const { status, json } = await admin(edge, '/readyz');
    expect([status, json.status, json.reasons.length]).toEqual([200, 'degraded', 21]);
    expect(json.reasons.at(-1)).toBe('and 3 more: see /rules');
  });
});

describe('admin', () => {
  const both = async () => {
    const edge = await running({ red: red({ hosts: 'red.test' }), blue: blue({ hosts: 'blue.test' }) });
    await get(edge, 'red.test', '/name.txt', { Origin: 'https://red.example' });
    return edge;
  };

  test('/rules lists all buckets, or one', async () => {
    const edge = await both();
    const names = ({ buckets }: { buckets: { bucket: string }[] }) => buckets.map(({ bucket }) => bucket);
    expect(names((await admin(edge, '/rules')).json)).toEqual(['red', 'blue']);
    const { json } = await admin(edge, '/rules?bucket=blue');
    expect(json.buckets).toEqual([expect.objectContaining({ bucket: 'blue', state: 'not_loaded' })]);
  });

  test('/explain asks for a name, and explains by that bucket’s rules', async () => {
    const edge = await both();
    expect(await admin(edge, '/explain?origin=https://red.example')).toEqual({
      status: 404,
      json: { error: 'name a bucket: ?bucket=NAME', buckets: ['red', 'blue'] },
    });
    for (const [name, reason] of [
      ['red', 'matched'],
      ['blue', 'origin_not_allowed'],
    ]) {
      const { json } = await admin(edge, `/explain?bucket=${name}&origin=https://red.example`);
      expect(json).toMatchObject({ bucket: name });
      expect(JSON.stringify(json.actual)).toContain(reason);
    }
  });

  test.each([
    ['GET', '/rules?bucket=green'],
    ['GET', '/explain?bucket=green'],
    ['POST', '/refresh?bucket=green'],
  ])('%s %s: reports an unknown bucket, and lists the known ones', async (method, path) => {
    expect(await admin(await both(), path, method)).toEqual({
      status: 404,
      json: { error: 'there is no bucket green', buckets: ['red', 'blue'] },
    });
  });

  test('POST /refresh reloads the named bucket, and only that', async () => {
    const [one, two] = [await store('https://a.example'), await store('https://a.example')];
    const edge = await running({
      one: { bucket: one.url, hosts: 'one' },
      two: { bucket: two.url, hosts: 'two' },
    });
    for (const host of ['one', 'two']) await get(edge, host, '/x', { Origin: 'https://a.example' });
    one.cors = two.cors = { status: 200, body: rulesFor('https://b.example') };
    const { status, json } = await admin(edge, '/refresh?bucket=one', 'POST');
    expect([status, json.buckets]).toEqual([
      200,
      [{ bucket: 'one', state: 'fresh', version: expect.stringMatching(/^[0-9a-f]{16}$/) }],
    ]);
    const allowed = async (host: string) =>
      (await get(edge, host, '/x', { Origin: 'https://b.example' })).headers['access-control-allow-origin'];
    expect([await allowed('one'), await allowed('two')]).toEqual(['https://b.example', undefined]);
    expect(two.asked()).toBe(1);
  });

  test('POST /refresh reloads all buckets that have been loaded, and reports a failure with its cause', async () => {
    const [one, two, idle] = [
      await store('https://a.example'),
      await store('https://a.example'),
      await store('https://a.example'),
    ];
    const edge = await running({
      one: { bucket: one.url, hosts: 'one' },
      two: { bucket: two.url, hosts: 'two' },
      idle: { bucket: idle.url, hosts: 'idle' },
    });
    for (const host of ['one', 'two']) await get(edge, host, '/x', { Origin: 'https://a.example' });
    one.cors = { status: 200, body: rulesFor('https://b.example') };
    two.cors = { status: 503, body: '<Error><Code>SlowDown</Code></Error>' };
    const { json } = await admin(edge, '/refresh', 'POST');
    expect(json.buckets).toEqual([
      { bucket: 'one', state: 'fresh', version: expect.any(String) },
      {
        bucket: 'two',
        state: 'stale',
        version: expect.any(String),
        cause: expect.stringContaining('503 SlowDown'),
        cure: expect.any(String),
      },
      { bucket: 'idle', state: 'not_loaded', version: null },
    ]);
    expect(idle.asked()).toBe(0);
  });
});

test('ten thousand buckets: each answers by its own rules, and only requested ones are loaded', async () => {
  const COUNT = 10_000;
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const [, name] = /^\/(b\d+)\//.exec(incoming.url ?? '') ?? [];
    const isRules = incoming.url?.endsWith('/?cors');
    if (isRules) asked.push(String(name));
    outgoing.end(isRules ? rulesFor(`https://${name}.example`) : name);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  try {
    const buckets: Record<string, Record<string, unknown>> = {};
    for (let at = 0; at < COUNT; at += 1) {
      const where = at % 2 === 0 ? { hosts: [`b${at}.test`] } : { hosts: ['shared.test'], prefix: `/p${at}` };
      buckets[`b${at}`] = { bucket: `${url}/b${at}`, ...where };
    }
    const heap = process.memoryUsage().heapUsed;
    const began = performance.now();
    const edge = await running(buckets);
    const took = performance.now() - began;
    const grown = (process.memoryUsage().heapUsed - heap) / 1024 / 1024;
    console.log(`${COUNT} buckets: read and started in ${took.toFixed(0)} ms, heap +${grown.toFixed(0)} MB`);
    expect(edge.buckets()).toHaveLength(COUNT);
    const some = [0, 1, 4999, 5000, 9998, 9999];
    for (const at of some) {
      const origin = `https://b${at}.example`;
      const [host, path] = at % 2 === 0 ? [`b${at}.test`, '/x'] : ['shared.test', `/p${at}/x`];
      const { text, headers } = await get(edge, host, path, { Origin: origin });
      expect([text, headers['access-control-allow-origin']]).toEqual([`b${at}`, origin]);
    }
    expect(asked).toEqual(some.map((at) => `b${at}`));
    expect((await admin(edge, '/readyz')).json.status).toBe('ready');
    expect((await admin(edge, '/rules?bucket=nobody')).json.buckets.length).toBeLessThan(100);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
