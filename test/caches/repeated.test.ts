import { beforeEach, describe, expect, test } from 'vitest';
import { call, corsHeaders, rawly, values } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { A, EVERYBODY, ONE_ORIGIN, STRANGER, setOf } from '../suite/sets.ts';
import { type Behind, CACHES, useCache } from './_caches.ts';

const METHOD = 'Access-Control-Request-Method';
const HEADERS = 'Access-Control-Request-Headers';
/** The name of these tests' edge in Via. */
const OWN_NAME = '1.1 bucket-cors-0123abcd';

type Lines = readonly (readonly [name: string, value: string])[];
const both = (name: string, first: string, second: string): Lines => [
  [name, first],
  [name, second],
];

/** Headers that a hostile client or a faulty proxy sends twice; the edge or its bucket uses each of them. */
const TWICE: readonly [name: string, lines: Lines][] = [
  ['an allowed Origin and another', both('Origin', A, STRANGER)],
  ['another Origin and an allowed one', both('Origin', STRANGER, A)],
  ['the same Origin', both('Origin', A, A)],
  ['an empty Origin and an allowed one', both('Origin', '', A)],
  ['Access-Control-Request-Method', [['Origin', A], ...both(METHOD, 'GET', 'PATCH')]],
  ['Access-Control-Request-Headers', [['Origin', A], ...both(HEADERS, 'x-oss-a', 'x-other')]],
  ['Host', both('Host', 'one.test', 'everybody.test')],
  ['Via with the name of the edge', both('Via', OWN_NAME, OWN_NAME)],
  ['Content-Length', both('Content-Length', '0', '0')],
  ['Content_Length', both('Content_Length', '0', '0')],
  ['Transfer-Encoding', both('Transfer-Encoding', 'identity', 'identity')],
  ['Range', [['Origin', A], ...both('Range', 'bytes=0-1', 'bytes=2-3')]],
  ['If-Range', [['Range', 'bytes=0-1'], ...both('If-Range', '"a"', '"b"')]],
  ['If-None-Match', both('If-None-Match', '"a"', '"b"')],
  ['If-Match', both('If-Match', '"a"', '"b"')],
  [
    'If-Modified-Since',
    both('If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Thu, 01 Jan 2099 00:00:00 GMT'),
  ],
  ['X-Forwarded-Host', both('X-Forwarded-Host', 'one.test', 'other.test')],
  ['X-Forwarded-Proto', both('X-Forwarded-Proto', 'https', 'gopher')],
  ['X-Forwarded-For', both('X-Forwarded-For', '192.0.2.1', '192.0.2.2')],
  ['Forwarded', both('Forwarded', 'host=one.test', 'host=other.test')],
  ['Expect', both('Expect', '100-continue', '100-continue')],
];

/** The same for preflights. */
const TWICE_ASKED: readonly [name: string, lines: Lines][] = [
  ['an allowed Origin and another', [...both('Origin', A, STRANGER), [METHOD, 'GET']]],
  ['an allowed method and another', [['Origin', A], ...both(METHOD, 'GET', 'PATCH')]],
  [
    'an allowed header and another',
    [['Origin', A], [METHOD, 'GET'], ...both(HEADERS, 'content-type', 'x-other')],
  ],
  ['two allowed headers', [['Origin', A], [METHOD, 'GET'], ...both(HEADERS, 'content-type', 'x-oss-a')]],
];

const VALID: readonly (readonly string[])[] = [['Origin', A], [], ['Origin', STRANGER]];
const PREFLIGHTS: readonly (readonly string[])[] = [
  ['Origin', A, METHOD, 'GET', HEADERS, 'content-type'],
  ['Origin', A, METHOD, 'GET'],
];

