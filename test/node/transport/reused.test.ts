import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

const CLOSINGS = 200;
const CLIENTS = 8;
const WRITES = ['PUT', 'POST', 'DELETE'];

const opened: { edge?: NodeEdge; raw?: RawBucket } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.raw?.close();
  expect(opened.edge?.errors).toEqual([]);
  delete opened.raw;
});

/** Counts the arrivals of each target. */
const countOf = (arrivals: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const target of arrivals) counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
};

describe(`a bucket that closes ${CLOSINGS} connections at the moment at which they are used again, under load`, () => {
  /** The bucket takes each request's first arrival on a connection that has carried another, and closes it. */
  async function underLoad(methodOf: (at: number) => string) {
    const edge = await openOnNode({});
    opened.edge = edge;
    const arrivals: string[] = [];
    const cut = new Set<string>();
    const carried = new WeakSet<object>();
    edge.bucket.script = ({ target }, incoming: IncomingMessage, outgoing: ServerResponse) => {
      arrivals.push(target);
      const isReused = carried.has(incoming.socket);
      carried.add(incoming.socket);
      if (isReused && !cut.has(target)) {
        cut.add(target);
        incoming.socket.destroy();
      } else incoming.resume().on('end', () => outgoing.end('here'));
    };
    const statuses: (readonly [string, number])[] = [];
    let next = 0;
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        while (cut.size < CLOSINGS && next < 20 * CLOSINGS) {
          const at = next++;
          const method = methodOf(at);
          const body = method === 'PUT' || method === 'POST' ? { body: `${at}` } : {};
          const answered = await call(edge.url, { method, target: `/${method}/${at}`, ...body });
          statuses.push([method, answered.status]);
        }
      }),
    );
    expect(cut.size).toBeGreaterThanOrEqual(CLOSINGS);
    return { arrivals: countOf(arrivals), statuses, cut };
  }

  test('loses no GET and no HEAD', async () => {
    const { statuses, arrivals, cut } = await underLoad((at) => (at % 4 === 3 ? 'HEAD' : 'GET'));
    expect(statuses.filter(([, status]) => status !== 200)).toEqual([]);
    for (const [target, count] of arrivals) expect(count).toBe(cut.has(target) ? 2 : 1);
  });

  test('gets no other request twice, and each one that it cut off is an error', async () => {
    const { statuses, arrivals, cut } = await underLoad((at) => WRITES[at % WRITES.length] ?? '');
    expect([...arrivals].filter(([, count]) => count !== 1)).toEqual([]);
    expect(statuses.filter(([, status]) => status !== 200)).toHaveLength(cut.size);
  });
});

test(`no GET is lost while its bucket closes ${CLOSINGS} idle connections, about when each is used again`, async () => {
  const raw = await openRaw((socket, _text, times) => {
    if (!socket.writable) return;
    socket.write(OK);
    // Before, at and after the arrival of the next request.
    if (times % 4 === 0) socket.end();
    else if (times % 4 === 1) setImmediate(() => socket.end());
    else setTimeout(() => socket.end(), (times % 4) - 1);
  });
  opened.raw = raw;
  const edge = await openOnNode({ buckets: [{ name: 'bucket', url: raw.url }] });
  opened.edge = edge;
  for (let at = 0; at < CLOSINGS; at += 1) {
    const answered = await call(edge.url, { target: `/${at}` });
    expect([answered.status, answered.body.toString(), answered.complete]).toEqual([200, 'ok', true]);
  }
});
