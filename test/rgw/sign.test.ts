import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBoto3 } from './_clients.ts';
import { type CurlAnswer, comparable, curl, signedBy } from './_curl.ts';
import { SKIPPED } from './_programs.ts';
import { useRecorded } from './_recorded.ts';
import { pathStyle } from './_ways.ts';

const BUCKET = 'signed';
const APP = 'https://app.example.com';
const CONTENT = 'abcdefghijklmnopqrstuvwxyz';
const ETAG = '"c3fcd3d76192e4007dfb496cca67e13b"';
/** Two names of one edge: under the second the bucket is below a prefix. */
const [NAME, PREFIXED] = ['files.test', 'all.files.test'];

const options = { objects: 'sign', signPrefix: 'public/', management: 'pass' } as const;
const here = useRecorded([BUCKET], (at) => ({
  plain: { bucket: at(BUCKET), ...options, hosts: [NAME] },
  prefixed: { bucket: at(BUCKET), ...options, hosts: [PREFIXED], prefix: '/media' },
}));

const header = (line: string): string[] => ['-H', line];
const fileOf = (content: string | Buffer): string => {
  const file = join(here().folder(), 'file');
  writeFileSync(file, content);
  return file;
};

/** A signed request to the gateway itself. */
function direct(target: string, ...args: string[]): Promise<CurlAnswer> {
  const { gateway, folder } = here();
  const way = pathStyle(BUCKET, gateway.url, { keys: gateway, rulesIn: 'bucket' });
  return curl({ folder }, way, target, ...signedBy(gateway), ...args);
}

const KEYS = ['public/plain', 'private/plain', 'public/zipped', 'public/empty', 'public/a%20b%2Bc%25e'];

beforeAll(async () => {
  const { witness } = here();
  const rules = [{ AllowedOrigins: [APP], AllowedMethods: ['GET', 'HEAD'], ExposeHeaders: ['ETag'] }];
  await witness.putRules(BUCKET, { CORSRules: rules });
  const type = header('Content-Type: text/plain');
  for (const key of KEYS) {
    const content = key.endsWith('zipped') ? gzipSync(CONTENT) : key.endsWith('empty') ? '' : CONTENT;
    const encoding = key.endsWith('zipped') ? header('Content-Encoding: gzip') : [];
    const { statuses } = await direct(`/${key}`, '-T', fileOf(content), ...type, ...encoding);
    expect([key, statuses.at(-1)]).toEqual([key, 200]);
  }
});

const codeOf = ({ body }: CurlAnswer): string | undefined => /<Code>(.*?)<\/Code>/.exec(String(body))?.[1];

describe.skipIf(SKIPPED).each([
  ['virtual-hosted', NAME, ''],
  ['below a prefix', PREFIXED, '/media'],
])('reads of a private bucket by curl without keys, %s', (_, host, root) => {
  test.each<[what: string, target: string, ...args: string[]]>([
    ['an object', '/public/plain'],
    ['a HEAD', '/public/plain', '-I'],
    ['an object of no bytes', '/public/empty'],
    ['an object that is stored compressed', '/public/zipped', ...header('Accept-Encoding: gzip')],
    ['a key with escapes', '/public/a%20b%2Bc%25e'],
    ['a range', '/public/plain', ...header('Range: bytes=5-9')],
    ['a range to the end', '/public/plain', ...header('Range: bytes=20-')],
    ['the last bytes', '/public/plain', ...header('Range: bytes=-3')],
    ['a range beyond the end', '/public/plain', ...header('Range: bytes=26-30')],
    ['a HEAD with a range', '/public/plain', '-I', ...header('Range: bytes=5-9')],
    [
      'a range of this version',
      '/public/plain',
      ...header('Range: bytes=5-9'),
      ...header(`If-Range: ${ETAG}`),
    ],
    [
      'a range of another version',
      '/public/plain',
      ...header('Range: bytes=5-9'),
      ...header('If-Range: "other"'),
    ],
    ['If-None-Match', '/public/plain', ...header(`If-None-Match: ${ETAG}`)],
    ['If-Match with another version', '/public/plain', ...header('If-Match: "other"')],
    ['If-Modified-Since', '/public/plain', ...header('If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT')],
    ['a missing object', '/public/missing'],
    ['a HEAD of a missing object', '/public/missing', '-I'],
  ])('the answer to %s equals the signed one', async (_, target, ...args) => {
    const through = await here().curl(host, root + target, ...args);
    const signed = await direct(target, ...args);
    expect(comparable(through, { bucket: BUCKET })).toEqual(comparable(signed, { bucket: BUCKET }));
  });

  test('a page of an allowed origin may read them', async () => {
    const { headers, statuses } = await here().curl(host, `${root}/public/plain`, '-H', `Origin: ${APP}`);
    expect(statuses).toEqual([200]);
    expect(headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'ETag',
    });
  });
});

