import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { value } from '../../helpers/client.ts';
import { openUpstream, type Upstream } from '../../helpers/upstream.ts';
import { configOf, type Started, startEdge } from '../_running.ts';

let bucket: Upstream;
beforeAll(async () => {
  bucket = await openUpstream('none');
});
beforeEach(() => bucket.reset());
afterAll(() => bucket.close());

/** The headers that the bucket received through an edge with these options, and the edge's warnings. */
async function passedBy(options: Readonly<Record<string, string>>) {
  const edge: Started = await startEdge(configOf({ bucket: bucket.url, ...options }));
  try {
    const headers = { host: 'edge.example', 'x-forwarded-for': '203.0.113.7' };
    expect((await edge.call('/key', { headers })).status).toBe(200);
    const asked = bucket.asked.at(-1);
    if (asked === undefined) throw new Error('the bucket was not asked');
    const warned = edge.logged().filter(({ level }) => level === 'warn');
    return { of: (name: string) => value(asked, name), warned: warned.map(({ msg }) => msg) };
  } finally {
    await edge.close();
  }
}

test('by default an edge sends the bucket’s own Host, and discards X-Forwarded-For of clients', async () => {
  const { of, warned } = await passedBy({});
  expect(of('host')).toBe(bucket.host);
  expect(of('x-forwarded-for')).toBe('127.0.0.1');
  expect(warned).toEqual([]);
});

test('with trustForwarded an edge passes on X-Forwarded-For of clients', async () => {
  const { of } = await passedBy({ trustForwarded: 'true' });
  expect(of('x-forwarded-for')).toBe('203.0.113.7, 127.0.0.1');
});

test('with keepHost an edge sends the client’s Host, and warns that it sends any Host', async () => {
  const { of, warned } = await passedBy({ keepHost: 'true' });
  expect(of('host')).toBe('edge.example');
  expect(warned).toEqual([expect.stringMatching(/^--keep-host: .*any other bucket/)]);
});

test('each edge has another random name in Via', async () => {
  const [one, other] = [(await passedBy({})).of('via'), (await passedBy({})).of('via')];
  expect(one).toMatch(/^1\.1 bucket-cors-[0-9a-f]{8}$/);
  expect(other).toMatch(/^1\.1 bucket-cors-[0-9a-f]{8}$/);
  expect(one).not.toBe(other);
});
