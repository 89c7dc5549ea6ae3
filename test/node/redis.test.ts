import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRedis, type Redis } from '../../src/node/redis.ts';
import { startFaultLines } from '../../src/node/start-fault.ts';
import type { BusMessage } from '../../src/rules/bus.ts';
import { MAX_KEPT_BYTES } from '../../src/rules/keep.ts';
import type { LastGood } from '../../src/rules/ledger.ts';
import { versionOf } from '../../src/rules/version.ts';
import { rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';

const PASSWORD = 'p@ss/w%rd';
const installed = spawnSync('redis-server', ['--version']).status === 0;
const skipped = !installed && process.env.CI !== 'true';
const about = skipped ? ' (not run: there is no redis-server; apt-get install redis-server)' : '';

const closing: (() => Promise<unknown>)[] = [];
let told: string[] = [];
const warn = (message: string) => void told.push(message);
beforeEach(() => {
  told = [];
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(url: string): Promise<Redis & { heard: BusMessage[] }> {
  const redis = await openRedis(url, warn);
  closing.push(redis.close);
  const heard: BusMessage[] = [];
  redis.bus.subscribe((message) => heard.push(message));
  return { ...redis, heard };
}

const lastGood = async (origin: string): Promise<LastGood> => {
  const ruleSet = { rules: [rule({ allowedOrigins: [origin] })], responseVary: false };
  const version = await versionOf(ruleSet);
  return { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt: 2 };
};

const listening = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

describe('a URL that is none of Redis', () => {
  test.each([
    ['secret', /is not a URL/],
    ['redis://127.0.0.1:99999', /is not a URL/],
    ['secret:x@127.0.0.1:6379', /begins with neither/],
    ['http://:secret@127.0.0.1', /begins with neither/],
    ['redis:127.0.0.1', /names no host/],
    ['redis://:secret@127.0.0.1/rules', /not the number of a database/],
    ['redis://127.0.0.1?password=secret', /has a query/],
    ['redis://:secret%@127.0.0.1', /stray %/],
  ])('%s is refused without being repeated', async (url, reason) => {
    const error = await openRedis(url, warn).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    const [line, ...more] = startFaultLines(error) ?? [];
    expect(line).toMatch(reason);
    expect(line).toContain('write redis://HOST:PORT');
    expect(line).not.toContain('secret');
    expect(more).toEqual([]);
  });
});

describe('without a server', () => {
  test('opens all the same, gives nothing, drops what is written, and says so once', async () => {
    const redis = await open(`redis://:secret@127.0.0.1:${await freePort()}`);
    expect(told).toEqual([
      expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ is away: .*ECONNREFUSED/),
    ]);
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    redis.bus.publish({ kind: 'refresh', bucket: null });
    expect(told).toHaveLength(1);
  });

  test('one that takes the connection and says nothing is away too', async () => {
    const server = createServer(() => undefined);
    const port = await listening(server);
    closing.push(async () => server.close());
    const redis = await open(`redis://127.0.0.1:${port}/1`);
    expect(told).toEqual([expect.stringContaining('is away')]);
    expect(await redis.keep.read('b')).toBeNull();
  });
});

describe.skipIf(skipped)(`with a server${about}`, () => {
  let folder = '';
  let port = 0;
  let server: ChildProcess | null = null;

  async function start(...more: string[]): Promise<void> {
    const options = [
      '--port',
      port,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ];
    const started = spawn('redis-server', [...options.map(String), ...more], { stdio: 'ignore' });
    server = started;
    const answers = async () => {
      const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
      client.on('error', () => undefined);
      // One that wants a password answers as well.
      const answer = await client.connect().then(
        () => 'ready',
        (error: unknown) => String(error),
      );
      client.destroy();
      return answer === 'ready' || /NOAUTH/.test(answer);
    };
    await until('redis-server answers', answers);
  }

  async function stop(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  /** Sends one command as a stranger would. */
  async function stranger(...words: string[]): Promise<unknown> {
    const client = createClient({ socket: { host: '127.0.0.1', port } });
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  const url = (credentials = '') => `redis://${credentials}127.0.0.1:${port}`;

  beforeAll(async () => {
    if (!installed) throw new Error('there is no redis-server: apt-get install redis-server');
    folder = await mkdtemp(join(tmpdir(), 'redis-'));
  });
  beforeEach(async () => {
    port = await freePort();
  });
  afterEach(stop);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('instances share rules, and messages reach the others and not their sender', async () => {
    await start();
    const [one, two, three] = [await open(url()), await open(url()), await open(url())];
    const kept = await lastGood('https://a');
    await one.keep.write('b', kept);
    expect(await two.keep.read('b')).toEqual(kept);
    expect(await two.keep.read('c')).toBeNull();
    one.bus.publish({ kind: 'changed', bucket: 'b', version: kept.version });
    await until('the others hear', () => two.heard.length === 1 && three.heard.length === 1);
    two.bus.publish({ kind: 'refresh', bucket: null });
    // The channel keeps the order: an echo of the first message would stand before this.
    await until('the first hears', () => one.heard.length === 1 && three.heard.length === 2);
    expect(one.heard).toEqual([{ kind: 'refresh', bucket: null }]);
    expect(two.heard).toEqual([{ kind: 'changed', bucket: 'b', version: kept.version }]);
    expect(await stranger('TTL', 'bucket-cors:rules:b')).toBe(-1);
    expect(told).toEqual([]);
  });

  test('what was written right before the end arrives; one that has ended neither hears nor speaks', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    const writing = one.keep.write('b', await lastGood('https://a'));
    await one.close();
    await writing;
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    one.bus.publish({ kind: 'refresh', bucket: 'b' });
    expect(await one.keep.read('b')).toBeNull();
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('nobody listens but the second', async () => {
      const [, count] = (await stranger('PUBSUB', 'NUMSUB', 'bucket-cors:bus')) as [string, number];
      return count === 1;
    });
    expect([one.heard, two.heard, told]).toEqual([[], [], []]);
  });

  test('a server that is killed is missed once, and found again with its messages once it is back', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    await stop();
    await until('both have missed it', () => told.length === 2);
    expect(await one.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://lost'));
    await start();
    await until('both have found it', () => told.length === 4);
    expect(told.map((message) => /is (away|back)/.exec(message)?.[1])).toEqual([
      'away',
      'away',
      'back',
      'back',
    ]);
    expect(await two.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://a'));
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('the other hears again', () => one.heard.length === 1);
    expect(told).toHaveLength(4);
  });

  test('a server that starts later is found', async () => {
    const redis = await open(url());
    await start();
    await until('it is found', () => told.length === 2);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('a server that stands still gives null within the limit, is told of, and found when it goes on', async () => {
    await start();
    const redis = await open(url());
    server?.kill('SIGSTOP');
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    expect(told).toEqual([
      expect.stringContaining('reading bucket-cors:rules:b in Redis at'),
      expect.stringContaining('writing bucket-cors:rules:b in Redis at'),
    ]);
    expect(told[0]).toContain('no answer within 500 ms');
    await until('it is missed', () => told.length === 3);
    expect(told[2]).toMatch(/is away: no answer within 1000 ms/);
    server?.kill('SIGCONT');
    await until('it is found', () => told.length === 4);
    await redis.keep.write('b', await lastGood('https://b'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://b'));
  });

  test('the right password opens, a wrong one is told of without being repeated', async () => {
    await start('--requirepass', PASSWORD);
    const right = await open(url(`:${encodeURIComponent(PASSWORD)}@`));
    await right.keep.write('b', await lastGood('https://a'));
    expect(await right.keep.read('b')).toEqual(await lastGood('https://a'));
    expect(told).toEqual([]);
    const wrong = await open(url('default:guessed-it@'));
    expect(await wrong.keep.read('b')).toBeNull();
    const none = await open(url());
    expect(await none.keep.read('b')).toBeNull();
    expect(told).toEqual([expect.stringMatching(/WRONGPASS/), expect.stringMatching(/NOAUTH/)]);
    expect(told.join()).not.toMatch(/guessed-it|p@ss|p%40ss/);
  });

  test.each<[string, string[], RegExp]>([
    ['text', ['SET', 'bucket-cors:rules:b', 'garbage'], /bucket-cors:rules:b is not whole/],
    ['foreign JSON', ['SET', 'bucket-cors:rules:b', '{"format":2}'], /not of format 1/],
    ['a flood', ['SETRANGE', 'bucket-cors:rules:b', `${MAX_KEPT_BYTES * 3}`, 'x'], /over 1048576 bytes/],
    ['a list', ['RPUSH', 'bucket-cors:rules:b', 'x'], /WRONGTYPE/],
  ])('%s in the key is ignored with a warning and mended by the next write', async (_, words, fault) => {
    await start();
    const redis = await open(url());
    await stranger(...words);
    expect(await redis.keep.read('b')).toBeNull();
    expect(told).toEqual([expect.stringMatching(fault)]);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('garbage on the channel is ignored and told of once', async () => {
    await start();
    const redis = await open(url());
    const message = { kind: 'refresh', bucket: 'b' };
    const garbage = [
      '',
      'x',
      'null',
      '[]',
      '{"from":"x"}',
      JSON.stringify({ from: 'x', message: { kind: 'stop' } }),
    ];
    const long = JSON.stringify({ from: 'x', message, more: 'x'.repeat(9_000) });
    for (const text of [...garbage, long]) await stranger('PUBLISH', 'bucket-cors:bus', text);
    await stranger('PUBLISH', 'bucket-cors:bus', JSON.stringify({ from: 'x', message }));
    await until('the good one arrives', () => redis.heard.length === 1);
    expect(redis.heard).toEqual([message]);
    expect(told).toEqual([expect.stringContaining('bucket-cors:bus carries what is no message')]);
  });

  test('a refused write is told of once, until one works', async () => {
    await start();
    const redis = await open(url());
    await stranger('CONFIG', 'SET', 'maxmemory', '1');
    for (const name of ['b', 'c']) await redis.keep.write(name, await lastGood('https://a'));
    expect(told).toEqual([expect.stringMatching(/^writing bucket-cors:rules:b in Redis at .* failed: OOM/)]);
  });

  test('rediss:// speaks TLS with a server whose certificate holds, and with no other', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
    const [key, certificate] = [fixture('key.pem'), fixture('cert.pem')];
    const tlsPort = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    await start('--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no');
    await stranger('SET', 'bucket-cors:rules:b', 'garbage');
    await open(`rediss://127.0.0.1:${tlsPort}`);
    expect(told).toEqual([expect.stringMatching(/^Redis at rediss:.* is away: self-signed certificate/)]);
    const script = join(folder, 'tls.mjs');
    const module = new URL('../../src/node/redis.ts', import.meta.url).href;
    await writeFile(
      script,
      `const { openRedis } = await import('${module}');
      const redis = await openRedis(process.argv[2], (message) => process.send(message));
      await redis.keep.read('b');
      await redis.close();
      process.disconnect();`,
    );
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
    const child = fork(script, [`rediss://127.0.0.1:${tlsPort}`], { execArgv: [], env });
    closing.push(async () => child.kill('SIGKILL'));
    // Only a connection that stands can find out what is in the key.
    expect(await once(child, 'message')).toEqual([expect.stringContaining('is not whole'), undefined]);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
