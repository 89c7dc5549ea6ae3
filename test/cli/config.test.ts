import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../node/running.ts';
import { openStore, rulesFor, type Store, until } from '../node/store.ts';
import { ended, type Run, run, stop } from './process.ts';

const PORTS = ['--port', '0', '--admin-port', '0'];

let folder = '';
let file = '';
const runs: Run[] = [];
const stores: Store[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-config-'));
  file = join(folder, 'edge.json');
});
afterEach(async () => {
  for (const running of runs.splice(0)) await stop(running);
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function store(origin: string): Promise<Store> {
  const opened = await openStore(rulesFor(origin));
  stores.push(opened);
  return opened;
}

interface Edge extends Run {
  readonly url: string;
  readonly adminUrl: string;
}

async function serve(...args: string[]): Promise<Edge> {
  const started = run(['serve', ...PORTS, ...args]);
  runs.push(started);
  return { ...started, url: await started.address('edge'), adminUrl: await started.address('admin') };
}

/** As an editor does it: never half a file. */
async function write(content: unknown): Promise<void> {
  await writeFile(`${file}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${file}.new`, file);
}

const logged = ({ stdout }: Run): Record<string, unknown>[] =>
  stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const linesWith = (edge: Run, message: RegExp) => logged(edge).filter(({ msg }) => message.test(String(msg)));

const allows = async (edge: Edge, origin: string, host = 'a.test') =>
  (await call(`${edge.url}/x`, { headers: { Host: host, Origin: origin } })).headers[
    'access-control-allow-origin'
  ] === origin;

async function admin({ adminUrl }: Edge, path: string, method = 'GET') {
  const { status, text } = await call(adminUrl + path, { method });
  return { status, json: JSON.parse(text) };
}

describe('serve --config', () => {
  test('serves the buckets that the file names, and says how many', async () => {
    const [one, two] = [await store('https://a.example'), await store('https://b.example')];
    await write({
      buckets: { one: { bucket: one.url, hosts: ['a.test'] }, two: { bucket: two.url, hosts: ['b.test'] } },
    });
    const edge = await serve('--config', file);
    expect(edge.stderr()).toContain('(2 buckets)');
    expect(await allows(edge, 'https://a.example', 'a.test')).toBe(true);
    expect(await allows(edge, 'https://b.example', 'b.test')).toBe(true);
    expect(await allows(edge, 'https://b.example', 'a.test')).toBe(false);
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
  });

  test('serves new buckets when the file is edited, and refuses a faulty edit with all its faults', async () => {
    const [one, two] = [await store('https://a.example'), await store('https://b.example')];
    await write({ buckets: { one: { bucket: one.url } } });
    const edge = await serve('--config', file);
    expect(await allows(edge, 'https://a.example')).toBe(true);

    await write({ buckets: { two: { bucket: two.url } } });
    await until(() => allows(edge, 'https://b.example'), 'the edit');
    expect(linesWith(edge, /^configuration read/)).toEqual([
      expect.objectContaining({ level: 'info', config: file, buckets: 1 }),
    ]);

    await write({
      rulesTtl: 'soon',
      buckets: {
        one: { bucket: one.url, store: 'gcs', hsots: ['a'] },
        three: { bucket: 'ftp://x' },
      },
    });
    await until(() => linesWith(edge, /^configuration refused/).length > 0, 'the refusal');
    const [refused] = linesWith(edge, /^configuration refused/);
    expect(refused).toMatchObject({ level: 'error', config: file });
    expect(refused?.faults).toHaveLength(4);
    for (const place of ['rulesTtl', 'buckets.one: store', 'buckets.one: hsots', 'buckets.three: bucket'])
      expect(refused?.faults).toContainEqual(expect.stringContaining(`${file}: ${place}`));
    expect(await allows(edge, 'https://b.example')).toBe(true);

    await write({ buckets: { one: { bucket: join(folder, 'none') } } });
    await until(() => linesWith(edge, /^configuration refused/).length > 1, 'the second refusal');
    expect(linesWith(edge, /^configuration refused/)[1]?.faults).toEqual([expect.stringContaining('ENOENT')]);

    await rm(file);
    await until(() => linesWith(edge, /^configuration refused/).length > 2, 'the third refusal');
    expect(await allows(edge, 'https://b.example')).toBe(true);

    await write({ buckets: { one: { bucket: one.url } } });
    await until(() => allows(edge, 'https://a.example'), 'the mended file');
    expect(edge.child.exitCode).toBe(null);
  });

  test('refuses an option of the process that the next start would refuse', async () => {
    const one = await store('https://a.example');
    await write({ buckets: { one: { bucket: one.url } } });
    const edge = await serve('--config', file);
    await write({ drain: 'never', buckets: { one: { bucket: one.url } } });
    await until(() => linesWith(edge, /^configuration/).length > 0, 'the edit to be seen');
    expect(linesWith(edge, /^configuration/)).toEqual([
      expect.objectContaining({ level: 'error', faults: [expect.stringContaining(`${file}: drain`)] }),
    ]);
  });

  test('loads all rules anew on SIGHUP', async () => {
    const [one, two] = [await store('https://a.example'), await store('https://a.example')];
    await write({
      rulesTtl: '1h',
      buckets: { one: { bucket: one.url, hosts: ['a.test'] }, two: { bucket: two.url, hosts: ['b.test'] } },
    });
    const edge = await serve('--config', file);
    for (const host of ['a.test', 'b.test']) expect(await allows(edge, 'https://a.example', host)).toBe(true);
    one.cors = two.cors = { status: 200, body: rulesFor('https://b.example') };
    edge.child.kill('SIGHUP');
    for (const host of ['a.test', 'b.test'])
      await until(() => allows(edge, 'https://b.example', host), `new rules of ${host}`);
    expect(edge.child.exitCode).toBe(null);
  });
});

test('SIGHUP loads the rules anew without a configuration file too', async () => {
  const one = await store('https://a.example');
  const edge = await serve('--bucket', one.url, '--rules-ttl', '1h');
  expect(await allows(edge, 'https://a.example')).toBe(true);
  one.cors = { status: 200, body: rulesFor('https://b.example') };
  edge.child.kill('SIGHUP');
  await until(() => allows(edge, 'https://b.example'), 'the new rules');
});

describe('is refused at once, with what to write', () => {
  const good = { buckets: { one: { bucket: 'http://127.0.0.1:9' } } };
  test.each<readonly [string, unknown, readonly string[], readonly RegExp[]]>([
    [
      '--bucket beside --config',
      good,
      ['--bucket', 'http://127.0.0.1:9'],
      [/^bucket-cors: --bucket stands beside a configuration file.*write it in the file, under the bucket$/],
    ],
    [
      'options of one bucket beside --config',
      good,
      ['--vary', 'store'],
      [/^bucket-cors: --vary stands beside a configuration file.*write it in the file, under the bucket$/],
    ],
    ['a missing file', null, [], [/^bucket-cors: \S*edge\.json can't be read .*ENOENT.*write the path/]],
    [
      'a file that is not JSON',
      '{',
      [],
      [/^bucket-cors: \S*edge\.json: line 1, column 2 not JSON.*write JSON/],
    ],
    [
      'a file with faults, beside a flag with one',
      { prot: 1, drain: 'x', buckets: { one: { bucket: 'ftp://x' } } },
      ['--log-level', 'x'],
      [/--log-level "x"/, /edge\.json: prot /, /edge\.json: drain "x"/, /edge\.json: buckets\.one: bucket/],
    ],
  ])('%s', async (_, content, args, expected) => {
    if (content !== null) await write(content);
    const { code, lines, stdout } = await ended(['serve', ...PORTS, '--config', file, ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(lines).toHaveLength(expected.length);
    for (const line of expected) expect(lines).toContainEqual(expect.stringMatching(line));
  });

  test('a folder that is not there, with its bucket’s name', async () => {
    await write({
      buckets: { one: { bucket: join(folder, 'none') }, two: { bucket: folder, hosts: ['a'] } },
    });
    const { code, lines } = await ended(['serve', ...PORTS, '--config', file]);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^bucket-cors: bucket one: .*ENOENT/)]);
  });
});

describe('--state-dir', () => {
  const state = () => join(folder, 'state');

  /** Serves once from a good store, ends, and takes the store away. */
  async function servedOnce(): Promise<string> {
    const one = await store('https://a.example');
    const edge = await serve('--bucket', one.url, '--state-dir', state());
    expect(await allows(edge, 'https://a.example')).toBe(true);
    await until(async () => (await readdir(state())).some((name) => name.startsWith('rules-')), 'the file');
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
    stores.splice(stores.indexOf(one), 1);
    await one.close();
    return one.url;
  }

  test('serves the last good rules at once when the store is down at the next start', async () => {
    const edge = await serve('--bucket', await servedOnce(), '--state-dir', state());
    const preflight = await call(`${edge.url}/x`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://a.example');
    const failed = async () => /ECONNREFUSED/.test(JSON.stringify((await admin(edge, '/rules')).json));
    await until(failed, 'the failed load');
    const { status, json } = await admin(edge, '/readyz');
    expect([status, json.status]).toEqual([200, 'degraded']);
    expect(json.reasons).toEqual([expect.stringContaining('last good rules')]);
  });

  test('goes on without what is corrupted, with a warning that names the file', async () => {
    const url = await servedOnce();
    const [name = ''] = (await readdir(state())).filter((entry) => entry.startsWith('rules-'));
    await writeFile(join(state(), name), '{"format": 1, "half');
    const edge = await serve('--bucket', url, '--state-dir', state());
    await until(() => linesWith(edge, /is ignored until/).length > 0, 'the warning');
    expect(linesWith(edge, /is ignored until/)).toEqual([
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining(join(state(), name)) }),
    ]);
    await until(async () => (await admin(edge, '/readyz')).status === 503, 'the failed load');
    expect(await allows(edge, 'https://a.example')).toBe(false);
  });

  test('is refused where it can’t be made', async () => {
    await writeFile(join(folder, 'plain'), '');
    const args = ['--bucket', 'http://127.0.0.1:9', '--state-dir', join(folder, 'plain', 'state')];
    const { code, lines } = await ended(['serve', ...PORTS, ...args]);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^bucket-cors: state directory .*ENOTDIR/)]);
  });
});

