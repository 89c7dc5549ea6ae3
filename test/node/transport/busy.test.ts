import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { begin, call, value } from '../../helpers/client.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { until } from '../../helpers/until.ts';
import type { Edge } from '../../suite/runtime.ts';
import { A, ONE_ORIGIN } from '../../suite/sets.ts';

const WAIT = 150;
let edge: Edge;
/** Responses that the slow bucket has not sent yet. */
let pending: ServerResponse[] = [];

afterEach(async () => {
  for (const outgoing of pending) outgoing.end();
  await edge.close();
});

/** Two buckets at one edge, each with two connections and one place in the queue. `slow` answers when the test says so. */
async function open(wait = 10_000): Promise<void> {
  pending = [];
  edge = await openOnNode(
    {
      rules: ONE_ORIGIN,
      buckets: [
        { name: 'slow', hosts: ['slow.example'] },
        { name: 'quick', hosts: ['quick.example'] },
      ],
    },
    { connections: 2, queue: 1, wait },
  );
  edge.bucketNamed('slow').script = (_, __, outgoing) => void pending.push(outgoing);
}

const get = (name: string) =>
  call(edge.url, { target: '/key', headers: ['Host', `${name}.example`, 'Origin', A] });
const asked = () => edge.bucketNamed('slow').asked.length;

describe('a bucket with as many requests under way as it has connections', () => {
  test('lets one more wait, and refuses the next with Retry-After and CORS headers', async () => {
    await open();
    const first = [get('slow'), get('slow')];
    await until('two requests', () => asked() === 2);
    const two = [get('slow'), get('slow')];
    const refused = await Promise.race(two);
    expect(refused.status).toBe(503);
    expect(refused.body.toString()).toContain('<Code>BucketBusy</Code>');
    expect(value(refused, 'retry-after')).toBe('1');
    expect(value(refused, 'access-control-allow-origin')).toBe(A);
    expect(value(refused, 'cache-control')).toBe('no-store');
    expect(asked()).toBe(2);
    pending.shift()?.end('done');
    await until('the third', () => asked() === 3);
    for (const outgoing of pending) outgoing.end('done');
    expect((await Promise.all([...first, ...two])).map(({ status }) => status).sort()).toEqual([
      200, 200, 200, 503,
    ]);
  });

  test('takes no connection from another bucket', async () => {
    await open();
    const stuck = [get('slow'), get('slow'), get('slow')];
    await until('two requests', () => asked() === 2);
    const quick = await Promise.all(Array.from({ length: 20 }, () => get('quick')));
    // Some of these exceed the other bucket's own limit.
    expect(quick.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
    for (let at = 0; at < 20; at += 1) expect((await get('quick')).status).toBe(200);
    expect(asked()).toBe(2);
    for (const outgoing of pending.splice(0)) outgoing.end();
    await until('the third', () => asked() === 3);
    for (const outgoing of pending) outgoing.end();
    await Promise.all(stuck);
  });

  test('refuses a request that has waited for too long', async () => {
    await open(WAIT);
    const stuck = [get('slow'), get('slow')];
    await until('two requests', () => asked() === 2);
    expect((await get('slow')).status).toBe(503);
    for (const outgoing of pending) outgoing.end();
    await Promise.all(stuck);
  });

  test('never gets a request whose client left while it waited', async () => {
    await open();
    const stuck = [get('slow'), get('slow')];
    await until('two requests', () => asked() === 2);
    const gone = begin(edge.url, { target: '/gone', headers: ['Host', 'slow.example'] });
    gone.on('error', () => undefined).end();
    await once(gone, 'finish');
    // Once this is answered, the edge has read the request before it.
    await get('quick');
    gone.destroy();
    const seen = () => edge.events.some(({ path, code }) => path === '/gone' && code === 'ClientGone');
    await until('the event', seen);
    for (const outgoing of pending.splice(0)) outgoing.end();
    await Promise.all(stuck);
    const after = get('slow');
    await until('the next', () => asked() === 3);
    for (const outgoing of pending) outgoing.end();
    expect((await after).status).toBe(200);
    expect(edge.bucketNamed('slow').asked.map(({ target }) => target)).not.toContain('/gone');
  });
});

describe('a connection that the bucket closes at the moment at which it is reused', () => {
  /** The bucket answers one request, and closes the connection under the next one. */
  async function closing(method: string, body?: string) {
    await open();
    const { bucketNamed } = edge;
    let asked = 0;
    bucketNamed('quick').script = (_, incoming, outgoing) => {
      asked += 1;
      if (asked === 2) incoming.socket.destroy();
      else incoming.resume().on('end', () => outgoing.end('here'));
    };
    await get('quick');
    const answered = await call(edge.url, {
      method,
      headers: ['Host', 'quick.example', 'Origin', A],
      ...(body !== undefined && { body }),
    });
    return { status: answered.status, asked };
  }

  test.each(['GET', 'HEAD'])('is invisible to the client: %s is sent again once', async (method) => {
    expect(await closing(method)).toEqual({ status: 200, asked: 3 });
  });

  test.each([
    ['PUT', 'body'],
    ['POST', 'body'],
    ['PUT', ''],
    ['DELETE', undefined],
    ['GET', 'body'],
  ])('is an error for %s with body %j, which the bucket may already have executed', async (method, body) => {
    expect(await closing(method, body)).toEqual({ status: 502, asked: 2 });
  });

  test('is an error if it happens twice in a row, or on a new connection', async () => {
    await open();
    let asked = 0;
    edge.bucketNamed('quick').script = (_, incoming, outgoing) => {
      asked += 1;
      if (asked === 1) outgoing.end('here');
      else incoming.socket.destroy();
    };
    await get('quick');
    expect((await get('quick')).status).toBe(502);
    // The second attempt was on a new connection; there is no third one.
    expect(asked).toBe(3);
    expect((await get('quick')).status).toBe(502);
    expect(asked).toBe(4);
  });
});
