import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { edges, linesWith, write } from './_edges.ts';
import { ended, PATIENCE } from './_process.ts';
import { documentFor, watches } from './_watch.ts';

const all = edges();
const watch = watches('nginx');
const TOKEN = 'the-token-of-the-admin-port';

test('the commands read a running edge with its token, from a variable or a file', async () => {
  const store = await all.store('https://a.example');
  const edge = await all.serveWith({ env: { T: TOKEN } }, '--bucket', store.url, '--admin-token', 'env:T');
  await until('it is ready', async () => (await call(`${edge.adminUrl}/readyz`)).status === 200, PATIENCE);
  await write(all.at('token'), `${TOKEN}\n`);
  const ask = (...more: string[]) =>
    ended(['explain', '--admin', edge.adminUrl, '--origin', 'https://a.example', ...more], {
      env: { T: TOKEN },
    });
  for (const place of ['env:T', `file:${all.at('token')}`]) {
    const { code, stdout } = await ask('--admin-token', place);
    expect([code, stdout]).toEqual([0, expect.stringContaining('https://a.example')]);
  }
  const without = await ask();
  expect([without.code, without.stderr]).toEqual([
    2,
    expect.stringMatching(/answered 401.*--admin-token env:NAME/s),
  ]);
  await write(all.at('token'), 'a-wrong-token-for-the-port');
  expect((await ask('--admin-token', `file:${all.at('token')}`)).code).toBe(2);
  expect(edge.stdout() + without.stderr).not.toContain(TOKEN);
}, 60_000);

test('the edge warns of a token in ADMIN_TOKEN that no option names', async () => {
  const env = { ADMIN_TOKEN: TOKEN };
  const edge = await all.serveWith({ env }, '--bucket', 'http://127.0.0.1:9');
  await call(`${edge.adminUrl}/healthz`);
  expect(linesWith(edge, /ADMIN_TOKEN/)).toMatchObject([
    { level: 'warn', msg: 'ADMIN_TOKEN is not read: write --admin-token env:ADMIN_TOKEN for a token in it' },
  ]);
  for (const [option, path] of [
    ['--admin-token', '/rules'],
    ['--admin-metrics-token', '/metrics'],
  ] as const) {
    const named = await all.serveWith({ env }, '--bucket', 'http://127.0.0.1:9', option, 'env:ADMIN_TOKEN');
    expect((await call(`${named.adminUrl}${path}`)).status).toBe(401);
    expect(linesWith(named, /ADMIN_TOKEN/)).toEqual([]);
  }
});

test('the admin port of a watched export has a token too, and refuses to be open', async () => {
  await write(all.at('cors.xml'), documentFor('https://a.example'));
  const line = ['--store', 'oss', '--rules', all.at('cors.xml'), '-o', all.at('cors.conf')];
  const watched = await watch([...line, '--admin-token', 'env:T'], { env: { T: TOKEN } });
  await until('it is ready', async () => (await call(`${watched.adminUrl}/readyz`)).status === 200, PATIENCE);
  expect((await call(`${watched.adminUrl}/rules`)).status).toBe(401);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  expect((await call(`${watched.adminUrl}/rules`, { headers })).status).toBe(200);
  expect(await readFile(all.at('cors.conf'), 'utf8')).toContain('https://a.example');
  const open = ['export', 'nginx', '--watch', '--admin-port', '0', '--admin-host', '0.0.0.0', ...line];
  const { code, lines } = await ended(open);
  expect([code, lines]).toEqual([
    1,
    [
      expect.stringMatching(
        /^bucket-cors: --admin-host 0\.0\.0\.0 lets other machines read .*--dangerously-open-admin/,
      ),
    ],
  ]);
});