describe.skipIf(SKIPPED)('the edge signs no', () => {
  const basic = header('Authorization: Basic dTpw');
  test.each<[what: string, target: string, ...args: string[]]>([
    ['read of a key outside the prefix', '/private/plain'],
    ['HEAD of a key outside the prefix', '/private/plain', '-I'],
    ['list', '/'],
    ['list of the keys with the prefix', '/?list-type=2&prefix=public%2F'],
    ['list at a key of slashes', '//'],
    ['read of who may do what', '/public/plain?acl'],
    ['read of a part of an upload', '/public/plain?uploadId=a'],
    ['read of another type', '/public/plain?response-content-type=text%2Fhtml'],
    ['read that names another method', '/public/plain', ...header('X-HTTP-Method-Override: DELETE')],
    ['read with a copy source', '/public/plain', ...header('x-amz-copy-source: /signed/private/plain')],
    ['read with an Authorization of its client', '/public/plain', ...basic],
    ['read with half a signature in its URL', '/public/plain?X-Amz-Signature=a'],
  ])('%s, and the bucket is not asked', async (_, target, ...args) => {
    const { curl, asked } = here();
    asked.length = 0;
    const answered = await curl(NAME, target, ...args);
    expect(answered.statuses).toEqual([403]);
    if (!args.includes('-I')) expect(codeOf(answered)).toBe('AccessDenied');
    expect(asked).toEqual([]);
  });

  test.each(['/public/../private/plain', '/public/%2e%2e/private/plain', '/public/..%5cprivate/plain'])(
    'read of %s, which leaves the prefix',
    async (target) => {
      const { curl, asked } = here();
      asked.length = 0;
      const answered = await curl(NAME, target);
      expect([answered.statuses, codeOf(answered)]).toEqual([[400], 'InvalidURI']);
      expect(asked).toEqual([]);
    },
  );

  test('read that its client has signed, with keys that are right', async () => {
    const { curl, gateway, asked } = here();
    asked.length = 0;
    const answered = await curl(NAME, '/public/plain', ...signedBy(gateway));
    expect([answered.statuses, codeOf(answered)]).toEqual([[403], 'AccessDenied']);
    expect(asked).toEqual([]);
  });

  test.each<[what: string, target: string, ...args: string[]]>([
    ['upload', '/public/new', '-X', 'PUT', '--data-binary', 'new'],
    ['deletion', '/public/plain', '-X', 'DELETE'],
    ['deletion of many', '/?delete', '-X', 'POST', '--data-binary', '<Delete/>'],
    ['copy', '/public/new', '-X', 'PUT', ...header('x-amz-copy-source: /signed/private/plain')],
    ['read of the rules', '/?cors='],
    ['write of rules', '/?cors=', '-X', 'PUT', '--data-binary', '<CORSConfiguration/>'],
  ])('%s, and the bucket refuses it', async (_, target, ...args) => {
    const { curl, asked, witness } = here();
    const before = await witness.objects(BUCKET, '');
    asked.length = 0;
    const answered = await curl(NAME, target, ...args);
    expect([answered.statuses, codeOf(answered)]).toEqual([[403], 'AccessDenied']);
    expect(asked).toHaveLength(1);
    expect(await witness.objects(BUCKET, '')).toEqual(before);
  });
});

describe.skipIf(SKIPPED)('uploads stay with the clients', () => {
  test("boto3 presigns for the bucket's own address, and curl sends it to the edge", async () => {
    const { gateway, store, curl, folder, witness } = here();
    const boto3 = openBoto3({ folder });
    const way = pathStyle(BUCKET, store, { keys: gateway, rulesIn: 'bucket' });
    const { put } = JSON.parse(await boto3(way, 'presign', 'public/uploaded'));
    const { pathname, search } = new URL(put);
    const target = pathname.replace(`/${BUCKET}`, '') + search;
    const { statuses } = await curl(
      NAME,
      target,
      '-X',
      'PUT',
      '--data-binary',
      'uploaded',
      '-H',
      'Content-Type:',
    );
    expect(statuses).toEqual([200]);
    expect(Object.keys(await witness.objects(BUCKET, 'public/uploaded'))).toEqual(['']);
    expect(String((await curl(NAME, '/public/uploaded')).body)).toBe('uploaded');
  });
});
