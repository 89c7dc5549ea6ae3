import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Edge, PORTS } from '../../cli/_edges.ts';
import { PATIENCE, type Run, run, stop } from '../../cli/_process.ts';
import { presence } from '../../helpers/program.ts';
import { until } from '../../helpers/until.ts';
import { freePort } from '../_ports.ts';
import { call } from '../_running.ts';
import { metric, workersOf } from '../cluster/_served.ts';
import { openStore, rulesFor, type Store, UNAVAILABLE } from '../transport/_store.ts';
import {
  type Alert,
  dashboard,
  documented,
  expressionsOf,
  type Prometheus,
  startPrometheus,
} from './_prometheus.ts';

const ORIGIN = 'https://a.example';
/** Milliseconds until an edge is killed. */
const EDGE_LIMIT = 120_000;
/** Requests of which each worker process gets at least two, however they are distributed. */
const MANY = 16;
/** Milliseconds beyond the limit of the alert about slow buckets. */
const SLOW = 3_000;
const { skipped, why } = presence('prometheus', '--version', 'prometheus');

async function serve(...args: readonly string[]): Promise<Edge> {
  const started: Run = run(['serve', ...PORTS, ...args], { limit: EDGE_LIMIT });
  return { ...started, url: await started.address('edge'), adminUrl: await started.address('admin') };
}

const inStore = ({ url }: Store, host: string) => ({ bucket: url, hosts: [host] });

