import { describe, expect, test } from 'vitest';
import { cachedOf } from '../../src/doctor/cached.ts';
import { layersOf } from '../../src/doctor/layers/layers.ts';
import type { Answered } from '../../src/doctor/transcript.ts';
import { onTerminal } from '../cli/_pty.ts';
import { NGINX, startNginx } from '../helpers/nginx.ts';
import { openOnNode } from '../helpers/node-edge.ts';
import { rule } from '../helpers/rules.ts';
import { startVarnish, VARNISH } from '../helpers/varnish.ts';
import {
  APP,
  bare,
  changed,
  type Examining,
  examineUrl,
  plus,
  right,
  type Server,
  whileServed,
  withHeader,
  without,
} from './_server.ts';

/** A store as S3: Vary only with answers to requests with an Origin that a rule lists. */
const store: Server = changed((reply, { origin }) => {
  const named = plus(withHeader(reply, 'Cache-Control', 'max-age=60'), 'x-amz-request-id', '4E');
  return origin === APP ? named : without(named, 'vary');
});

const cache = (bucket: string, more = ''): string => `
location / {
  proxy_pass ${bucket};
  proxy_cache cache;
  proxy_cache_valid any 1m;
  add_header X-Cache-Status $upstream_cache_status always;
  ${more}
}`;

/** Examines a bucket through nginx; the text of nginx's configuration comes from the bucket's URL. */
async function throughNginx(
  server: Server,
  configuration: (bucket: string) => string,
  examining?: Examining,
) {
  return whileServed(server, async (url) => {
    const nginx = await startNginx({ server: configuration(new URL(url).origin) });
    try {
      return await examineUrl(`${nginx.url}/photo.jpg`, examining);
    } finally {
      await nginx.stop();
    }
  });
}

const PUT = { question: { method: 'PUT', headers: ['content-type'] } };

describe.skipIf(NGINX.skipped)(`nginx${NGINX.why}`, () => {
  test('with proxy_cache before a store as S3 gives pages the copy without CORS', async () => {
    const { codes, findings } = await throughNginx(store, (bucket) => cache(bucket));
    expect(codes).toEqual(['poisoned']);
    const [finding] = findings;
    expect(finding?.fault).toMatchObject({ of: 'proxy', name: 'nginx' });
    expect(finding?.cures.map(({ at }) => at)).toEqual(['S3', 'nginx']);
    expect(finding?.evidence.flatMap(({ lines }) => lines)).toContain('X-Cache-Status: HIT');
  });

  test('with proxy_cache that ignores Vary does so before any bucket', async () => {
    const bucket = changed((reply) => withHeader(reply, 'Cache-Control', 'max-age=60'));
    const { codes } = await throughNginx(bucket, (url) => cache(url, 'proxy_ignore_headers Vary;'));
    expect(codes).toEqual(['poisoned']);
  });

  test('with the Origin in the key of the cache is right, but browsers have a cache too', async () => {
    const { codes } = await throughNginx(store, (bucket) =>
      cache(bucket, 'proxy_cache_key $uri$is_args$args$http_origin;'),
    );
    expect(codes).toEqual(['vary_missing']);
  });

  test('with proxy_cache before this edge is right', async () => {
    const own = rule({
      allowedOrigins: [APP],
      allowedMethods: ['GET', 'HEAD'],
      exposeHeaders: ['ETag', 'Content-Range', 'Accept-Ranges'],
    });
    await whileServed(
      changed((reply) => withHeader(bare(without(reply, 'vary')), 'Cache-Control', 'max-age=60')),
      async (url) => {
        const edge = await openOnNode({
          rules: { rules: [own], responseVary: false },
          buckets: [{ name: 'bucket', url: new URL(url).origin }],
        });
        const nginx = await startNginx({ server: cache(edge.url) });
        const { codes, transcript } = await examineUrl(`${nginx.url}/photo.jpg`);
        await nginx.stop();
        await edge.close();
        expect(codes).toEqual([]);
        const hits = transcript
          .flatMap(({ received }) => received?.headers ?? [])
          .filter(([name, value]) => name === 'X-Cache-Status' && value === 'HIT');
        expect(hits.length).toBeGreaterThan(0);
      },
    );
  });

  test('with add_header beside the header of the bucket sends two', async () => {
    const { codes, findings } = await throughNginx(
      right,
      (bucket) => `location / { proxy_pass ${bucket}; add_header Access-Control-Allow-Origin *; }`,
    );
    expect(codes[0]).toBe('several_allow_origins');
    expect(findings[0]?.fault).toMatchObject({ of: 'proxy', name: 'nginx' });
    expect(findings[0]?.cures.find(({ at }) => at === 'nginx')?.text).toContain('proxy_hide_header');
  });

  test('with add_header without always leaves errors without CORS', async () => {
    const hidden =
      'proxy_hide_header Access-Control-Allow-Origin; proxy_hide_header Access-Control-Allow-Credentials; proxy_hide_header Vary;';
    const { codes, findings } = await throughNginx(
      right,
      (bucket) => `location / { proxy_pass ${bucket}; ${hidden} add_header Access-Control-Allow-Origin *; }`,
    );
    expect(codes).toEqual(['not_on_errors']);
    expect(findings[0]?.cures.find(({ at }) => at === 'nginx')?.text).toContain('always');
  });

  test('that lets no OPTIONS through refuses the preflight', async () => {
    const { codes, findings } = await throughNginx(
      right,
      (bucket) => `location / { limit_except GET PUT { deny all; } proxy_pass ${bucket}; }`,
      PUT,
    );
    expect(codes).toEqual(['preflight_refused']);
    expect(findings[0]).toMatchObject({ fault: { of: 'proxy', name: 'nginx' } });
  });
});

describe.skipIf(VARNISH.skipped)(`Varnish${VARNISH.why}`, () => {
  test('is recognised, and its hits are', async () => {
    const stored = changed((reply) => withHeader(reply, 'Cache-Control', 'max-age=60'));
    await whileServed(stored, async (url) => {
      const varnish = await startVarnish(new URL(url).origin, '');
      try {
        const { codes, transcript } = await examineUrl(`${varnish.url}/photo.jpg`);
        expect(codes).toEqual([]);
        expect(layersOf(transcript).map(({ layer }) => layer.name)).toEqual(['Varnish']);
        const again = transcript.find(({ step }) => step === 'page_again') as Answered;
        expect(cachedOf(again).hit).toBe(true);
        expect(again.sent.headers).toContainEqual(['Origin', APP]);
      } finally {
        await varnish.stop();
      }
    });
  });
});

test('at a terminal each request is announced, and the report has colours', async () => {
  await whileServed(changed(bare), async (url) => {
    const { code, screen } = await onTerminal(['doctor', url, '--origin', APP], []);
    expect(code).toBe(1);
    expect(screen).toContain('bucket-cors: request 1 of 17: GET as the page sends it …');
    expect(screen).toContain('bucket-cors: request 17 of 17: ');
    expect(screen).toContain('\u001b[31merror\u001b[39m \u001b[1mno_allow_origin\u001b[22m');
  });
});
