import { copyFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { ReplicatedBucket } from '../../../src/node/cluster/messages.ts';
import { reuseUnchanged } from '../../../src/node/cluster/replicated-buckets.ts';
import { admin, edges, linesWith, write } from '../../cli/_edges.ts';
import { PATIENCE, run, stop } from '../../cli/_process.ts';
import { PASSING } from '../../helpers/access.ts';
import { call as callSecurely } from '../../helpers/client.ts';
import { listen } from '../../helpers/listen.ts';
import { behaviour } from '../../helpers/rules.ts';
import { FILES } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { rulesFor, SLOW_BEGIN, SLOW_END } from '../transport/_store.ts';
import { loadByNewConnections } from './_load.ts';
import { roll, serveFor } from './_served.ts';

const { at, store, serve } = edges();
const TWO = ['--workers', '2'];

test('replacing worker processes leaves no new connection without a response', async () => {
  const bucket = await store('https://a.example');
  const edge = await serveFor(60_000, '--bucket', bucket.url, '--drain', '1s', ...TWO);
  try {
    const loading = loadByNewConnections(edge.url, '/x', 4);
    for (let time = 0; time < 2; time += 1) await roll(edge);
    const { good, bad } = await loading.stop();
    expect(bad).toEqual([]);
    expect(good).toBeGreaterThan(50);
  } finally {
    await stop(edge);
  }
});

test('replacing worker processes does not cut off a download that takes longer than --drain', async () => {
  const bucket = await store('https://a.example');
  const edge = await serve('--bucket', bucket.url, '--drain', '0', ...TWO);
  const slow = call(`${edge.url}/slow`);
  await until('the download has begun', () => bucket.waiting() === 1, PATIENCE);
  await roll(edge);
  bucket.release();
  expect((await slow).text).toBe(SLOW_BEGIN + SLOW_END);
});

test('a first request that waits for rules gets them, even if the configuration changes meanwhile', async () => {
  const waitingLoads: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/?cors') waitingLoads.push(response);
    else response.end('hello');
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  try {
    await write(at('edge.json'), { workers: 2, buckets: { b: { bucket: url } } });
    const edge = await serve('--config', at('edge.json'));
    const waiting = call(`${edge.url}/x`, { headers: { Origin: 'https://a.example' } });
    await until('the first load is asked for', () => waitingLoads.length > 0, PATIENCE);
    await write(at('edge.json'), { workers: 2, buckets: { b: { bucket: url, rules: `${url}/?cors` } } });
    const kind = async () => (await admin(edge, '/rules')).json.buckets[0].source.kind;
    await until('the other configuration is served', async () => (await kind()) === 'url', PATIENCE);
    for (const response of waitingLoads) response.end(rulesFor('https://a.example'));
    expect((await waiting).headers['access-control-allow-origin']).toBe('https://a.example');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a broken key file does not stop a new worker process from starting, and all of them get the next good pair', async () => {
  const bucket = await store('https://a.example');
  const files = { cert: at('tls.crt'), key: at('tls.key') };
  const put = (from: string, to: string) => copyFileSync(from, to);
  put(FILES.cert, files.cert);
  put(FILES.key, files.key);
  const tls = ['--tls-cert', files.cert, '--tls-key', files.key];
  const args = ['serve', '--bucket', bucket.url, '--admin-port', '0', '--port', '0', ...tls, ...TWO];
  const edge = run(args, { limit: 60_000 });
  try {
    await edge.address('admin');
    const url = /^edge +(https:\S+)/m.exec(edge.stderr())?.[1] ?? '';
    const trusted = () =>
      callSecurely(url, { target: '/x' }).then(
        ({ status }) => status === 200,
        () => false,
      );
    await write(files.key, 'no key');
    await until(
      'the certificate is refused',
      () => linesWith(edge, /^certificate refused/).length > 0,
      PATIENCE,
    );
    await roll(edge);
    expect(await trusted()).toBe(true);
    put(FILES.cert.replace('cert.pem', 'renewed-cert.pem'), files.cert);
    put(FILES.key.replace('key.pem', 'renewed-key.pem'), files.key);
    // The client does not trust the new pair's authority.
    await until(
      'both worker processes have the new pair',
      async () => !(await trusted()) && !(await trusted()),
      PATIENCE,
    );
    expect(linesWith(edge, /^certificate /).map(({ msg }) => msg)).toEqual([
      'certificate refused, the old one stays',
      'certificate loaded again',
    ]);
  } finally {
    await stop(edge);
  }
});

const BUCKET: ReplicatedBucket = {
  key: 'b-1',
  behaviour: behaviour('oss'),
  access: PASSING,
  route: { name: 'b', address: { base: 'http://b.example', host: 'b.example', path: '' } },
};

test('a bucket stays the same object if its configuration is the same, and does not if an option differs', () => {
  const again = structuredClone(BUCKET);
  expect(reuseUnchanged(BUCKET, again)).toBe(BUCKET);
  expect(reuseUnchanged(undefined, again)).toBe(again);
  const other = { ...again, route: { ...again.route, timeouts: { connect: 1_000, head: 900_000 } } };
  expect(reuseUnchanged(BUCKET, other)).toBe(other);
});