describe.skipIf(skipped)(`Prometheus with the examples${why}`, () => {
  const closing: (() => unknown)[] = [];
  let healthy: Edge;
  let faulty: Edge;
  let slow: Store;
  let prometheus: Prometheus;
  const sockets: Socket[] = [];

  const store = async (): Promise<Store> => {
    const opened = await openStore(rulesFor(ORIGIN));
    closing.push(opened.close);
    return opened;
  };

  const ask = ({ url }: Edge, host: string, path: string, more: { method?: string; origin?: string } = {}) =>
    call(url + path, {
      method: more.method ?? 'GET',
      headers: {
        Host: host,
        Origin: more.origin ?? ORIGIN,
        ...(more.method === 'OPTIONS' && { 'Access-Control-Request-Method': 'GET' }),
      },
    });
  const refused = { method: 'OPTIONS', origin: 'https://other.example' };

  /** Waits until two more scrapes have what happened so far. */
  async function scraped(): Promise<void> {
    const count = async () => {
      const found = await prometheus.query('count_over_time(up[1h])');
      return Math.min(...found.map(({ value }) => Number(value[1])));
    };
    const before = await count();
    await until('two more scrapes', async () => (await count()) >= before + 2, PATIENCE);
  }

  /** One request of each kind, so that each series begins before it grows. */
  async function round(): Promise<void> {
    await Promise.all([
      ask(healthy, 'calm', '/x'),
      ask(healthy, 'calm', '/x', { method: 'OPTIONS' }),
      ask(healthy, 'calm', '/x', refused),
      ask(faulty, 'refusing.test', '/x', refused),
      ask(faulty, 'stale.test', '/x'),
      ask(faulty, 'unavailable.test', '/x', { method: 'OPTIONS' }),
      ask(faulty, 'down.test', '/x'),
      ask(faulty, 'slow.test', '/x'),
      call(`${faulty.url}/x`, { method: 'PUT', headers: { Host: 'refusing.test' }, body: 'body' }),
    ]);
  }

  beforeAll(async () => {
    const [calm, refusing, stale, unavailable] = await Promise.all([store(), store(), store(), store()]);
    slow = await store();
    unavailable.cors = UNAVAILABLE;
    const down = `http://127.0.0.1:${await freePort()}`;
    healthy = await serve('--bucket', calm.url, '--rules-ttl', '1s');
    const folder = await mkdtemp(join(tmpdir(), 'metrics-'));
    closing.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'cors.xml'), rulesFor(ORIGIN));
    await writeFile(
      join(folder, 'edge.json'),
      JSON.stringify({
        workers: 2,
        rulesTtl: '1s',
        connections: 2,
        queue: 2,
        clientConnections: 64,
        buckets: {
          refusing: inStore(refusing, 'refusing.test'),
          stale: inStore(stale, 'stale.test'),
          unavailable: inStore(unavailable, 'unavailable.test'),
          slow: inStore(slow, 'slow.test'),
          down: { bucket: down, rules: join(folder, 'cors.xml'), hosts: ['down.test'] },
        },
      }),
    );
    faulty = await serve('--config', join(folder, 'edge.json'));
    closing.push(
      () => stop(healthy),
      () => stop(faulty),
    );
    prometheus = await startPrometheus([healthy, faulty].map(({ adminUrl }) => new URL(adminUrl).host));
    closing.push(prometheus.stop);
    await until('both are scraped', async () => (await prometheus.query('up == 1')).length === 2, PATIENCE);
    await round();
    await scraped();
    stale.cors = UNAVAILABLE;
    for (let at = 0; at < 200; at += 1) await ask(faulty, 'refusing.test', '/x', refused);
    for (let at = 0; at < 5; at += 1) await round();
    // In each worker process one is under way, one waits, and the others are refused.
    const began = performance.now();
    const held = Array.from({ length: MANY }, () => ask(faulty, 'slow.test', '/slow'));
    await scraped();
    const underway = await prometheus.query('bucket_cors_requests_in_flight{bucket="slow"}');
    const queued = await prometheus.query('bucket_cors_requests_queued{bucket="slow"}');
    expect([...underway, ...queued].map(({ value }) => Number(value[1]))).toEqual([4, 2]);
    await until('they are slow', () => performance.now() - began > SLOW, PATIENCE);
    const releasing = setInterval(slow.release, 10);
    await Promise.all(held);
    clearInterval(releasing);
    const { port } = new URL(faulty.url);
    for (let at = 0; at < 100; at += 1)
      sockets.push(connect(Number(port), '127.0.0.1').on('error', () => {}));
    await scraped();
    await round();
    await scraped();
  }, 90_000);

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const close of closing.reverse()) await close();
  });

  test('finds a series for each expression of the dashboard and of docs/metrics.md', async () => {
    const expressions = expressionsOf(await dashboard());
    expect(expressions.length).toBeGreaterThan(20);
    const examples = (await documented()).map((expression) => ['docs/metrics.md', expression] as const);
    expect(examples.length).toBeGreaterThan(5);
    const empty: string[] = [];
    for (const [title, expression] of [...expressions, ...examples])
      if ((await prometheus.query(expression)).length === 0) empty.push(`${title}: ${expression}`);
    expect(empty).toEqual([]);
  });

  const named = ({ labels: { alertname, bucket, reason, instance } }: Alert): string =>
    [alertname, bucket ?? instance, reason].filter(Boolean).join(' ');
  const firing = async () =>
    (await prometheus.alerts())
      .filter(({ state }) => state === 'firing')
      .map(named)
      .sort();

  test('fires the alerts about the faulty edge, and none about the healthy one', async () => {
    const expected = [
      'BucketCorsBucketErrors down',
      'BucketCorsBucketSlow slow',
      'BucketCorsQueueFull slow',
      'BucketCorsRefusalsJump refusing origin_not_allowed',
      'BucketCorsRulesStale stale',
      'BucketCorsRulesUnavailable unavailable',
    ];
    await until('they fire', async () => (await firing()).length >= expected.length, PATIENCE);
    expect(await firing()).toEqual(expected);
    const health = await prometheus.health();
    expect(Object.keys(health)).toHaveLength(9);
    expect(new Set(Object.values(health))).toEqual(new Set(['ok']));
  });

  const gauge = (name: 'in_flight' | 'queued') => metric(faulty, `bucket_cors_requests_${name}`);

  test('clients that leave are no longer under way, and wait no longer', async () => {
    await until('nothing is under way', async () => (await gauge('in_flight')) === 0, PATIENCE);
    const clients = Array.from({ length: MANY }, () => {
      const client = connect(Number(new URL(faulty.url).port), '127.0.0.1').on('error', () => {});
      client.write('GET /slow HTTP/1.1\r\nHost: slow.test\r\n\r\n');
      return client;
    });
    await until('two wait', async () => (await gauge('queued')) === 2, PATIENCE);
    await until('two more have a connection', async () => (await gauge('in_flight')) === 4, PATIENCE);
    for (const client of clients) client.destroy();
    await until('none waits', async () => (await gauge('queued')) === 0, PATIENCE);
    await until('nothing is under way', async () => (await gauge('in_flight')) === 0, PATIENCE);
  });

  test('a worker process that is killed leaves no gauge behind, and an edge that is killed is down', async () => {
    const slowOne = ask(faulty, 'slow.test', '/slow').catch(() => null);
    await until('the request is under way', async () => (await gauge('in_flight')) === 1, PATIENCE);
    for (const worker of await workersOf(faulty)) process.kill(worker, 'SIGKILL');
    await slowOne;
    await until('it is counted no more', async () => (await gauge('in_flight')) === 0, PATIENCE);
    faulty.child.kill('SIGKILL');
    const down = `BucketCorsDown ${new URL(faulty.adminUrl).host}`;
    await until('the alert fires', async () => (await firing()).includes(down), PATIENCE);
  });
});

describe.skipIf(skipped)(`promtool${why}`, () => {
  const promtool = (...args: readonly string[]) => {
    const cwd = fileURLToPath(new URL('../../../examples/prometheus', import.meta.url));
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };

  test.each([
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'alerts.test.yaml'],
  ])('%s %s %s', (...args) => {
    expect(promtool(...args)).toEqual({ status: 0, said: expect.stringContaining('SUCCESS') });
  });
});
