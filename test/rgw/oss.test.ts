import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { type Run, stop } from '../cli/_process.ts';
import { command } from './_command.ts';
import { type CurlAnswer, curl } from './_curl.ts';
import { startEdge } from './_edge.ts';
import { CLIENT_KEYS, type Keys, OTHER_KEYS } from './_gateway.ts';
import { SKIPPED, SYSTEM_PATH } from './_programs.ts';

/** A bucket that checks OSS signatures, before which an edge stores the rules and signs again. */
const BUCKET = 'a-bucket';
const HOST = 'files.test';
const ORIGIN = 'https://app.example.com';
const rulesFor = (...origins: string[]): string => {
  const rules = origins.map(
    (origin) =>
      `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>`,
  );
  return `<CORSConfiguration>${rules.join('')}<ResponseVary>true</ResponseVary></CORSConfiguration>`;
};

let home: string;
let objects: string;
let bucket: OpenDirectoryBucket;
let edge: Run;
let url: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rgw-oss-'));
  [objects] = [join(home, 'objects')];
  const stateDir = join(home, 'state');
  for (const folder of [objects, stateDir]) mkdirSync(folder);
  const credentials = { accessKeyId: CLIENT_KEYS.accessKey, accessKeySecret: CLIENT_KEYS.secretKey };
  bucket = await openDirectoryBucket({ folder: objects, bucket: BUCKET, credentials });
  const modes = { management: 'keep', objects: 'resign', credentials: 'env:CLIENT' } as const;
  const named = { store: 'oss', bucketName: BUCKET, signature: 'v1', hosts: [HOST] } as const;
  edge = startEdge(home, OTHER_KEYS, { [BUCKET]: { bucket: bucket.url, ...modes, ...named } }, { stateDir });
  url = await edge.address('edge');
});

afterAll(async () => {
  await stop(edge);
  await bucket.close();
  rmSync(home, { recursive: true, force: true });
});

interface Asked {
  readonly method: string;
  readonly target: string;
  /** After `/bucket/`, as OSS signs it. */
  readonly resource: string;
  readonly body?: string;
  readonly contentMd5?: string;
  readonly keys?: Keys;
  /** Seconds after now. */
  readonly seconds?: number;
  /** Headers that are sent and not signed. */
  readonly unsigned?: readonly string[];
}

const send = (...args: string[]): Promise<CurlAnswer> => {
  const [target = '', ...more] = args;
  const means = { folder: () => mkdtempSync(join(home, 'files-')) };
  return curl(means, { url, host: HOST, root: '' }, target, ...more);
};

/** The signature that the documentation's recipe computes: `openssl dgst -sha1 -hmac`. */
async function signatureOf(text: string, { secretKey }: Keys): Promise<string> {
  const args = ['dgst', '-sha1', '-hmac', secretKey, '-binary'];
  const { stdout } = await command('openssl', args, { env: { PATH: SYSTEM_PATH }, input: text });
  return stdout.toString('base64');
}

const at = (seconds = 0): Date => new Date(Date.now() + seconds * 1000);
const contentOf = ({ body }: Asked) => (body === undefined ? [] : ['--data-binary', body]);

/** Signs in the Authorization header. */
async function byHeader(asked: Asked): Promise<CurlAnswer> {
  const { method, target, resource, contentMd5 = '', keys = CLIENT_KEYS, unsigned = [] } = asked;
  const date = at(asked.seconds).toUTCString();
  const text = `${method}\n${contentMd5}\napplication/xml\n${date}\n/${BUCKET}/${resource}`;
  const signature = await signatureOf(text, keys);
  const lines = [
    `Date: ${date}`,
    'Content-Type: application/xml',
    `Authorization: OSS ${keys.accessKey}:${signature}`,
    ...(contentMd5 === '' ? [] : [`Content-MD5: ${contentMd5}`]),
    ...unsigned,
  ];
  return send(target, '-X', method, ...lines.flatMap((line) => ['-H', line]), ...contentOf(asked));
}

/** Signs in the URL, for ten minutes. */
async function byUrl(asked: Asked): Promise<CurlAnswer> {
  const { method, target, resource, keys = CLIENT_KEYS } = asked;
  const expires = String(Math.floor(at((asked.seconds ?? 0) + 600).getTime() / 1000));
  const signature = await signatureOf(`${method}\n\n\n${expires}\n/${BUCKET}/${resource}`, keys);
  const query = new URLSearchParams({
    OSSAccessKeyId: keys.accessKey,
    Expires: expires,
    Signature: signature,
  });
  const signed = `${target}${target.includes('?') ? '&' : '?'}${query}`;
  const unsigned = ['Content-Type:', ...(asked.unsigned ?? [])].flatMap((line) => ['-H', line]);
  return send(signed, '-X', method, ...unsigned, ...contentOf(asked));
}

const codeOf = ({ body }: CurlAnswer): string | undefined => /<Code>(.*?)<\/Code>/.exec(String(body))?.[1];
const CORS = { target: '/?cors', resource: '?cors' };
const OBJECT = { target: '/a%20b.txt', resource: 'a b.txt' };

async function preflight(origin: string): Promise<number | undefined> {
  const lines = ['-H', `Origin: ${origin}`, '-H', 'Access-Control-Request-Method: GET'];
  return (await send('/a', '-X', 'OPTIONS', ...lines)).statuses.at(-1);
}