const installed = spawnSync('redis-server', ['--version']).status === 0;
const skipped = !installed && process.env.CI !== 'true';
const about = skipped ? ' (not run: there is no redis-server; apt-get install redis-server)' : '';

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
    if (!installed) throw new Error('there is no redis-server: apt-get install redis-server');
    const port = await freePort();
    const dir = join(folder, 'redis');
    await mkdir(dir);
    const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
    redis = spawn('redis-server', options.map(String), { stdio: 'ignore' });
    const answers = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true));
        socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
      });
    await until(answers, 'redis-server');
    return `redis://127.0.0.1:${port}`;
  }

  /** Two edges before one store, both with its rules loaded, and none that would load them again by itself. */
  async function two() {
    const [one, url] = [await store('https://a.example'), await openRedis()];
    const args = ['--bucket', one.url, '--rules-ttl', '1h', '--redis', url];
    const [first, second] = [await serve(...args), await serve(...args)];
    for (const edge of [first, second]) expect(await allows(edge, 'https://a.example')).toBe(true);
    await until(() => one.asked() === 2, 'both to have asked');
    one.cors = { status: 200, body: rulesFor('https://b.example') };
    return { one, first, second };
  }

  test('a PUT of the rules through one edge reaches the other', async () => {
    const { one, first, second } = await two();
    const { status } = await call(`${first.url}/?cors`, { method: 'PUT', body: one.cors.body });
    expect(status).toBe(200);
    expect(await allows(first, 'https://b.example')).toBe(true);
    await until(() => allows(second, 'https://b.example'), 'the other edge');
  });

  test('POST /refresh on one edge reaches the other', async () => {
    const { first, second } = await two();
    expect((await admin(first, '/refresh', 'POST')).status).toBe(200);
    await until(() => allows(second, 'https://b.example'), 'the other edge');
  });

  test('edges whose buckets share a name and not a store keep each to its own rules', async () => {
    const [one, two, url] = [
      await store('https://a.example'),
      await store('https://b.example'),
      await openRedis(),
    ];
    const args = ['--config', file, '--redis', url];
    await write({ rulesTtl: '1h', buckets: { media: { bucket: one.url } } });
    const first = await serve(...args);
    expect(await allows(first, 'https://a.example')).toBe(true);
    // Another file, as on another machine.
    file = join(folder, 'other.json');
    await write({ rulesTtl: '1h', buckets: { media: { bucket: two.url } } });
    const second = await serve('--config', file, '--redis', url);
    expect(await allows(second, 'https://a.example')).toBe(false);
    await until(() => allows(second, 'https://b.example'), 'the second one’s own rules');
    // What the second tells the first would have arrived with the answers to these.
    for (let trip = 0; trip < 20; trip += 1) await admin(second, '/refresh', 'POST');
    expect(await allows(first, 'https://a.example')).toBe(true);
    expect(await allows(first, 'https://b.example')).toBe(false);
  });

  test('a new edge serves what another has loaded, with the store down', async () => {
    const { one, first } = await two();
    const args = ['--bucket', one.url, '--redis', String(first.child.spawnargs.at(-1))];
    stores.splice(stores.indexOf(one), 1);
    await one.close();
    const third = await serve(...args);
    expect(await allows(third, 'https://a.example')).toBe(true);
    expect((await admin(third, '/readyz')).json.status).toBe('degraded');
  });
});

test('--redis that is away at the start costs a warning, and not its password', async () => {
  const one = await store('https://a.example');
  const edge = await serve('--bucket', one.url, '--redis', `redis://:geheim@127.0.0.1:${await freePort()}`);
  expect(await allows(edge, 'https://a.example')).toBe(true);
  expect((await admin(edge, '/readyz')).json.status).toBe('ready');
  expect(linesWith(edge, /^Redis at/)).toEqual([
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('is away') }),
  ]);
  expect(edge.stdout() + edge.stderr()).not.toContain('geheim');
});
