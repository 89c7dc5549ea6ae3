import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { admin, type Edge, edges, linesWith, write } from '../../cli/_edges.ts';
import { ended, PATIENCE, run, stop } from '../../cli/_process.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { rulesFor, SLOW_BEGIN, SLOW_END, UNAVAILABLE } from '../transport/_store.ts';
import { load } from './_load.ts';
import { client, metric, roll, serveFor, workersOf } from './_served.ts';

const { at, store, serve } = edges();
const TWO = ['--workers', '2'];

type Client = ReturnType<typeof client>;
const clients: Client[] = [];
afterEach(() => {
  for (const { close } of clients.splice(0)) close();
});

/** One client at each of two worker processes: connections are distributed in turn. */
function atBoth(edge: Edge): readonly [Client, Client] {
  const both = [client(edge), client(edge)] as const;
  clients.push(...both);
  return both;
}

const refuses = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true)).once('connect', () => socket.destroy());
  });

const REQUESTS = 'http_server_request_duration_seconds_count';

describe('two worker processes', () => {
  test('serve one port by rules loaded once, get every change of them, and are counted together', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url, '--rules-ttl', '1h', ...TWO);
    const both = atBoth(edge);
    const [one, other] = both;
    for (const each of both) expect(await each.allows('https://a.example')).toBe(true);
    expect(bucket.asked()).toBe(1);
    expect(await metric(edge, REQUESTS)).toBe(2);
    expect(await metric(edge, 'http_client_request_duration_seconds_count')).toBe(2);
    expect(await admin(edge, '/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
    expect(linesWith(edge, /^request$/)).toHaveLength(2);
    if (existsSync('/proc/self')) expect(await workersOf(edge)).toHaveLength(2);

    // A client changes the rules through one of them.
    for (let at = 0; at < 10; at += 1) {
      const origin = `https://${at}.example`;
      bucket.cors = { status: 200, body: rulesFor(origin) };
      expect((await one.put('/?cors')).status).toBe(200);
      expect(await Promise.all([one.allows(origin), other.allows(origin)])).toEqual([true, true]);
    }
    bucket.cors = { status: 200, body: rulesFor('https://b.example') };
    expect((await one.put('/?cors')).status).toBe(200);
    for (const each of both) expect(await each.allows('https://b.example')).toBe(true);
    expect((await admin(edge, '/rules')).json.buckets[0].rules.CORSRule[0]).toMatchObject({
      AllowedOrigin: ['https://b.example'],
    });

    // The operator refreshes them.
    bucket.cors = { status: 200, body: rulesFor('https://c.example') };
    await admin(edge, '/refresh', 'POST');
    for (const each of both)
      await until('each has the new rules', () => each.allows('https://c.example'), PATIENCE);

    // An unreachable store changes nothing.
    bucket.cors = UNAVAILABLE;
    await admin(edge, '/refresh', 'POST');
    expect(await admin(edge, '/readyz')).toMatchObject({ status: 200, json: { status: 'degraded' } });
    for (const each of both) expect(await each.allows('https://c.example')).toBe(true);
  });

  test('serve objects without CORS headers while rules are unavailable, and get the rules when they are loaded', async () => {
    const bucket = await store('https://a.example');
    bucket.cors = UNAVAILABLE;
    const edge = await serve('--bucket', bucket.url, ...TWO);
    const both = atBoth(edge);
    for (const each of both) {
      const { status, headers, text } = await each.get('/x', ['Origin', 'https://a.example']);
      expect([status, text]).toEqual([200, 'hello']);
      expect(headers).not.toContain('https://a.example');
      expect(headers).toContain('no-store');
    }
    expect(await admin(edge, '/readyz')).toMatchObject({ status: 503 });
    bucket.cors = { status: 200, body: rulesFor('https://a.example') };
    for (const each of both)
      await until('each has rules again', () => each.allows('https://a.example'), PATIENCE);
  });

  test('take over a changed configuration file without a dropped connection', async () => {
    const [old, next] = [await store('https://a.example'), await store('https://b.example')];
    await write(at('edge.json'), { workers: 2, buckets: { b: { bucket: old.url } } });
    const edge = await serve('--config', at('edge.json'));
    const both = atBoth(edge);
    const ports: (number | undefined)[] = [];
    for (const each of both) {
      ports.push((await each.get('/x')).port);
      expect(await each.allows('https://a.example')).toBe(true);
    }
    await write(at('edge.json'), { workers: 2, buckets: { b: { bucket: next.url } } });
    for (const [which, each] of both.entries()) {
      await until('the other bucket is served', () => each.allows('https://b.example'), PATIENCE);
      expect((await each.get('/x')).port).toBe(ports[which]);
    }
    await write(at('edge.json'), { workers: 2, buckets: { b: { bucket: 'ftp://b' } } });
    await until(
      'the configuration is refused',
      () => linesWith(edge, /^configuration refused/).length > 0,
      PATIENCE,
    );
    for (const each of both) expect(await each.allows('https://b.example')).toBe(true);
  });

  test('listen on one Unix socket', async () => {
    const bucket = await store('https://a.example');
    const socketPath = at('edge.sock');
    const edge = run(['serve', '--bucket', bucket.url, '--socket', socketPath, '--admin-port', '0', ...TWO]);
    try {
      await edge.address('edge');
      for (let time = 0; time < 2; time += 1) {
        const [answered] = await once(request({ socketPath, path: '/x', agent: false }).end(), 'response');
        expect(answered.resume().statusCode).toBe(200);
      }
      edge.child.kill('SIGTERM');
      expect(await edge.code).toBe(0);
      expect(existsSync(socketPath)).toBe(false);
    } finally {
      await stop(edge);
    }
  });
});