describe.skipIf(SKIPPED).each([
  ['in the header', byHeader],
  ['in the URL', byUrl],
])('curl, with an OSS V1 signature by openssl %s', (_, signed) => {
  test('puts rules, reads them, and deletes them twice', async () => {
    const put = await signed({ method: 'PUT', ...CORS, body: rulesFor(ORIGIN) });
    expect([put.statuses, String(put.body)]).toEqual([[200], '']);
    expect(put.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);
    expect(await preflight(ORIGIN)).toBe(200);
    const got = await signed({ method: 'GET', ...CORS });
    expect(got.statuses).toEqual([200]);
    expect(String(got.body)).toContain(`<AllowedOrigin>${ORIGIN}</AllowedOrigin>`);
    expect(String(got.body)).toContain('<ResponseVary>true</ResponseVary>');
    for (const _ of ['once', 'twice'])
      expect((await signed({ method: 'DELETE', ...CORS })).statuses).toEqual([204]);
    expect(await preflight(ORIGIN)).toBe(403);
    const none = await signed({ method: 'GET', ...CORS });
    expect([none.statuses, codeOf(none)]).toEqual([[404], 'NoSuchCORSConfiguration']);
  });

  test('writes, reads and deletes an object', async () => {
    expect((await signed({ method: 'PUT', ...OBJECT, body: 'content' })).statuses).toEqual([200]);
    expect(readFileSync(join(objects, 'a b.txt'), 'utf8')).toBe('content');
    const got = await signed({ method: 'GET', ...OBJECT, unsigned: ['Range: bytes=3-4'] });
    expect([got.statuses, String(got.body)]).toEqual([[206], 'te']);
    expect((await signed({ method: 'DELETE', ...OBJECT })).statuses).toEqual([204]);
    expect(readdirSync(objects)).toEqual([]);
  });

  describe('is refused', () => {
    beforeEach(async () => {
      await byHeader({ method: 'PUT', ...CORS, body: rulesFor(ORIGIN) });
      writeFileSync(join(objects, 'a b.txt'), 'content');
    });

    const WRITES = [
      ['rules', { method: 'PUT', ...CORS, body: rulesFor('*') }],
      ['an object', { method: 'PUT', ...OBJECT, body: 'other' }],
      ['a read of the rules', { method: 'GET', ...CORS }],
      ['a read of an object', { method: 'GET', ...OBJECT }],
    ] as const;
    const ROWS: readonly (readonly [how: string, code: string, (asked: Asked) => Asked])[] = [
      [
        'another secret',
        'SignatureDoesNotMatch',
        (asked) => ({ ...asked, keys: { ...CLIENT_KEYS, secretKey: 'a' } }),
      ],
      ['a key that is not known', 'InvalidAccessKeyId', (asked) => ({ ...asked, keys: OTHER_KEYS })],
      ['another resource', 'SignatureDoesNotMatch', (asked) => ({ ...asked, resource: 'other' })],
      [
        'a header of OSS that is not signed',
        'SignatureDoesNotMatch',
        (asked) => ({ ...asked, unsigned: ['x-oss-object-acl: public-read'] }),
      ],
    ];

    test.each(
      ROWS.flatMap(([how, code, change]) =>
        WRITES.map(([what, asked]) => ({ what, how, code, asked: change(asked) })),
      ),
    )('$what with $how: $code', async ({ asked, code }) => {
      const answered = await signed(asked);
      expect([answered.statuses, codeOf(answered)]).toEqual([[403], code]);
      expect([await preflight(ORIGIN), await preflight('https://other.example.com')]).toEqual([200, 403]);
      expect(readFileSync(join(objects, 'a b.txt'), 'utf8')).toBe('content');
    });
  });
});

describe.skipIf(SKIPPED)('curl, with an OSS V1 signature by openssl, reads why', () => {
  test.each<[what: string, code: string, status: number, asked: Partial<Asked>]>([
    ['a request of sixteen minutes ago', 'RequestTimeTooSkewed', 403, { seconds: -16 * 60 }],
    ['a request of sixteen minutes ahead', 'RequestTimeTooSkewed', 403, { seconds: 16 * 60 }],
    ['a wrong digest', 'InvalidDigest', 400, { contentMd5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
    ['no XML', 'MalformedXML', 400, { body: 'rules' }],
    ['no rule', 'MalformedXML', 400, { body: '<CORSConfiguration></CORSConfiguration>' }],
    [
      'twenty-one rules',
      'CORSRuleBeyondLimit',
      400,
      { body: rulesFor(...Array.from({ length: 21 }, (_, n) => `https://${n}.example.com`)) },
    ],
    [
      'more than 16 KB',
      'EntityTooLarge',
      400,
      { body: rulesFor(`https://${'a'.repeat(17000)}.example.com`) },
    ],
  ])('%s is refused: %s', async (_, code, status, asked) => {
    await byHeader({ method: 'PUT', ...CORS, body: rulesFor(ORIGIN) });
    const answered = await byHeader({ method: 'PUT', ...CORS, body: rulesFor('*'), ...asked });
    expect([answered.statuses.at(-1), codeOf(answered)]).toEqual([status, code]);
    expect([await preflight(ORIGIN), await preflight('https://other.example.com')]).toEqual([200, 403]);
  });

  test('a URL that has expired is refused: AccessDenied', async () => {
    const answered = await byUrl({ method: 'GET', ...CORS, seconds: -601 });
    expect([answered.statuses, codeOf(answered)]).toEqual([[403], 'AccessDenied']);
  });
});
