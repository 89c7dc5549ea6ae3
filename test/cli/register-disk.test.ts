import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { admin, allows, type Edge, edges, linesWith } from './_edges.ts';
import { hangs, MOUNTS, mounts, programIn } from './_mounts.ts';
import { PATIENCE } from './_process.ts';
import { askForRules, KEYS_ENV, keepIn, originsAt, putRules } from './_rules-client.ts';

const all = edges();
const state = () => all.at('state');
const A = 'https://a.example';
const B = 'https://b.example';

describe.skipIf(!mounts)(`the rules that clients write, with a state directory${MOUNTS}`, () => {
  /** An edge that sees the file systems that `script` mounts; `limit` for those that hang. */
  const serveIn = async (script: string, bucketUrl: string): Promise<Edge> => {
    const node = await programIn(all.at('node.sh'), script);
    return all.serveWith(
      { node, env: KEYS_ENV, limit: 60_000 },
      ...keepIn(bucketUrl),
      ...['--state-dir', state(), '--rules-ttl', '1h'],
    );
  };

  async function servedOnce(): Promise<string> {
    const store = await all.store('https://bucket.example');
    const edge = await all.serveWith({ env: KEYS_ENV }, ...keepIn(store.url), '--state-dir', state());
    await putRules(edge, A);
    edge.child.kill('SIGTERM');
    await edge.code;
    return store.url;
  }

  const put = (edge: Edge, origin: string) =>
    askForRules(edge.url, { method: 'PUT', body: rulesFor(origin) });

  const UNAVAILABLE = { status: 503, text: expect.stringContaining('<Code>ServiceUnavailable</Code>') };

  test('on a full disk are not replaced by a write, which is refused until the disk has space', async () => {
    const store = await all.store('https://bucket.example');
    await mkdir(state());
    const edge = await serveIn(`mount -t tmpfs -o size=64k none ${state()}`, store.url);
    await putRules(edge, A);
    const inside = `/proc/${edge.child.pid}/root${state()}`;
    try {
      execFileSync('sh', ['-c', `head -c 65536 /dev/zero > ${inside}/fill`], { stdio: 'ignore' });
    } catch {
      // The disk is full now.
    }
    expect(await put(edge, B)).toMatchObject(UNAVAILABLE);
    await until('it is logged', () => linesWith(edge, /^rules could/).length > 0, PATIENCE);
    expect(linesWith(edge, /^rules could not be stored/)).toMatchObject([
      {
        level: 'error',
        bucket: 'media',
        key: 'LTAIwriter',
        cause: expect.stringMatching(/can't be written: ENOSPC/),
      },
    ]);
    expect([await allows(edge, A), await originsAt(edge)]).toEqual([true, [A]]);
    await rm(`${inside}/fill`);
    await putRules(edge, B);
    expect([await allows(edge, B), await originsAt(edge)]).toEqual([true, [B]]);
    expect((await readdir(inside)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('on a read-only disk are in force, and a write is refused', async () => {
    const bucketUrl = await servedOnce();
    const edge = await serveIn(
      `mount --bind ${state()} ${state()}; mount -o remount,bind,ro ${state()}`,
      bucketUrl,
    );
    expect([await allows(edge, A), await originsAt(edge)]).toEqual([true, [A]]);
    expect(await put(edge, B)).toMatchObject(UNAVAILABLE);
    expect([await allows(edge, A), await originsAt(edge)]).toEqual([true, [A]]);
  });

  test('on a disk that hangs are unknown, and a write is refused in limited time; objects still flow', async () => {
    const store = await all.store('https://bucket.example');
    await mkdir(state());
    const edge = await serveIn(hangs(state()), store.url);
    const began = performance.now();
    expect(await put(edge, B)).toMatchObject(UNAVAILABLE);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await allows(edge, B)).toBe(false);
    expect((await admin(edge, '/rules')).json.buckets[0]).toMatchObject({ state: 'unavailable' });
  });
});
