import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/edge/errors.ts';
import type { ClientTimeouts } from '../../../src/node/server/http-server.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import {
  type Asking,
  ask,
  BEGINNING,
  type Bucket,
  type Carrier,
  FRAMINGS,
  type Framing,
  isRefused,
  openBucket,
  SIZE,
  type Then,
  type Version,
  WAYS,
  whereOf,
} from './_endings.ts';

const LONG = 60_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'endings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let bucket: Bucket;
let edge: NodeEdge;
let asking: Asking | undefined;
afterEach(async () => {
  asking?.leave();
  asking = undefined;
  await edge.close();
  await bucket.close();
});

/** Opens an edge with a bucket, and requests an object. */
async function begin(
  [carrier, version]: readonly [Carrier, Version],
  framing: Framing,
  then: Then,
  { idle = LONG, reading = true, bucketIdle = LONG } = {},
): Promise<Asking> {
  bucket = await openBucket(then);
  const timeouts: ClientTimeouts = { headers: LONG, idle, keepAlive: LONG };
  const path = join(folder, 'edge.sock');
  edge = await openOnNode(
    {
      buckets: [{ name: 'bucket', url: bucket.url }],
      timeouts: { connect: 1_000, head: LONG, idle: bucketIdle },
    },
    undefined,
    {
      where: whereOf(carrier, path),
      timeouts,
      ...(carrier === 'TLS' && { certificate: certificate() }),
    },
  );
  const where = carrier === 'Unix' ? { socket: path } : { url: edge.url };
  asking = await ask(where, version, framing, reading);
  return asking;
}

const begun = ({ seen }: Asking) => until('the response has begun', () => seen.bytes >= BEGINNING / 2);

const CASES = WAYS.flatMap((way) => FRAMINGS.map((framing) => [...way, framing] as const));
const BROKEN = CASES.filter((way) => !isRefused(way));
const REFUSED = CASES.filter(isRefused);

describe.each(BROKEN)('over %s, by HTTP/%s, a response framed by %s', (carrier, version, framing) => {
  const way = [carrier, version] as const;

  test('that is complete arrives complete', async () => {
    const asked = await begin(way, framing, 'stands still');
    await begun(asked);
    bucket.finish();
    const seen = await asked.ended;
    expect(seen).toMatchObject({ status: 200, bytes: expect.any(Number), looksWhole: true });
    expect(seen.bytes).toBeGreaterThanOrEqual(SIZE);
  });

  /** Checks that the response does not look complete, and how it was reported. */
  async function isShort(asked: Asking, code: ErrorCode): Promise<void> {
    expect(await asked.ended).toMatchObject({ status: 200, looksWhole: false });
    await until('the request is observed', () => edge.events.length === 1);
    expect(edge.events[0]?.code).toBe(code);
  }

  test('that its bucket breaks off does not look complete', async () => {
    await isShort(await begin(way, framing, 'breaks off'), 'BucketBrokeOff');
  });

  test('that its bucket stops sending does not look complete', async () => {
    const asked = await begin(way, framing, 'stands still', { bucketIdle: 300 });
    await isShort(asked, 'BucketIdleTimeout');
  });

  test('that a drain cuts off does not look complete', async () => {
    const asked = await begin(way, framing, 'stands still');
    await begun(asked);
    await edge.listening.close(20);
    await isShort(asked, 'ClientGone');
  });

  test('whose client stops reading does not look complete when the client reads the rest later', async () => {
    const asked = await begin(way, framing, 'pours', { idle: 300, reading: false });
    await until('the edge has given up', () => edge.events.length === 1);
    asked.read();
    await isShort(asked, 'ClientGone');
  });
});

describe.each(REFUSED)('over %s, by HTTP/%s, a response framed by %s', (carrier, version, framing) => {
  const way = [carrier, version] as const;

  test('is refused with an error that says why, before it begins', async () => {
    const asked = await begin(way, framing, 'stands still');
    const seen = await asked.ended;
    expect(seen).toMatchObject({ status: 505, looksWhole: true });
    expect(seen.text).toContain('<Code>HTTPVersionNotSupported</Code>');
    expect(edge.events.map(({ status, code }) => [status, code])).toEqual([[505, 'HTTPVersionNotSupported']]);
    await until('the bucket’s connection has closed', () => bucket.open.size === 0);
  });
});
