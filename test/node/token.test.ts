import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onlyBucket, start } from '../../src/node/start.ts';
import { keyOf } from '../../src/rules/cache.ts';
import { configOf } from './running.ts';
import { openStore, rulesFor, type Store } from './store.ts';

const SECRET = 'hush-1f9b';
let folder = '';
let store: Store;

const server = createServer((asked, answer) => {
  if (asked.headers.authorization === `Bearer ${SECRET}`) answer.end(rulesFor('https://a.example'));
  else answer.writeHead(401).end();
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-'));
  await writeFile(join(folder, 'token'), `${SECRET}\n`);
  store = await openStore(rulesFor('https://other.example'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await store.close();
  await rm(folder, { recursive: true });
});

test.each([
  ['the environment', () => 'env:MY_TOKEN', 'fresh'],
  ['a file', () => `file:${join(folder, 'token')}`, 'fresh'],
  ['a name that is not set', () => 'env:NOBODYS', 'unavailable'],
  ['a file that is not there', () => `file:${join(folder, 'none')}`, 'unavailable'],
])('rules at a URL are read with the token of %s, which nobody is told', async (_, place, state) => {
  const { port } = server.address() as AddressInfo;
  const config = configOf({
    bucket: store.url,
    rules: `http://127.0.0.1:${port}/r.xml`,
    rulesToken: place(),
  });
  const lines: string[] = [];
  const env = { MY_TOKEN: SECRET };
  const edge = await start(config, [onlyBucket(config)], {
    log: { write: (line) => void lines.push(line) },
    env,
  });
  try {
    const [bucket] = edge.buckets();
    if (bucket === undefined) throw new Error('no bucket');
    await edge.cache.current(bucket);
    expect(edge.cache.status(keyOf(bucket)).state).toBe(state);
    const told = [...lines, await (await fetch(`${edge.adminUrl}/rules`)).text()].join('\n');
    expect(told).not.toContain(SECRET);
  } finally {
    await edge.close();
  }
});
