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

/** What the bucket was told of a request to an edge with these options; and what the edge's log warned of. */
async function toldBy(options: Readonly<Record<string, string>>) {
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

test('an edge sends the bucket’s own Host, and believes no client, unless it is told to', async () => {
  const { of, warned } = await toldBy({});
  expect(of('host')).toBe(bucket.host);
  expect(of('x-forwarded-for')).toBe('127.0.0.1');
  expect(warned).toEqual([]);
});

test('with trustForwarded it passes on what clients tell of the hops before', async () => {
  const { of } = await toldBy({ trustForwarded: 'true' });
  expect(of('x-forwarded-for')).toBe('203.0.113.7, 127.0.0.1');
});

test('with keepHost it sends the client’s Host, and warns that every Host is sent', async () => {
  const { of, warned } = await toldBy({ keepHost: 'true' });
  expect(of('host')).toBe('edge.example');
  expect(warned).toEqual([expect.stringMatching(/^--keep-host: .*any other bucket/)]);
});

test('each edge draws a name of its own for Via', async () => {
  const [one, other] = [(await toldBy({})).of('via'), (await toldBy({})).of('via')];
  expect(one).toMatch(/^1\.1 bucket-cors-[0-9a-f]{8}$/);
  expect(other).toMatch(/^1\.1 bucket-cors-[0-9a-f]{8}$/);
  expect(one).not.toBe(other);
});
