import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, Agent as KeepingAgent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BucketConfig, readConfigFile } from '../../src/config/file.ts';
import { type Config, readConfig } from '../../src/config/read.ts';
import { type Running, start } from '../../src/node/start.ts';
import { startFaultLines } from '../../src/node/start-fault.ts';
import { call as callRaw } from '../helpers/client.ts';
import { call } from './running.ts';
import { openStore, rulesFor, SLOW_BEGIN, SLOW_END, type Store, until } from './store.ts';

let folder = '';
const stores: Store[] = [];
const edges: Running[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'many-'));
  for (const name of ['red', 'blue']) await openFolder(name);
});
afterEach(async () => {
  for (const store of stores) store.release();
  for (const edge of edges.splice(0)) await edge.close();
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

/** A folder bucket with one object, which is its name, and rules for the web origin of that name. */
async function openFolder(name: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'name.txt'), name);
  await writeFile(join(folder, `${name}.cors.xml`), rulesFor(`https://${name}.example`));
}

async function store(origin: string): Promise<Store> {
  const opened = await openStore(rulesFor(origin));
  stores.push(opened);
  return opened;
}

/** Buckets as a configuration file names them. */
function bucketsOf(buckets: Record<string, Record<string, unknown>>): readonly BucketConfig[] {
  const read = readConfigFile(JSON.stringify({ buckets }), 'edge.json');
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.buckets;
}

const red = (more: Record<string, unknown> = {}) => ({ bucket: join(folder, 'red'), ...more });
const blue = (more: Record<string, unknown> = {}) => ({ bucket: join(folder, 'blue'), ...more });

function processOptions(): Config {
  const texts = { port: '0', adminPort: '0', rulesTtl: '1h', drain: '2s' };
  const given = Object.entries(texts).map(([name, text]) => [name, { place: name, text }]);
  const read = readConfig(Object.fromEntries(given));
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.config;
}

async function running(buckets: Record<string, Record<string, unknown>>): Promise<Running> {
  const log = { write: () => undefined };
  const edge = await start(processOptions(), bucketsOf(buckets), { log, env: {} });
  edges.push(edge);
  return edge;
}

const get = (edge: Running, host: string, path: string, headers: Record<string, string> = {}) =>
  call(edge.url + path, { headers: { Host: host, ...headers } });

async function admin(edge: Running, path: string, method = 'GET') {
  const { status, text } = await call(edge.adminUrl + path, { method });
  return { status, json: JSON.parse(text) };
}

const stateOf = async (edge: Running, name: string): Promise<string> =>
  (await admin(edge, `/rules?bucket=${name}`)).json.buckets[0].state;

