import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, corsHeaders, values } from '../../helpers/client.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { collect, say } from '../../helpers/upstream.ts';
import { openWire, type Wire } from '../../helpers/wire.ts';
import type { Edge } from '../../suite/runtime.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from '../../suite/sets.ts';

const HOST = 'bucket.test';
const UPLOADS = 1_000;
const CONNECTIONS = 8;

let edge: Edge;
beforeAll(async () => {
  edge = await openOnNode({ rules: ONE_ORIGIN, buckets: [{ name: 'bucket', hosts: [HOST] }] });
});
beforeEach(() => edge.bucket.reset());
afterAll(async () => {
  await edge.close();
  expect(edge.errors).toEqual([]);
});

const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`;
const expecting = (target: string, length: number, ...more: readonly string[]) =>
  lines(
    ...[`PUT ${target} HTTP/1.1`, `Host: ${HOST}`, 'Expect: 100-continue', `Origin: ${A}`],
    ...[`Content-Length: ${length}`, ...more],
  );

/** Uploads as curl does: the head, a pause until the edge sends 100, the body. Returns the final status. */
async function upload(wire: Wire, target: string, body: string): Promise<number> {
  await wire.send(expecting(target, body.length));
  const interim = await wire.answer('PUT');
  if (interim.status !== 100) return interim.status;
  await wire.send(body);
  return (await wire.answer('PUT')).status;
}

async function withWire<T>(use: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = openWire(edge.url);
  try {
    return await use(wire);
  } finally {
    wire.socket.destroy();
  }
}

const isServed = async () => {
  edge.bucket.reset();
  const answered = await call(edge.url, { target: '/key', headers: ['Host', HOST] });
  expect([answered.status, answered.body.toString()]).toEqual([200, 'the object']);
};

describe('Expect: 100-continue', () => {
  test(`${UPLOADS} uploads with it arrive without it, and a plain request after them is served`, async () => {
    const own = Array.from({ length: CONNECTIONS }, (_, connection) =>
      withWire(async (wire) => {
        for (let at = connection; at < UPLOADS; at += CONNECTIONS)
          expect(await upload(wire, `/${at}`, `body ${at}`)).toBe(200);
      }),
    );
    await Promise.all(own);
    expect(edge.bucket.asked).toHaveLength(UPLOADS);
    for (const asked of edge.bucket.asked) {
      expect(`/${Buffer.concat(asked.body).toString().slice('body '.length)}`).toBe(asked.target);
      expect(values(asked, 'expect')).toEqual([]);
    }
    await isServed();
  });

  test('is answered by the edge, also while the bucket does not answer', async () => {
    let release = () => {};
    edge.bucket.script = (asked, incoming, outgoing) => {
      release = () => {
        collect(asked, incoming);
        incoming.once('end', () => say(outgoing, { status: 200 }));
      };
    };
    await withWire(async (wire) => {
      await wire.send(expecting('/key', 4));
      const interim = await wire.answer('PUT');
      expect(interim).toMatchObject({ status: 100, headers: [] });
      await wire.send('body');
      await expect.poll(() => edge.bucket.asked.length).toBe(1);
      release();
      const answered = await wire.answer('PUT');
      expect(answered.status).toBe(200);
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });
  });

  test('of a client that does not wait for the 100 is served', async () => {
    await withWire(async (wire) => {
      await wire.send(`${expecting('/key', 4, 'Connection: close')}body`);
      const statuses = [(await wire.answer('PUT')).status];
      if (statuses[0] === 100) statuses.push((await wire.answer('PUT')).status);
      expect(statuses.at(-1)).toBe(200);
      expect(await wire.rest()).toEqual(Buffer.alloc(0));
      expect(Buffer.concat(edge.bucket.asked[0]?.body ?? []).toString()).toBe('body');
    });
  });

  test('of HTTP/1.0, which has no 100, is ignored', async () => {
    await withWire(async (wire) => {
      await wire.send(`${expecting('/key', 4).replace('HTTP/1.1', 'HTTP/1.0')}body`);
      expect((await wire.answer('PUT')).status).toBe(200);
    });
  });

  const body = 'Content-Length: 4';
  test.each([
    ['an unknown host', 404, lines('PUT /key HTTP/1.1', 'Host: other.test', body)],
    ['an unknown method', 405, lines('PATCH /key HTTP/1.1', `Host: ${HOST}`, body)],
    ['a URL that is too long', 414, lines(`PUT /${'k'.repeat(9_000)} HTTP/1.1`, `Host: ${HOST}`, body)],
    [
      'headers that are too long',
      431,
      lines('PUT /key HTTP/1.1', `Host: ${HOST}`, `X-A: ${'a'.repeat(20_000)}`, body),
    ],
    [
      'a coding besides chunked',
      501,
      lines('PUT /key HTTP/1.1', `Host: ${HOST}`, 'Transfer-Encoding: gzip, chunked'),
    ],
  ])('with %s is answered %i at once, and no body is asked for', async (_, status, head) => {
    await withWire(async (wire) => {
      await wire.send(head.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
      expect((await wire.answer('PUT')).status).toBe(status);
      expect(edge.bucket.asked).toEqual([]);
    });
    await isServed();
  });
});

const OK = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';

describe('an interim response of a bucket', () => {
  test.each(['GET', 'PUT'])(
    '100 that %s did not expect is a 502, and the next request is served',
    async (method) => {
      edge.bucket.script = (_asked, { socket }) => void socket.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
      const body = method === 'PUT' ? { body: 'body' } : {};
      const answered = await call(edge.url, {
        method,
        target: '/key',
        headers: ['Host', HOST, 'Origin', A],
        ...body,
      });
      expect(answered.status).toBe(502);
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
      await isServed();
    },
  );

  test.each([
    ['103', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('%s, as often as it likes, is neither the answer nor passed on', async (_, interim) => {
    edge.bucket.script = (_asked, { socket }) => void socket.end(interim + interim + OK);
    await withWire(async (wire) => {
      await wire.send(lines('GET /key HTTP/1.1', `Host: ${HOST}`, 'Connection: close'));
      const answered = await wire.answer('GET');
      expect([answered.status, answered.body.toString()]).toEqual([200, 'ok']);
      expect(values(answered, 'link')).toEqual([]);
      expect(await wire.rest()).toEqual(Buffer.alloc(0));
    });
  });

  test('103 before the response to an upload does not change the response', async () => {
    edge.bucket.script = (asked, incoming, outgoing) => {
      collect(asked, incoming);
      outgoing.writeEarlyHints({ link: '</a.css>; rel=preload' });
      incoming.once('end', () => say(outgoing, { status: 200 }));
    };
    expect(await withWire((wire) => upload(wire, '/key', 'a body'))).toBe(200);
    expect(Buffer.concat(edge.bucket.asked[0]?.body ?? []).toString()).toBe('a body');
  });
});
