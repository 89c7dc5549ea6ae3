import { describe, expect, test } from 'vitest';
import { openOnNode } from '../helpers/node-edge.ts';
import { rule } from '../helpers/rules.ts';
import {
  APP,
  bare,
  changed,
  examineServer,
  examineUrl,
  plus,
  right,
  type Server,
  whileServed,
  withHeader,
  without,
} from './_server.ts';
import { cached, wildcard } from './_wrong.ts';

const PUT = { method: 'PUT', headers: ['content-type'] };
const COOKIES = { credentials: true };

/** The CORS headers of one page on every answer, without Vary: the answer is the same for every origin. */
const fixed: Server = (ask) => without(right({ ...ask, origin: APP }), 'vary');

const RIGHT: readonly { readonly name: string; readonly server: () => Server }[] = [
  { name: 'one that is right', server: () => right },
  { name: 'one that allows every origin', server: () => wildcard },
  { name: 'one that names one origin on every answer', server: () => fixed },
  {
    name: 'OSS',
    server: () => changed((reply) => plus(plus(reply, 'Server', 'AliyunOSS'), 'x-oss-request-id', '5F')),
  },
  {
    name: 'S3',
    server: () => changed((reply) => plus(plus(reply, 'Server', 'AmazonS3'), 'x-amz-request-id', '4E')),
  },
  {
    name: 'a cache that heeds Vary',
    server: () =>
      cached(right, ({ method, target, origin, header }) =>
        method === 'GET' && !header('range') && !header('if-none-match') ? `${target} ${origin}` : null,
      ),
  },
  {
    name: 'a cache of one answer for all',
    server: () =>
      cached(wildcard, ({ method, target, header }) =>
        method === 'GET' && !header('range') && !header('if-none-match') ? target : null,
      ),
  },
  {
    name: 'one whose answers no cache stores',
    server: () => changed((reply) => withHeader(without(reply, 'vary'), 'Cache-Control', 'no-store')),
  },
  {
    name: 'one that heeds no precondition and no range',
    server: () => (ask) =>
      without(
        right({ ...ask, header: (name) => (/^(?:range|if-)/.test(name) ? null : ask.header(name)) }),
        'accept-ranges',
        'etag',
      ),
  },
];

describe('a server that is right has no finding', () => {
  test.each(RIGHT)('$name, read', async ({ server }) => {
    expect((await examineServer(server())).codes).toEqual([]);
  });

  test.each(RIGHT)('$name, written', async ({ server }) => {
    expect((await examineServer(server(), { question: PUT })).codes).toEqual([]);
  });

  test.each(RIGHT.filter(({ name }) => !/every origin|for all/.test(name)))(
    '$name, with cookies',
    async ({ server }) => {
      expect((await examineServer(server(), { question: COOKIES })).codes).toEqual([]);
      expect((await examineServer(server(), { question: { ...PUT, ...COOKIES } })).codes).toEqual([]);
    },
  );

  test('a signed URL', async () => {
    await whileServed(right, async (url) => {
      const signed = `${url}?X-Amz-Signature=0123&X-Amz-Expires=60`;
      const { codes, transcript } = await examineUrl(signed);
      expect(codes).toEqual([]);
      expect(transcript.filter(({ sent }) => sent.url.includes('bucket-cors-doctor='))).toEqual([]);
    });
  });
});

const RULES = [
  rule({
    allowedOrigins: [APP],
    allowedMethods: ['GET', 'HEAD', 'PUT'],
    allowedHeaders: ['content-type'],
    exposeHeaders: ['ETag', 'Content-Range', 'Accept-Ranges'],
    maxAgeSeconds: 600,
  }),
];
const EVERY = [{ ...(RULES[0] as (typeof RULES)[number]), allowedOrigins: ['*'] }];

/** A bucket without CORS of its own, behind the edge. */
const bucket = changed((reply) => bare(without(reply, 'vary')));

const EDGES = (['oss', 's3'] as const).flatMap((dialect) =>
  (['safe', 'store'] as const).flatMap((vary) =>
    [RULES, EVERY].flatMap((rules) =>
      [true, false].map((responseVary) => ({ dialect, vary, rules, responseVary })),
    ),
  ),
);

describe('this edge', () => {
  test.each(EDGES)(
    '$dialect, vary $vary, responseVary $responseVary, for $rules.0.allowedOrigins',
    async ({ dialect, vary, rules, responseVary }) => {
      await whileServed(bucket, async (url) => {
        const edge = await openOnNode({
          dialect,
          vary,
          rules: { rules, responseVary },
          buckets: [{ name: 'bucket', url: new URL(url).origin }],
        });
        try {
          // As a store does it, an answer to a request without Origin has no Vary: that is what the finding is about.
          const isLikeStore = vary === 'store' && !(dialect === 'oss' && responseVary);
          const expected = isLikeStore ? ['vary_missing'] : [];
          expect((await examineUrl(`${edge.url}/photo.jpg`)).codes).toEqual(expected);
          expect((await examineUrl(`${edge.url}/photo.jpg`, { question: PUT })).codes).toEqual(expected);
        } finally {
          await edge.close();
        }
      });
    },
  );
});