describe('a request finds its bucket', () => {
  const ways: readonly (readonly [
    string,
    () => Record<string, Record<string, unknown>>,
    readonly (readonly [host: string, path: string, answer: string])[],
  ])[] = [
    [
      'by host',
      () => ({ red: red({ hosts: ['red.test', 'r.test'] }), blue: blue({ hosts: 'blue.test' }) }),
      [
        ['red.test', '/name.txt', 'red'],
        ['R.test:8080', '/name.txt', 'red'],
        ['blue.test', '/name.txt', 'blue'],
        ['green.test', '/name.txt', 'NoSuchBucket'],
      ],
    ],
    [
      'by prefix',
      () => ({ red: red({ prefix: '/red' }), blue: blue({ prefix: '/red/blue' }) }),
      [
        ['any.test', '/red/name.txt', 'red'],
        ['any.test', '/red/blue/name.txt', 'blue'],
        ['any.test', '/redder/name.txt', 'NoSuchBucket'],
        ['any.test', '/name.txt', 'NoSuchBucket'],
        ['any.test', '/red/blue/../name.txt', 'InvalidURI'],
      ],
    ],
    [
      'by host before prefix, and any other host by the bucket without hosts',
      () => ({ red: red({ hosts: ['red.test'], prefix: '/red' }), blue: blue() }),
      [
        ['red.test', '/red/name.txt', 'red'],
        ['red.test', '/name.txt', 'NoSuchBucket'],
        ['blue.test', '/name.txt', 'blue'],
      ],
    ],
  ];

  test.each(ways)('%s', async (_, buckets, asked) => {
    const edge = await running(buckets());
    for (const [host, path, answer] of asked) {
      // Raw, lest the dot segments be taken out on the way.
      const { status, body } = await callRaw(edge.url, { target: path, headers: ['Host', host] });
      const text = String(body);
      const found = status === 200 ? text : /<Code>(\w+)<\/Code>/.exec(text)?.[1];
      expect([host, path, found]).toEqual([host, path, answer]);
    }
  });

  test('and a host that nobody serves gets a 404 in the store’s shape, which no cache keeps', async () => {
    const edge = await running({ red: red({ hosts: ['red.test'] }) });
    const { status, text, headers } = await get(edge, 'green.test', '/name.txt', {
      Origin: 'https://red.example',
    });
    expect(status).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/xml/);
    expect(text).toMatch(/^<\?xml[^>]*>\s*<Error>\s*<Code>NoSuchBucket<\/Code>/);
    expect(text).toMatch(/<RequestId>[^<]+<\/RequestId>\s*<HostId>green\.test<\/HostId>/);
    expect(headers['access-control-allow-origin']).toBe(undefined);
  });

  test('and keeps the prefix where it is told to', async () => {
    const seen = await store('https://a.example');
    const edge = await running({
      kept: { bucket: seen.url, prefix: '/kept', keepPrefix: true },
      cut: { bucket: seen.url, prefix: '/cut' },
    });
    await get(edge, 'a', '/kept/x?y=1');
    await get(edge, 'a', '/cut/x?y=1');
    expect(seen.seen.filter((line) => line.includes('/x'))).toEqual(['GET /kept/x?y=1', 'GET /x?y=1']);
  });

  test('and is decided by that bucket’s own rules', async () => {
    const edge = await running({ red: red({ hosts: 'red.test' }), blue: blue({ hosts: 'blue.test' }) });
    for (const own of ['red', 'blue'])
      for (const page of ['red', 'blue']) {
        const origin = `https://${page}.example`;
        const { headers } = await get(edge, `${own}.test`, '/name.txt', { Origin: origin });
        expect(headers['access-control-allow-origin']).toBe(own === page ? origin : undefined);
      }
  });

  test('and is answered in that bucket’s dialect', async () => {
    const edge = await running({
      red: red({ hosts: 'red.test', store: 's3' }),
      blue: blue({ hosts: 'blue.test' }),
    });
    const refused = async (host: string) =>
      (
        await call(`${edge.url}/name.txt`, {
          method: 'OPTIONS',
          headers: { Host: host, Origin: 'https://no.example', 'Access-Control-Request-Method': 'GET' },
        })
      ).text;
    const [s3, oss] = [await refused('red.test'), await refused('blue.test')];
    const message = (text: string) => /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
    expect(message(s3)).not.toBe(message(oss));
  });
});

