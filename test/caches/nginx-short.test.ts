import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, stop } from '../cli/_process.ts';
import { call, value } from '../helpers/client.ts';
import { NGINX, type Nginx, startNginx } from '../helpers/nginx.ts';
import { openOnNode } from '../helpers/node-edge.ts';
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
} from '../node/transport/_endings.ts';
import { CARRIERS } from '../node/transport/_endings-process.ts';

const PAGE = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8');
/** The directives of the recipe's `location`, without `proxy_pass`. */
const RECIPE = /^```nginx\nlocation \/ \{\n\s*proxy_pass \S+;\n(.*?)\}\n```$/ms.exec(PAGE)?.[1] ?? '';

/** How nginx connects to the edge: with its default version, and by the recipe. */
const ASKS = { '1.0': 'proxy_http_version 1.0;', '1.1': RECIPE } as const;
type Version = keyof typeof ASKS;
const KINDS = (['1.0', '1.1'] as const).flatMap((version) =>
  FRAMINGS.map((framing) => [version, framing] as const),
);

const LONG = 60_000;

let folder = '';
/** Closes the resources of a test, in the order of their opening. */
let opened: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nginx-short-'));
});
afterEach(async () => {
  for (const close of opened.reverse()) await close();
  opened = [];
  rmSync(folder, { recursive: true });
});

async function bucketThat(does: Then): Promise<Bucket> {
  const bucket = await openBucket(does);
  opened.push(bucket.close);
  return bucket;
}

/** Opens an edge. Returns its address for nginx, and a function that drains it. */
async function edgeBefore(bucket: Bucket, carrier: Carrier, idle = LONG) {
  const socket = join(folder, 'edge.sock');
  const timeouts = { connect: 1_000, head: LONG, idle };
  const edge = await openOnNode({ buckets: [{ name: 'bucket', url: bucket.url }], timeouts }, undefined, {
    where: whereOf(carrier, socket),
    ...(carrier === 'TLS' && { certificate: certificate() }),
  });
  opened.push(edge.close);
  return { url: carrier === 'Unix' ? `http://unix:${socket}:` : edge.url, drain: edge.listening.close };
}

async function nginxBefore(edge: string): Promise<Nginx> {
  const location = ([version, how]: readonly [string, string]) => `
    location /${version}/ {
      proxy_pass ${edge}/;
      ${how}
      proxy_cache cache;
      proxy_cache_key $request_uri;
      add_header X-Cache $upstream_cache_status always;
    }`;
  const nginx = await startNginx({ server: Object.entries(ASKS).map(location).join('') });
  opened.push(nginx.stop);
  return nginx;
}

/** nginx's answer for an object of a framing, which it requests from the edge by an HTTP version. */
async function ask({ url }: Nginx, [version, framing]: readonly [Version, Framing]) {
  const answered = await call(url, { target: `/${version}/${framing}` });
  const isWhole = answered.complete && answered.body.length === SIZE;
  return {
    of: `${version} ${framing}`,
    answer: isWhole ? 'whole' : answered.status,
    cache: cacheOf(answered),
  };
}
const cacheOf = (answered: { readonly headers: readonly string[] }) => value(answered, 'x-cache');

const askAll = (nginx: Nginx) => Promise.all(KINDS.map((kind) => ask(nginx, kind)));
const wholeOf = (answers: Awaited<ReturnType<typeof askAll>>) =>
  answers.filter(({ answer }) => answer === 'whole');

test('the recipe of docs/recipes.md sets HTTP/1.1 for nginx', () => {
  expect(RECIPE).toContain('proxy_http_version 1.1;');
});

describe.skipIf(NGINX.skipped).each(CARRIERS)(`nginx in front of the edge over %s${NGINX.why}`, (carrier) => {
  test.each([
    ['its bucket breaks off', 'breaks off', LONG],
    ['its bucket stops sending', 'stands still', 300],
  ] as const)('stores no part of an object if %s, and later the whole object', async (_, does, idle) => {
    const bucket = await bucketThat(does);
    const nginx = await nginxBefore((await edgeBefore(bucket, carrier, idle)).url);
    expect(wholeOf(await askAll(nginx))).toEqual([]);
    expect(await nginx.stored()).toBe(0);

    bucket.does = 'ends';
    const all = (cache: string) =>
      KINDS.map((kind) => {
        const of = kind.join(' ');
        return isRefused([carrier, ...kind])
          ? { of, answer: 505, cache: 'MISS' }
          : { of, answer: 'whole', cache };
      });
    expect(await askAll(nginx)).toEqual(all('MISS'));
    expect(await askAll(nginx)).toEqual(all('HIT'));
    expect(await nginx.stored()).toBe(all('').filter(({ answer }) => answer === 'whole').length);
  });

  test('stores no part of an object that a drain cuts off', async () => {
    const bucket = await bucketThat('stands still');
    const { url, drain } = await edgeBefore(bucket, carrier);
    const nginx = await nginxBefore(url);
    const asking = askAll(nginx);
    await until('all objects are requested', () => bucket.asked.length === KINDS.length);
    await drain(20);
    expect(wholeOf(await asking)).toEqual([]);
    expect(await nginx.stored()).toBe(0);
  });
});

test.skipIf(NGINX.skipped)(
  `nginx, by the recipe of docs/recipes.md, stores no part of an object when the edge is killed${NGINX.why}`,
  async () => {
    const bucket = await bucketThat('stands still');
    const edge = run(['serve', '--bucket', bucket.url, '--port', '0', '--admin-port', '0']);
    opened.push(() => stop(edge));
    const nginx = await nginxBefore(await edge.address('edge'));
    const asking = Promise.all(FRAMINGS.map((framing) => ask(nginx, ['1.1', framing])));
    const asked = () => bucket.asked.filter((line) => !line.includes('?cors')).length === FRAMINGS.length;
    await until('all objects are requested', asked);
    edge.child.kill('SIGKILL');
    expect(wholeOf(await asking)).toEqual([]);
    expect(await nginx.stored()).toBe(0);
  },
);
