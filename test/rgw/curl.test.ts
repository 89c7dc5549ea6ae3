import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CurlAnswer, comparable, curl } from './_curl.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce, RULES } from './_rules.ts';
import { curlRules } from './_rules-programs.ts';
import { RULES_WAYS, useWays, WAYS, type WayName } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('curl');
const [DIRECT, BY_PATH, BY_NAME] = WAYS;
const THROUGH = [BY_PATH, BY_NAME];

const CONTENT = 'abcdefghijklmnopqrstuvwxyz';
const ETAG = '"c3fcd3d76192e4007dfb496cca67e13b"';
const UPLOAD = ['-X', 'PUT', '--data-binary', CONTENT];
const WRONG_DIGEST = 'Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==';
const ORIGIN = 'Origin: https://app.example.com';

const send = (name: WayName, target: string, ...args: string[]) =>
  curl(ways, ways.way(name), target, ...args);

const header = (line: string): string[] => ['-H', line];

function fileOf(content: string | Buffer): string {
  const file = join(ways.folder(), 'file');
  writeFileSync(file, content);
  return file;
}

/** The same objects in each bucket, put there directly, so that the edge causes every difference in answers. */
beforeAll(async () => {
  const [plain, zipped, empty] = [fileOf(CONTENT), fileOf(gzipSync(CONTENT)), fileOf('')];
  for (const { bucket } of WAYS.map(ways.way)) {
    await ways.witness.openToAll(bucket);
    await ways.witness.putRules(bucket, RULES);
    const there = { ...ways.way(DIRECT), root: `/${bucket}` };
    const put = (target: string, file: string, ...headers: string[]) =>
      curl(ways, there, target, '-T', file, ...headers.flatMap(header));
    await put('/plain', plain, 'Content-Type: text/plain', 'Cache-Control: max-age=60', 'x-amz-meta-a: b  c');
    await put('/zipped', zipped, 'Content-Type: text/plain', 'Content-Encoding: gzip');
    await put('/empty', empty);
  }
});

describe.skipIf(SKIPPED).each(THROUGH)('curl, %s', (name) => {
  test.each<[what: string, target: string, ...args: string[]]>([
    ['an object', '/plain'],
    ['a HEAD', '/plain', '-I'],
    ['an object of no bytes', '/empty'],
    ['an object that is stored compressed', '/zipped', ...header('Accept-Encoding: gzip')],
    ['a range', '/plain', ...header('Range: bytes=5-9')],
    ['a range to the end', '/plain', ...header('Range: bytes=20-')],
    ['the last bytes', '/plain', ...header('Range: bytes=-3')],
    ['a range beyond the end', '/plain', ...header('Range: bytes=26-30')],
    ['several ranges', '/plain', ...header('Range: bytes=0-1,4-5')],
    ['a HEAD with a range', '/plain', '-I', ...header('Range: bytes=5-9')],
    ['a range of another version', '/plain', ...header('Range: bytes=5-9'), ...header('If-Range: "other"')],
    ['If-None-Match', '/plain', ...header(`If-None-Match: ${ETAG}`)],
    ['If-Match with another version', '/plain', ...header('If-Match: "other"')],
    ['If-Modified-Since', '/plain', ...header('If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT')],
    ['a missing object', '/missing'],
    ['a HEAD of a missing object', '/missing', '-I'],
    ['the list of objects', '/?list-type=2&prefix=p&delimiter=%2F'],
    ['the list of objects, with no slash before the query', '?list-type=2&prefix=p'],
    ['a subresource', '/plain?acl'],
    ['an upload', '/uploaded', ...UPLOAD],
    ['an upload with a wrong digest', '/wrong', ...UPLOAD, ...header(WRONG_DIGEST)],
    ['an upload in chunks', '/chunks', ...UPLOAD, ...header('Transfer-Encoding: chunked')],
    ['a DELETE of a missing object', '/missing', '-X', 'DELETE'],
  ])('the answer to %s equals the direct one', async (_, target, ...args) => {
    const through = await send(name, target, ...args);
    const direct = await send(DIRECT, target, ...args);
    expect(comparable(through, ways.way(name))).toEqual(comparable(direct, ways.way(DIRECT)));
  });

  test.each([
    ['an allowed origin', '/plain', ORIGIN],
    ['an allowed origin, for a missing object', '/missing', ORIGIN],
    ['an origin by its pattern', '/plain', 'Origin: https://eu.reports.example.com'],
    ['another origin', '/plain', 'Origin: https://other.example.com'],
  ])('a page of %s reads the same as directly', async (_, target, line) => {
    const [through, direct] = [await send(name, target, '-H', line), await send(DIRECT, target, '-H', line)];
    for (const header of ['allow-origin', 'expose-headers', 'max-age']) {
      const key = `access-control-${header}`;
      expect([key, words(through, key)]).toEqual([key, words(direct, key)]);
    }
  });
});

