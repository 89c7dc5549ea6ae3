import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyOf } from '../../../src/rules/ruled-bucket.ts';
import { listen } from '../../helpers/listen.ts';
import { configOf, startEdge } from '../_running.ts';
import { openStore, rulesFor, type Store } from '../transport/_store.ts';

const SECRET = 'hush-1f9b';
let folder = '';
let store: Store;
let rules = '';

const server = createServer((asked, answer) => {
  if (asked.headers.authorization === `Bearer ${SECRET}`) answer.end(rulesFor('https://a.example'));
  else answer.writeHead(401).end();
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-'));
  await writeFile(join(folder, 'token'), `${SECRET}\n`);
  store = await openStore(rulesFor('https://other.example'));
  rules = `http://127.0.0.1:${await listen(server)}/r.xml`;
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
])('rules at a URL are read with the token of %s, which no output shows', async (_, place, state) => {
  const config = configOf({ bucket: store.url, rules, rulesToken: place() });
  const edge = await startEdge(config, { MY_TOKEN: SECRET });
  try {
    await edge.cache.current(edge.bucket);
    expect(edge.cache.status(keyOf(edge.bucket)).state).toBe(state);
    const told = [...edge.text, (await edge.admin('/rules')).text].join('\n');
    expect(told).not.toContain(SECRET);
  } finally {
    await edge.close();
  }
});
