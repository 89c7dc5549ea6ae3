import { writeFile } from 'node:fs/promises';
import { Agent as KeepingAgent } from 'node:http';
import { Agent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { call as callRaw } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { SLOW_BEGIN, SLOW_END } from '../transport/_store.ts';
import { at, type Buckets, blue, bucketsOf, get, red, running, store, useBuckets } from './_buckets.ts';

useBuckets();

/** How many servers this process has open. */
const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;

describe('other buckets', () => {
  test('take over without a dropped connection or a cut download', async () => {
    const [old, next] = [await store('https://a.example'), await store('https://b.example')];
    const edge = await running({ old: { bucket: old.url } });
    const agent = new KeepingAgent({ keepAlive: true, maxSockets: 1 });
    const ask = (target: string) =>
      callRaw(edge.url, { target, headers: ['Origin', 'https://b.example'], agent });
    const slow = call(`${edge.url}/slow`);
    await until('the download has begun', () => old.waiting() === 1);
    try {
      const first = await ask('/x');
      expect(first.headers).not.toContain('https://b.example');
      await edge.replace(bucketsOf({ next: { bucket: next.url } }));
      const second = await ask('/y');
      expect([second.status, String(second.body), second.port]).toEqual([200, 'hello', first.port]);
      expect(second.headers).toContain('https://b.example');
      expect([old.seen.includes('GET /y'), next.seen.includes('GET /y')]).toEqual([false, true]);
      old.release();
      expect((await slow).text).toBe(SLOW_BEGIN + SLOW_END);
      expect(edge.buckets().map(({ name }) => name)).toEqual(['next']);
    } finally {
      agent.destroy();
    }
  });

  test('take over from a folder while a download from it is in flight', async () => {
    await writeFile(at('red', 'big'), Buffer.alloc(32 * 1024 * 1024, 'x'));
    // A replaced folder ends downloads after `drain` and three seconds; on a busy machine 32 MiB take longer than with 2 s.
    const edge = await running({ red: red() }, { drain: '60s' });
    const agent = new Agent();
    try {
      const { body } = await request(`${edge.url}/big`, { dispatcher: agent });
      await edge.replace(bucketsOf({ blue: blue() }));
      expect((await get(edge, 'a', '/name.txt')).text).toBe('blue');
      expect((await body.arrayBuffer()).byteLength).toBe(32 * 1024 * 1024);
    } finally {
      await agent.destroy();
    }
  });

  test('that are partly the same leave the rules of unchanged ones in the cache', async () => {
    const [same, gone] = [await store('https://a.example'), await store('https://a.example')];
    const edge = await running({
      same: { bucket: same.url, hosts: 'same' },
      gone: { bucket: gone.url, hosts: 'gone' },
    });
    for (const host of ['same', 'gone']) await get(edge, host, '/x', { Origin: 'https://a.example' });
    await edge.replace(bucketsOf({ red: red({ hosts: 'red' }), same: { bucket: same.url, hosts: 'same' } }));
    await get(edge, 'same', '/x', { Origin: 'https://a.example' });
    expect(same.asked()).toBe(1);
    expect((await get(edge, 'gone', '/x')).status).toBe(404);
    expect((await get(edge, 'red', '/name.txt')).text).toBe('red');
  });

  test('under a name that had another store are decided by the new store’s rules soon', async () => {
    const [before, after] = [await store('https://a.example'), await store('https://b.example')];
    const edge = await running({ media: { bucket: before.url } });
    await get(edge, 'a', '/x', { Origin: 'https://a.example' });
    await edge.replace(bucketsOf({ media: { bucket: after.url } }));
    const allowed = async (origin: string) =>
      (await get(edge, 'a', '/x', { Origin: origin })).headers['access-control-allow-origin'] === origin;
    await until('the new rules decide', () => allowed('https://b.example'));
    expect(await allowed('https://a.example')).toBe(false);
  });

  test.each<readonly [string, () => Buckets, readonly RegExp[]]>([
    [
      'a missing folder, and a document with faults, reported together',
      () => ({
        blue: blue({ hosts: 'blue' }),
        none: { bucket: at('none'), hosts: 'none' },
        faulty: red({ hosts: 'faulty', rules: '<CORSConfiguration><CORSRule/></CORSConfiguration>' }),
      }),
      [/^bucket none: .*ENOENT/, /^bucket faulty: rules/],
    ],
    [
      'keys that are not there',
      () => ({ keyed: { bucket: 'http://127.0.0.1:9', credentials: 'env:NONE', hosts: 'a' }, blue: blue() }),
      [/^bucket keyed: credentials.*NONE_OSS_ACCESS_KEY_ID/],
    ],
  ])('that are faulty change nothing: %s', async (_, buckets, lines) => {
    const edge = await running({ red: red() });
    const before = servers();
    const error = await edge.replace(bucketsOf(buckets())).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    const reported = startFaultLines(error) ?? [];
    for (const line of lines) expect(reported).toContainEqual(expect.stringMatching(line));
    expect((await get(edge, 'a', '/name.txt')).text).toBe('red');
    expect(edge.buckets().map(({ name }) => name)).toEqual(['red']);
    await until('the new ones are closed', () => servers() === before);
  });

  test('given by two callers at the same time end with those of the later call', async () => {
    const edge = await running({ red: red() });
    const { url } = await store('https://a.example');
    // A folder takes a while to open; an address takes none.
    const first = edge.replace(bucketsOf({ first: blue() }));
    const second = edge.replace(bucketsOf({ second: { bucket: url } }));
    await Promise.all([first, second]);
    expect(edge.buckets().map(({ name }) => name)).toEqual(['second']);
  });

  test('and those that were served before are closed when the edge ends', async () => {
    const before = servers();
    const edge = await running({ red: red() });
    await edge.replace(bucketsOf({ blue: blue() }));
    await edge.close();
    await until('no server is left', () => servers() === before);
  });
});
