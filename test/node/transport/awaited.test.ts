import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { toXml } from '../../../src/document/xml.ts';
import { LOAD_TIMEOUT } from '../../../src/rules/load.ts';
import { call, corsHeaders, dial, element, rawly } from '../../helpers/client.ts';
import { callH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { say } from '../../helpers/upstream.ts';
import { A, EVERYBODY, ONE_ORIGIN } from '../../suite/sets.ts';
import { openRaw, type RawBucket } from '../server/_raw.ts';

const opened: { bucket?: RawBucket; edge?: NodeEdge } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.bucket?.close();
  expect(opened.edge?.errors).toEqual([]);
});

/** An edge whose bucket answers every write of its rules by `act`, and whose next load ends when the test says so. */
async function open(act: Parameters<typeof openRaw>[0], { secure = false, most = 128 } = {}) {
  // The body of a request may arrive by itself.
  const bucket = await openRaw((socket, text, times) => {
    if (/^[A-Z]+ \//.test(text)) act(socket, text, times);
  });
  const edge = await openOnNode(
    { rules: ONE_ORIGIN, buckets: [{ name: 'bucket', url: bucket.url }] },
    { connections: most, queue: 8, wait: 5_000 },
    secure ? { certificate: certificate() } : undefined,
  );
  Object.assign(opened, { bucket, edge });
  const loads: ServerResponse[] = [];
  edge.bucket.rules = (_asked, _incoming, outgoing) => void loads.push(outgoing);
  const order: string[] = [];
  return {
    edge,
    order,
    loading: () => until('the rules are loaded again', () => loads.length > 0),
    load: () => {
      order.push('loaded');
      for (const outgoing of loads.splice(0)) say(outgoing, { status: 200, body: toXml(EVERYBODY) });
    },
  };
}

const answer =
  (text: string, close = false) =>
  (socket: Socket) => {
    socket.write(text);
    if (close) socket.end();
  };
const HEAD = 'HTTP/1.1 200 OK\r\nX-Bucket: own\r\n';

const ANSWERS: readonly (readonly [
  what: string,
  act: (socket: Socket) => void,
  status: number,
  body: string,
])[] = [
  ['no body', answer(`${HEAD}Content-Length: 0\r\n\r\n`), 200, ''],
  ['no body, and a closed connection', answer(`${HEAD}Content-Length: 0\r\n\r\n`, true), 200, ''],
  ['204', answer('HTTP/1.1 204 No Content\r\n\r\n'), 204, ''],
  ['a body', answer(`${HEAD}Content-Length: 5\r\n\r\nhello`), 200, 'hello'],
  ['a body, and a closed connection', answer(`${HEAD}Content-Length: 5\r\n\r\nhello`, true), 200, 'hello'],
  ['chunks', answer(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`), 200, 'hello'],
  ['a body that ends with the connection', answer(`${HEAD}\r\nhello`, true), 200, 'hello'],
  [
    'a body of a megabyte',
    answer(`${HEAD}Content-Length: 1048576\r\n\r\n${'x'.repeat(1048576)}`),
    200,
    'x'.repeat(1048576),
  ],
];

describe('a write of the rules that the bucket answers with', () => {
  test.each(ANSWERS)('%s is answered when the load has ended', async (_, act, status, body) => {
    const { edge, order, loading, load } = await open(act);
    const written = call(edge.url, { method: 'PUT', target: '/?cors', body: 'rules' }).then((answered) => {
      order.push('answered');
      return answered;
    });
    await loading();
    load();
    const answered = await written;
    expect(order).toEqual(['loaded', 'answered']);
    expect(answered.status).toBe(status);
    expect(answered.body.toString()).toBe(body);
    expect(answered.complete).toBe(true);
    await until('the request has an event', () => edge.events.length === 1);
    expect(edge.events[0]).toMatchObject({ status, code: null, sent: body.length, received: 5 });
    // The next request already has them.
    const next = await call(edge.url, {
      method: 'PUT',
      target: '/key',
      headers: ['Origin', 'https://b.example'],
    });
    expect(corsHeaders(next)['access-control-allow-origin']).toBe('*');
  });

  test.each(ANSWERS)('%s reaches a client of HTTP/1.0 whole', async (_, act, status, body) => {
    const { edge, order, loading, load } = await open(act);
    const written = rawly(edge.url, 'DELETE /?cors HTTP/1.0\r\nHost: h\r\n\r\n').then((text) => {
      order.push('answered');
      return text;
    });
    await loading();
    load();
    const text = await written;
    expect(order).toEqual(['loaded', 'answered']);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(body);
  });

  test.each(ANSWERS)('%s reaches a client of HTTP/2 whole', async (_, act, status, body) => {
    const { edge, loading, load } = await open(act, { secure: true });
    const session = await h2(edge.url);
    const written = callH2(session, { ':method': 'DELETE', ':path': '/?cors' });
    await loading();
    load();
    const answered = await written;
    expect(answered.status).toBe(status);
    expect(answered.body.toString()).toBe(body);
    session.close();
  });
});

describe('while a write of the rules waits for their load', () => {
  const BODY = `${HEAD}Content-Length: 5\r\n\r\nhello`;

  test('a client may leave, and the bucket serves the next request', async () => {
    const { edge, loading, load } = await open(answer(BODY), { most: 1 });
    const socket = dial(edge.url);
    socket.write('PUT /?cors HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
    await loading();
    socket.destroy();
    await until('the request has an event', () => edge.events.length === 1);
    expect(edge.events[0]).toMatchObject({ status: null, code: 'ClientGone' });
    load();
    expect((await call(edge.url, { target: '/key' })).body.toString()).toBe('hello');
  });

  test('a bucket that breaks off in its body makes the answer an error', async () => {
    const { edge, loading, load } = await open((socket) => {
      socket.write(`${HEAD}Content-Length: 50\r\n\r\nhello`);
      setTimeout(() => socket.resetAndDestroy(), 30);
    });
    const written = call(edge.url, { method: 'PUT', target: '/?cors' });
    await loading();
    const answered = await written;
    expect(answered.status).toBe(502);
    expect(element(answered, 'Code')).toBe('BucketBrokeOff');
    load();
    expect(edge.events).toMatchObject([{ status: 502, code: 'BucketBrokeOff' }]);
  });

  test('other requests for the bucket wait too, and get the new rules', async () => {
    const { edge, loading, load } = await open(answer(BODY));
    const written = call(edge.url, { method: 'PUT', target: '/?cors' });
    await loading();
    const other = call(edge.url, { target: '/key', headers: ['Origin', 'https://b.example'] });
    load();
    expect(corsHeaders(await other)['access-control-allow-origin']).toBe('*');
    expect((await written).status).toBe(200);
  });

  test('the answer is sent at the time limit of the load', async () => {
    const { edge } = await open(answer(BODY));
    const began = performance.now();
    const answered = await call(edge.url, { method: 'PUT', target: '/?cors', headers: ['Origin', A] });
    expect(answered.body.toString()).toBe('hello');
    expect(performance.now() - began).toBeLessThan(LOAD_TIMEOUT + 2_000);
    expect(performance.now() - began).toBeGreaterThan(LOAD_TIMEOUT - 500);
  });
});