describe('rules', () => {
  test('of preloaded buckets are there without traffic; of others from the first request on', async () => {
    const [early, late] = [await store('https://a.example'), await store('https://b.example')];
    const edge = await running({
      early: { bucket: early.url, hosts: 'early', preload: true },
      late: { bucket: late.url, hosts: 'late' },
    });
    await until(() => early.asked() === 1, 'the preload');
    await until(async () => (await stateOf(edge, 'early')) === 'fresh', 'the early one');
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

  test('that a preloaded bucket lacks make it not ready, with its name; others do not', async () => {
    const [down, late] = [await store(''), await store('')];
    down.cors = late.cors = { status: 503, body: '' };
    const edge = await running({
      down: { bucket: down.url, hosts: 'down', preload: true },
      late: { bucket: late.url, hosts: 'late' },
    });
    await get(edge, 'late', '/x', { Origin: 'https://b.example' });
    await until(async () => (await stateOf(edge, 'down')) === 'unavailable', 'the failure');
    const { status, json } = await admin(edge, '/readyz');
    expect([status, json.status]).toEqual([503, 'not ready']);
    expect(json.reasons).toEqual([expect.stringMatching(/^bucket down has no rules: .*503/)]);
  });
});

describe('admin', () => {
  const both = async () => {
    const edge = await running({ red: red({ hosts: 'red.test' }), blue: blue({ hosts: 'blue.test' }) });
    await get(edge, 'red.test', '/name.txt', { Origin: 'https://red.example' });
    return edge;
  };

  test('/rules tells of all, or of one', async () => {
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
  ])('%s %s: no such bucket, and which there are', async (method, path) => {
    expect(await admin(await both(), path, method)).toEqual({
      status: 404,
      json: { error: 'there is no bucket green', buckets: ['red', 'blue'] },
    });
  });

  test('POST /refresh loads the named one anew, and only that', async () => {
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

  test('POST /refresh loads all anew that have been loaded, and tells a failure with its cause', async () => {
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

describe('other buckets', () => {
  test('take over without a dropped connection or a cut download', async () => {
    const [old, next] = [await store('https://a.example'), await store('https://b.example')];
    const edge = await running({ old: { bucket: old.url } });
    const agent = new KeepingAgent({ keepAlive: true, maxSockets: 1 });
    const ask = (target: string) =>
      callRaw(edge.url, { target, headers: ['Origin', 'https://b.example'], agent });
    const slow = call(`${edge.url}/slow`);
    await until(() => old.waiting() === 1, 'the download');
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
    await writeFile(join(folder, 'red', 'big'), Buffer.alloc(32 * 1024 * 1024, 'x'));
    const edge = await running({ red: red() });
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

  test('that are partly the same keep what is known of those', async () => {
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
    await until(() => allowed('https://b.example'), 'the new rules');
    expect(await allowed('https://a.example')).toBe(false);
  });

  test.each<readonly [string, () => Record<string, Record<string, unknown>>, readonly RegExp[]]>([
    [
      'a missing folder, and a document with faults: told together',
      () => ({
        blue: blue({ hosts: 'blue' }),
        none: { bucket: join(folder, 'none'), hosts: 'none' },
        faulty: red({ hosts: 'faulty', rules: '<CORSConfiguration><CORSRule/></CORSConfiguration>' }),
      }),
      [/^bucket none: .*ENOENT/, /^bucket faulty: --rules/],
    ],
    [
      'keys that are not there',
      () => ({ keyed: { bucket: 'http://127.0.0.1:9', credentials: 'env:NONE', hosts: 'a' }, blue: blue() }),
      [/^bucket keyed: --credentials.*NONE_OSS_ACCESS_KEY_ID/],
    ],
  ])('that are faulty change nothing: %s', async (_, buckets, lines) => {
    const edge = await running({ red: red() });
    const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
    const before = servers();
    const error = await edge.replace(bucketsOf(buckets())).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    const told = startFaultLines(error) ?? [];
    for (const line of lines) expect(told).toContainEqual(expect.stringMatching(line));
    expect((await get(edge, 'a', '/name.txt')).text).toBe('red');
    expect(edge.buckets().map(({ name }) => name)).toEqual(['red']);
    await until(() => servers() === before, 'the new ones to be closed');
  });

  test('that two callers give at the same time: those of the later one stay', async () => {
    const edge = await running({ red: red() });
    const { url } = await store('https://a.example');
    // A folder takes a while to open; an address takes none.
    const first = edge.replace(bucketsOf({ first: blue() }));
    const second = edge.replace(bucketsOf({ second: { bucket: url } }));
    await Promise.all([first, second]);
    expect(edge.buckets().map(({ name }) => name)).toEqual(['second']);
  });

  test('and those that were served before are closed when the edge ends', async () => {
    const servers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
    const before = servers();
    const edge = await running({ red: red() });
    await edge.replace(bucketsOf({ blue: blue() }));
    await edge.close();
    await until(() => servers() === before, 'no server to be left');
  });
});

test('ten thousand buckets: each answers by its own rules, and none is loaded that nobody asked for', async () => {
  const COUNT = 10_000;
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const [, name] = /^\/(b\d+)\//.exec(incoming.url ?? '') ?? [];
    const isRules = incoming.url?.endsWith('/?cors');
    if (isRules) asked.push(String(name));
    outgoing.end(isRules ? rulesFor(`https://${name}.example`) : name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
