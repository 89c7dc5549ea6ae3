import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PORTS } from '../../cli/_edges.ts';
import { run, stop } from '../../cli/_process.ts';
import { call as callEdge, dial, element } from '../../helpers/client.ts';
import { callH2, h2 } from '../../helpers/h2.ts';
import { listen } from '../../helpers/listen.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { openUpstream } from '../../helpers/upstream.ts';
import { call, configOf, startEdge } from '../_running.ts';
import { bucketsOf, running, useBuckets } from '../buckets/_buckets.ts';
import { rulesFor } from '../transport/_store.ts';

useBuckets();
const ends: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A bucket that answers with `act`. */
async function bucket(): Promise<Awaited<ReturnType<typeof openUpstream>>> {
  const opened = await openUpstream('none');
  ends.push(opened.close);
  return opened;
}

/** Accepts connections, and never completes a TLS handshake. */
async function mute(): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  const port = await listen(server);
  ends.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `https://127.0.0.1:${port}`;
}

const timed = async (url: string, host: string) => {
  const before = performance.now();
  const answered = await call(url, { headers: { Host: host } });
  return { ...answered, after: performance.now() - before };
};

describe('two buckets at one address', () => {
  test('each have their own limit on the wait for the head', async () => {
    const slow = await bucket();
    slow.script = (_asked, _incoming, outgoing) => void setTimeout(() => outgoing.end('done'), 2_500);
    const edge = await running({
      short: { bucket: slow.url, hosts: 'short', bucketHeadTimeout: '1s' },
      long: { bucket: slow.url, hosts: 'long', bucketHeadTimeout: '10s' },
    });
    const [short, long] = await Promise.all([timed(edge.url, 'short'), timed(edge.url, 'long')]);
    expect([short.status, long.status]).toEqual([504, 200]);
    expect(short.text).toContain('<Code>BucketHeadTimeout</Code>');
  });

  test('each have their own limit on the wait for a connection', async () => {
    const url = await mute();
    const rules = rulesFor('https://a.example');
    const edge = await running({
      short: { bucket: url, hosts: 'short', bucketConnectTimeout: '1s', rules },
      long: { bucket: url, hosts: 'long', bucketConnectTimeout: '3s', rules },
    });
    const [short, long] = await Promise.all([timed(edge.url, 'short'), timed(edge.url, 'long')]);
    for (const { text } of [short, long]) expect(text).toContain('<Code>BucketConnectTimeout</Code>');
    expect(short.after).toBeLessThan(2_500);
    expect(long.after).toBeGreaterThan(2_500);
  });
});

test('a limit that changes in the configuration file applies from the next request on', async () => {
  const slow = await bucket();
  slow.script = () => {};
  const places = (bucketHeadTimeout: string) => ({ slow: { bucket: slow.url, bucketHeadTimeout } });
  const edge = await running(places('1m'));
  await edge.replace(bucketsOf(places('1s')));
  expect((await call(edge.url)).text).toContain('<Code>BucketHeadTimeout</Code>');
});

test('worker processes have the configured limits', { timeout: 60_000 }, async () => {
  const slow = await bucket();
  slow.script = () => {};
  const flags = ['--workers', '2', '--bucket-head-timeout', '1s', '--max-url', '512'];
  const edge = run(['serve', ...PORTS, '--bucket', slow.url, ...flags]);
  ends.push(() => stop(edge));
  const url = await edge.address('edge');
  expect((await call(`${url}/key`)).text).toContain('<Code>BucketHeadTimeout</Code>');
  expect((await call(`${url}/${'a'.repeat(512)}`)).text).toContain('longer than 512 bytes');
});

/** An edge whose transfers may stall for a second. */
async function impatient() {
  const upstream = await bucket();
  const edge = await startEdge(configOf({ bucket: upstream.url, idleTimeout: '1s' }));
  ends.push(edge.close);
  return { upstream, edge };
}

describe('with --idle-timeout 1s', () => {
  test('a download that stalls for longer is aborted', async () => {
    const { upstream, edge } = await impatient();
    upstream.script = (_asked, _incoming, outgoing) =>
      void outgoing.writeHead(200, { 'Content-Length': 10 }).write('begun');
    expect(await callEdge(edge.url)).toMatchObject({ status: 200, complete: false });
    await until('the log has it', () => edge.logged().some(({ code }) => code === 'BucketIdleTimeout'));
  });

  test('a client that stops in its upload gets 408 before its connection is closed', async () => {
    const { edge } = await impatient();
    const client = dial(edge.url);
    ends.push(async () => void client.destroy());
    let text = '';
    client.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    client.write('PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nbegun');
    await until('it is answered', () => text.includes('<Code>ClientTimeout</Code>'));
  });

  test.each([
    ['GET', undefined],
    ['POST', '<CompleteMultipartUpload/>'],
  ])('a client that waits longer for the bucket’s head gets its answer to %s', async (method, body) => {
    const { upstream, edge } = await impatient();
    upstream.script = (_asked, incoming, outgoing) => {
      incoming.resume();
      setTimeout(() => outgoing.end('done'), 2_300);
    };
    const answered = await callEdge(edge.url, { method, target: '/key', ...(body && { body }) });
    expect([answered.status, String(answered.body)]).toEqual([200, 'done']);
  });
});

describe.each([
  ['the usual limits', { target: 8_192, headers: 16_384 }],
  ['the widest limits', { target: 65_536, headers: 131_072 }],
])('with %s', (_, limits) => {
  const target = `/${'a'.repeat(limits.target)}`;
  const large = Math.floor(limits.headers / 4);
  const headers = ['b', 'c', 'd', 'e'].flatMap((name) => [`x-${name}`, name.repeat(large)]);

  test('a longer head gets an error in XML over HTTP/1.1', async () => {
    const edge = await openOnNode({ limits });
    ends.push(edge.close);
    expect(element(await callEdge(edge.url, { target, headers }), 'Code')).toBe('URITooLong');
    expect(element(await callEdge(edge.url, { headers }), 'Code')).toBe('RequestHeaderTooLarge');
  });

  test('a longer head gets an error in XML over HTTP/2', async () => {
    const edge = await openOnNode({ limits }, undefined, { certificate: certificate() });
    ends.push(edge.close);
    const session = await h2(edge.url);
    ends.push(async () => session.destroy());
    const given = Object.fromEntries(
      headers.map((name, at) => [name, headers[at + 1]]).filter((_pair, at) => at % 2 === 0),
    );
    expect(element(await callH2(session, { ':path': target, ...given }), 'Code')).toBe('URITooLong');
    expect(element(await callH2(session, { ':path': '/', ...given }), 'Code')).toBe('RequestHeaderTooLarge');
  });
});
