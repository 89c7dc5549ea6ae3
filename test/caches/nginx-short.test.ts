import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, value } from '../helpers/client.ts';
import { NGINX, type Nginx, startNginx } from '../helpers/nginx.ts';
import { type NodeEdge, openOnNode } from '../helpers/node-edge.ts';
import { certificate } from '../helpers/tls.ts';
import { until } from '../helpers/until.ts';
import {
  type Bucket,
  type Carrier,
  FRAMINGS,
  type Framing,
  isRefused,
  openBucket,
  SIZE,
  type Then,
  whereOf,
} from '../node/endings.ts';
import { CARRIERS } from '../node/endings-process.ts';

/** How nginx asks the edge: as it does unless told otherwise, and as the README says. */
const ASKS = {
  '1.0': '',
  '1.1': 'proxy_http_version 1.1; proxy_set_header Connection "";',
} as const;
type Version = keyof typeof ASKS;

const LONG = 60_000;

let folder = '';
let bucket: Bucket;
let edge: NodeEdge;
let nginx: Nginx | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nginx-short-'));
});
afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await edge.close();
  await bucket.close();
  rmSync(folder, { recursive: true });
});

async function open(carrier: Carrier, then: Then, bucketIdle = LONG): Promise<Nginx> {
  const socket = join(folder, 'edge.sock');
  bucket = await openBucket(then);
  const timeouts = { connect: 1_000, head: LONG, idle: bucketIdle };
  edge = await openOnNode({ buckets: [{ name: 'bucket', url: bucket.url }], timeouts }, undefined, {
    where: whereOf(carrier, socket),
    ...(carrier === 'TLS' && { certificate: certificate() }),
  });
  const pass = `${carrier === 'Unix' ? `http://unix:${socket}:` : edge.url}/`;
  const locations = Object.entries(ASKS).map(
    ([version, how]) => `
    location /${version}/ {
      proxy_pass ${pass};
      ${how}
      proxy_cache cache;
      proxy_cache_key $request_uri;
      add_header X-Cache $upstream_cache_status always;
    }`,
  );
  nginx = await startNginx({ server: locations.join('') });
  return nginx;
}

/** Asks nginx, which asks the edge by this version, and reads what comes. */
async function ask({ url }: Nginx, version: Version, framing: Framing) {
  const answered = await call(url, { target: `/${version}/${framing}` });
  const whole = answered.status === 200 && answered.complete && answered.body.length === SIZE;
  return { status: answered.status, whole, cache: value(answered, 'x-cache') };
}

const VERSIONS = Object.keys(ASKS) as readonly Version[];

describe.skipIf(NGINX.skipped).each(CARRIERS)(`nginx that asks the edge over %s${NGINX.why}`, (carrier) => {
  const ALL = VERSIONS.flatMap((version) => FRAMINGS.map((framing) => [version, framing] as const));

  test.each([
    ['its bucket breaks off', 'breaks off', LONG],
    ['its bucket stops sending', 'stands still', 300],
  ] as const)(
    'stores no part of an object when %s, and the object when it comes whole',
    async (_, then, idle) => {
      const proxy = await open(carrier, then, idle);
      for (const [version, framing] of ALL)
        expect([version, framing, (await ask(proxy, version, framing)).whole]).toEqual([
          version,
          framing,
          false,
        ]);
      expect(await proxy.stored()).toBe(0);

      bucket.does = 'ends';
      for (const [version, framing] of ALL) {
        const refused = { status: 505, whole: false, cache: 'MISS' };
        const first = isRefused([carrier, version, framing])
          ? refused
          : { status: 200, whole: true, cache: 'MISS' };
        expect([version, framing, await ask(proxy, version, framing)]).toEqual([version, framing, first]);
        const second = isRefused([carrier, version, framing]) ? refused : { ...first, cache: 'HIT' };
        expect([version, framing, await ask(proxy, version, framing)]).toEqual([version, framing, second]);
      }
      expect(await proxy.stored()).toBe(ALL.filter((way) => !isRefused([carrier, ...way])).length);
    },
  );

  test('stores no part of an object that a drain cuts off', async () => {
    const proxy = await open(carrier, 'stands still');
    const asking = ALL.map(([version, framing]) => ask(proxy, version, framing));
    await until('all are asked for', () => bucket.asked.length === ALL.length);
    await edge.listening.close(20);
    expect((await Promise.all(asking)).filter(({ whole }) => whole)).toEqual([]);
    expect(await proxy.stored()).toBe(0);
  });
});