describe.skipIf(SKIPPED).each(RULES_WAYS)('curl --aws-sigv4, %s', (name) => {
  test.each(['/?cors=', '?cors='])(
    'rules that it puts, replaces and deletes at %s decide the next preflight',
    async (target) => {
      await expectRulesInForce(ways.way(name), ways.witness, curlRules(ways, target));
    },
  );
});

const words = ({ headers }: CurlAnswer, name: string): string[] =>
  (headers[name] ?? '').split(',').map((word) => word.trim().toLowerCase());

describe.skipIf(SKIPPED).each(WAYS)('curl, %s', (name) => {
  test.each([
    ['bytes', CONTENT],
    ['no bytes', ''],
  ])('an upload of %s that expects 100 gets it before its answer', async (_, content) => {
    const target = `/expected-${content.length}`;
    const { statuses } = await send(name, target, '-T', fileOf(content), '-H', 'Expect: 100-continue');
    expect(statuses).toEqual([100, 200]);
    expect(await ways.witness.objects(ways.way(name).bucket, target.slice(1))).toEqual({
      '': digest(content),
    });
  });

  test.each([
    ['/keys/a//b', 'a//b'],
    ['/keys//a', '/a'],
    ['/keys/a%2Fb', 'a/b'],
    ['/keys/a%2fb', 'a/b'],
    ['/keys/%E2%82%AC', '€'],
    ['/keys/%e2%82%ac', '€'],
    ['/keys/a%20b', 'a b'],
    ['/keys/a+b', 'a+b'],
    ['/keys/a%2Bb', 'a+b'],
    ['/keys/a%2541', 'a%41'],
    ["/keys/a;b,c=d&e@f:g!h$i*j'(k)", "a;b,c=d&e@f:g!h$i*j'(k)"],
    ['/keys/a[b]{c}|d\\e^f`g"h<i>', 'a[b]{c}|d\\e^f`g"h<i>'],
    ['/keys/a%3Fb%23c', 'a?b#c'],
    ['/keys/...', '...'],
    ['/keys/a/', 'a/'],
  ])('the target %s names one key', async (target, key) => {
    const { bucket } = ways.way(name);
    await send(name, target, '-X', 'PUT', '--data-binary', target);
    expect(await ways.witness.objects(bucket, 'keys/')).toEqual({ [key]: digest(target) });
    await send(name, target, '-X', 'DELETE');
    expect(await ways.witness.objects(bucket, 'keys/')).toEqual({});
  });
});

describe.skipIf(SKIPPED).each(['/a/../b', '/a/./b', '/a/%2e%2e/b'])(
  'curl, the dot segments of %s',
  (target) => {
    test.each([DIRECT, BY_NAME])('are part of a key, %s', async (name) => {
      const answered = await send(name, target, '-X', 'PUT', '--data-binary', 'dots');
      expect(answered.statuses).toEqual([200]);
      const key = decodeURIComponent(target.slice(1));
      expect(await ways.witness.objects(ways.way(name).bucket, key)).toEqual({ '': digest('dots') });
    });

    test('get 400 InvalidURI where buckets have prefixes', async () => {
      const { statuses, body } = await send(BY_PATH, target, '-X', 'PUT', '--data-binary', 'dots');
      expect([statuses, /<Code>(.*)<\/Code>/.exec(String(body))?.[1]]).toEqual([[400], 'InvalidURI']);
    });
  },
);