describe('a start with worker processes', () => {
  let taken: Server | undefined;
  afterEach(() => void taken?.close());

  test('reports a port in use once, and exits with 1', async () => {
    const bucket = await store('https://a.example');
    taken = createServer();
    await new Promise<void>((resolve) => taken?.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const args = ['--bucket', bucket.url, '--admin-port', '0', '--port', String(port), '--workers', '3'];
    const { code, lines, stdout } = await ended(['serve', ...args]);
    expect(lines).toEqual([
      `bucket-cors: port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port`,
    ]);
    expect(code).toBe(1);
    expect(stdout).not.toContain('another takes its place');
  });
});

describe('the end of worker processes', () => {
  test('lets a download finish, accepts no connections, and exits with 0', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url, '--drain', '9s', ...TWO);
    const slow = call(`${edge.url}/slow`, { headers: { Connection: 'close' } });
    await until('the download has begun', () => bucket.waiting() === 1, PATIENCE);
    edge.child.kill('SIGTERM');
    await until('connections are refused', () => refuses(edge.url), PATIENCE);
    expect(edge.child.exitCode).toBe(null);
    bucket.release();
    expect((await slow).text).toBe(SLOW_BEGIN + SLOW_END);
    expect(await edge.code).toBe(0);
    expect(edge.stdout()).toMatch(/"path":"\/slow".*"status":200,"code":null/);
  });

  test('follows at once when their primary is killed, even if clients have idle connections', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url, '--drain', '25s', ...TWO);
    for (const each of atBoth(edge)) await each.get('/x');
    const unused = connect(Number(new URL(edge.url).port), '127.0.0.1');
    await once(
      unused.on('error', () => {}),
      'connect',
    );
    const killed = performance.now();
    edge.child.kill('SIGKILL');
    // Standard output closes when the last process that has it exits.
    expect(await edge.code).toBe('killed');
    expect(performance.now() - killed).toBeLessThan(10_000);
    await expect(call(edge.url)).rejects.toThrow();
    unused.destroy();
  });

  test('lets a download finish after their primary is killed, and closes its keep-alive connection', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url, '--drain', '25s', ...TWO);
    const [one] = atBoth(edge);
    const slow = one.get('/slow');
    await until('the download has begun', () => bucket.waiting() === 1, PATIENCE);
    edge.child.kill('SIGKILL');
    await until('connections are refused', () => refuses(edge.url), PATIENCE);
    const released = performance.now();
    bucket.release();
    expect((await slow).text).toBe(SLOW_BEGIN + SLOW_END);
    expect(await edge.code).toBe('killed');
    expect(performance.now() - released).toBeLessThan(10_000);
  });
});

describe.runIf(existsSync('/proc/self'))('a worker process that crashes', () => {
  test('is followed by another, and its counts remain', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url, ...TWO);
    for (const each of atBoth(edge)) await each.get('/x');
    expect(await metric(edge, REQUESTS)).toBe(2);
    const before = await workersOf(edge);
    process.kill(before[0] ?? 0, 'SIGKILL');
    const followed = async () => {
      const now = await workersOf(edge);
      return now.length === 2 && !now.includes(before[0] ?? 0);
    };
    await until('another worker process runs', followed, PATIENCE);
    expect(linesWith(edge, /^a worker ended by SIGKILL; another takes its place$/)).toMatchObject([
      { worker: before[0] },
    ]);
    for (const each of atBoth(edge)) expect((await each.get('/x')).status).toBe(200);
    expect(await metric(edge, REQUESTS)).toBe(4);
    expect(await admin(edge, '/readyz')).toMatchObject({ status: 200 });
  });
});

describe('replacing worker processes', () => {
  test('under constant load fails no request and loses no count', async () => {
    const bucket = await store('https://a.example');
    const edge = await serveFor(60_000, '--bucket', bucket.url, '--drain', '1s', ...TWO);
    try {
      const before = existsSync('/proc/self') ? await workersOf(edge) : [];
      const [idle] = atBoth(edge);
      const { port } = await idle.get('/x');
      const loading = load(edge.url, '/x', 8);
      for (let time = 0; time < 3; time += 1) await roll(edge);
      const { good, bad } = await loading.stop();
      expect(bad).toEqual([]);
      expect(good).toBeGreaterThan(100);
      expect(await metric(edge, REQUESTS)).toBe(1 + good);

      // A connection that was idle meanwhile stays open, and its next response says `Connection: close`.
      const after = await idle.get('/x');
      expect(after.port).toBe(port);
      expect(after.headers.join(' ')).toMatch(/connection close/i);
      expect((await idle.get('/x')).port).not.toBe(port);
      if (before.length === 0) return;
      const gone = async () => (await workersOf(edge)).every((worker) => !before.includes(worker));
      await until('the first worker processes have exited', gone, PATIENCE);
    } finally {
      await stop(edge);
    }
  });

  test('without --workers logs a warning, and the edge goes on', async () => {
    const bucket = await store('https://a.example');
    const edge = await serve('--bucket', bucket.url);
    edge.child.kill('SIGUSR2');
    await until(
      'the warning is logged',
      () => linesWith(edge, /^there are no workers to replace/).length === 1,
      PATIENCE,
    );
    expect((await call(`${edge.url}/x`)).status).toBe(200);
  });
});