const BUCKETS = [
  { name: 'one', hosts: ['one.test'], rules: ONE_ORIGIN },
  { name: 'everybody', hosts: ['everybody.test'], rules: EVERYBODY },
  {
    name: 'pattern',
    hosts: ['pattern.test'],
    rules: setOf(
      rule({ allowedOrigins: ['https://*'], allowedMethods: ['GET'], allowedHeaders: ['content-*'] }),
    ),
  },
];

let paths = 0;

async function attack(
  url: string,
  method: string,
  target: string,
  host: string,
  lines: Lines,
): Promise<void> {
  const named = lines.some(([name]) => name === 'Host');
  const all: Lines = [...(named ? [] : [['Host', host] as const]), ...lines, ['Connection', 'close']];
  const head = all.map(([name, text]) => `${name}: ${text}\r\n`).join('');
  expect(await rawly(url, `${method} ${target} HTTP/1.1\r\n${head}\r\n`)).toMatch(/^HTTP\/1\.1 \d{3} /);
}

/** The parts of an answer that a browser, or a cache behind this one, uses. */
async function seen(url: string, method: string, target: string, host: string, headers: readonly string[]) {
  const answered = await call(url, { method, target, headers: ['Host', host, ...headers] });
  return {
    status: answered.status,
    cors: corsHeaders(answered),
    vary: values(answered, 'vary'),
    body: answered.status < 400 ? answered.body.toString() : '',
  };
}

/** Each valid request twice: the second answer may be a copy of the first. */
async function expectUncached(
  { edge, url }: Behind,
  method: string,
  target: string,
  host: string,
  clients: readonly (readonly string[])[],
): Promise<void> {
  for (const headers of [...clients, ...clients])
    expect(await seen(url(), method, target, host, headers), headers.join()).toEqual(
      await seen(edge().url, method, target, host, headers),
    );
}

describe.each(CACHES)('$name in front of the edge$why', (cache) => {
  describe.skipIf(cache.skipped)('after a request that repeats', () => {
    const behind = useCache(cache, { buckets: BUCKETS });

    beforeEach(() => {
      for (const { name } of BUCKETS)
        behind.edge().bucketNamed(name).script = {
          status: 200,
          headers: ['Cache-Control', 'max-age=60', 'ETag', '"a"'],
          body: 'the object',
        };
    });

    test('no header, the second client gets a stored copy', async () => {
      const bucket = behind.edge().bucketNamed('one');
      bucket.asked.length = 0;
      for (let count = 0; count < 3; count += 1)
        expect(await seen(behind.url(), 'GET', '/stored', 'one.test', ['Origin', A])).toMatchObject({
          status: 200,
          cors: { 'access-control-allow-origin': A },
        });
      expect(bucket.asked).toHaveLength(1);
    });

    test.each(TWICE)('%s, other clients get the edge’s own answers', async (_, lines) => {
      for (const { hosts } of BUCKETS) {
        paths += 1;
        const [host = ''] = hosts;
        await attack(behind.url(), 'GET', `/${paths}`, host, lines);
        await expectUncached(behind, 'GET', `/${paths}`, host, VALID);
      }
    });

    test.skipIf(!cache.storesPreflights)('no header, the second preflight gets a stored copy', async () => {
      const preflight = () =>
        seen(behind.url(), 'OPTIONS', '/stored', 'one.test', ['Origin', A, METHOD, 'GET']);
      const before = behind.edge().events.length;
      for (let count = 0; count < 3; count += 1) expect(await preflight()).toMatchObject({ status: 200 });
      expect(behind.edge().events.length).toBe(before + 1);
    });

    test.skipIf(!cache.storesPreflights).each(TWICE_ASKED)(
      '%s in a preflight, other clients get the edge’s own answers',
      async (_, lines) => {
        for (const { hosts } of BUCKETS) {
          paths += 1;
          const [host = ''] = hosts;
          await attack(behind.url(), 'OPTIONS', `/${paths}`, host, lines);
          await expectUncached(behind, 'OPTIONS', `/${paths}`, host, PREFLIGHTS);
        }
      },
    );
  });
});
