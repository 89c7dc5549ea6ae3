import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { admin, allows, edges, linesWith, write } from './_edges.ts';
import { PATIENCE } from './_process.ts';

const all = edges();

const installed = spawnSync('redis-server', ['--version']).status === 0;
const skipped = !installed && process.env.CI !== 'true';
const about = skipped ? ' (skipped: redis-server is not installed; apt-get install redis-server)' : '';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.skipIf(skipped)(`--redis${about}`, () => {
  let redis: ChildProcess | null = null;
  afterEach(async () => {
    if (redis === null || redis.exitCode !== null) return;
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  });

  async function openRedis(): Promise<string> {
    if (!installed) throw new Error('redis-server is not installed: apt-get install redis-server');
    const port = await freePort();
    const dir = all.at('redis');
    await mkdir(dir);
    const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
    redis = spawn('redis-server', options.map(String), { stdio: 'ignore' });
    const answers = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true));
        socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
      });
    await until('redis-server answers', answers, PATIENCE);
    return `redis://127.0.0.1:${port}`;
  }

  /** Two edges of one store that have loaded its rules and will not load them again within an hour. */
  async function two() {
    const [one, url] = [await all.store('https://a.example'), await openRedis()];
    const args = ['--bucket', one.url, '--rules-ttl', '1h', '--redis', url];
    const [first, second] = [await all.serve(...args), await all.serve(...args)];
    for (const edge of [first, second]) expect(await allows(edge, 'https://a.example')).toBe(true);
    await until('both have asked', () => one.asked() === 2, PATIENCE);
    one.cors = { status: 200, body: rulesFor('https://b.example') };
    return { one, first, second };
  }

  test('a PUT of the rules through one edge reaches the other', async () => {
    const { one, first, second } = await two();
    const { status } = await call(`${first.url}/?cors`, { method: 'PUT', body: one.cors.body });
    expect(status).toBe(200);
    expect(await allows(first, 'https://b.example')).toBe(true);
    await until('the other edge has the new rules', () => allows(second, 'https://b.example'), PATIENCE);
  });

  test('POST /refresh on one edge reaches the other', async () => {
    const { first, second } = await two();
    expect((await admin(first, '/refresh', 'POST')).status).toBe(200);
    await until('the other edge has the new rules', () => allows(second, 'https://b.example'), PATIENCE);
  });

  test('edges with buckets of one name at different stores do not exchange rules', async () => {
    const [one, two, url] = [
      await all.store('https://a.example'),
      await all.store('https://b.example'),
      await openRedis(),
    ];
    await write(all.at('edge.json'), { rulesTtl: '1h', buckets: { media: { bucket: one.url } } });
    const first = await all.serve('--config', all.at('edge.json'), '--redis', url);
    expect(await allows(first, 'https://a.example')).toBe(true);
    // The second edge has another file, as on another machine.
    await write(all.at('other.json'), { rulesTtl: '1h', buckets: { media: { bucket: two.url } } });
    const second = await all.serve('--config', all.at('other.json'), '--redis', url);
    expect(await allows(second, 'https://a.example')).toBe(false);
    await until('the second has its own rules', () => allows(second, 'https://b.example'), PATIENCE);
    // A message from the second edge to the first would arrive before these responses.
    for (let trip = 0; trip < 20; trip += 1) await admin(second, '/refresh', 'POST');
    expect(await allows(first, 'https://a.example')).toBe(true);
    expect(await allows(first, 'https://b.example')).toBe(false);
  });

  test('a new edge serves the rules that another has loaded while the store is down', async () => {
    const { one, first } = await two();
    const args = ['--bucket', one.url, '--redis', String(first.child.spawnargs.at(-1))];
    await all.end(one);
    const third = await all.serve(...args);
    expect(await allows(third, 'https://a.example')).toBe(true);
    expect((await admin(third, '/readyz')).json.status).toBe('degraded');
  });
});

test('an unreachable --redis at the start is warned of, without its password', async () => {
  const one = await all.store('https://a.example');
  const edge = await all.serve(
    '--bucket',
    one.url,
    '--redis',
    `redis://:geheim@127.0.0.1:${await freePort()}`,
  );
  expect(await allows(edge, 'https://a.example')).toBe(true);
  expect((await admin(edge, '/readyz')).json.status).toBe('ready');
  expect(linesWith(edge, /^Redis at/)).toEqual([
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('is away') }),
  ]);
  expect(edge.stdout() + edge.stderr()).not.toContain('geheim');
});

test.each([
  ['redis://:geheim@127.0.0.1:1', 0],
  ['redis://localhost:1', 0],
  ['rediss://:geheim@redis.invalid:1', 0],
  ['redis://:geheim@redis.invalid:1', 1],
])('--redis %s logs %i warnings about cleartext', async (url, count) => {
  const edge = await all.serve('--bucket', 'http://127.0.0.1:9', '--redis', url);
  const warned = linesWith(edge, /in the clear/);
  expect(warned).toHaveLength(count);
  for (const { level, msg } of warned) {
    expect([level, msg]).toEqual([
      'warn',
      '--redis: rules and the password go to redis.invalid:1 in the clear; write rediss:// for TLS',
    ]);
  }
  expect(edge.stdout()).not.toContain('geheim');
});
