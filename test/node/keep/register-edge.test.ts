import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KEYS_ENV, originsAt, putRules } from '../../cli/_rules-client.ts';
import { configOf, type Started, startEdge } from '../_running.ts';
import { openStore, rulesFor, type Store } from '../transport/_store.ts';

let folder = '';
let store: Store;
let edge: Started | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'register-edge-'));
  store = await openStore(rulesFor('https://bucket.example'));
});
afterEach(async () => {
  await edge?.close();
  await store.close();
  await rm(folder, { recursive: true });
});

test.each([['1'], ['2']])(
  'the keys that a program gives with `env` check signatures, with workers %s',
  async (workers) => {
    const options = { bucket: store.url, bucketName: 'media', region: 'cn-hangzhou', management: 'keep' };
    const config = configOf({
      ...options,
      stateDir: folder,
      workers,
      logLevel: 'silent',
      clientKeys: 'env:TEAM',
    });
    edge = await startEdge(config, KEYS_ENV);
    await putRules(edge, 'https://a.example');
    expect(await originsAt(edge)).toEqual(['https://a.example']);
    expect((await edge.admin('/explain?origin=https://a.example&path=/x')).text).toContain(
      '"reason":"matched"',
    );
    expect(process.env.OSS_ACCESS_KEY_ID).toBeUndefined();
  },
);
