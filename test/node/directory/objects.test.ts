import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, useTestBucket } from './_bucket.ts';

const bucket = useTestBucket();

const etagOf = (body: Buffer | string | Uint8Array) =>
  `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`;

describe('objects', () => {
  test('are stored, served and deleted', async () => {
    const put = await bucket().call('PUT', '/a/b/hello.txt', { body: 'hello' });
    expect(put).toMatchObject({ status: 200, headers: { etag: etagOf('hello'), 'content-length': '0' } });
    expect(put.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);

    const got = await bucket().call('GET', '/a/b/hello.txt');
    const { mtime } = await stat(join(bucket().folder, 'a/b/hello.txt'));
    expect(got).toMatchObject({
      status: 200,
      headers: {
        etag: etagOf('hello'),
        'last-modified': mtime.toUTCString(),
        'content-length': '5',
        'content-type': 'text/plain; charset=utf-8',
        'accept-ranges': 'bytes',
      },
    });
    expect(got.body.toString()).toBe('hello');
    expect(got.headers).not.toHaveProperty('cache-control');

    const head = await bucket().call('HEAD', '/a/b/hello.txt');
    const changing = ['x-oss-request-id', 'date', 'connection', 'keep-alive'];
    const lasting = (headers: typeof got.headers) =>
      Object.entries(headers).filter(([name]) => !changing.includes(name));
    expect(lasting(head.headers)).toEqual(lasting(got.headers));
    expect(head.body).toHaveLength(0);

    expect((await bucket().call('DELETE', '/a/b/hello.txt')).status).toBe(204);
    expect((await bucket().call('DELETE', '/a/b/hello.txt')).status).toBe(204);
    expect(await bucket().files()).toEqual([]);
    const gone = await bucket().call('GET', '/a/b/hello.txt', { headers: { host: 'b.example.com' } });
    expect(gone).toMatchObject({ status: 404, headers: { 'content-type': 'application/xml' } });
    expect(codeOf(gone.body)).toBe('NoSuchKey');
    expect(gone.body.toString()).toContain('<HostId>b.example.com</HostId>');
    expect(gone.body.toString()).toContain(`<RequestId>${gone.headers['x-oss-request-id']}</RequestId>`);
  });

  test('are served byte for byte, whole and in ranges, with the MD5 of their content as ETag', async () => {
    const law = fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.nat(),
      fc.nat(),
      fc.nat({ max: 3 }),
      async (bytes, one, other, name) => {
        const path = `/law/${name}`;
        const [first = 0, last = 0] = [one % bytes.length, other % bytes.length].sort((a, b) => a - b);
        const put = await bucket().call('PUT', path, { body: Buffer.from(bytes) });
        expect(put.headers.etag).toBe(etagOf(bytes));
        const whole = await bucket().call('GET', path);
        expect(whole.headers.etag).toBe(etagOf(bytes));
        expect(whole.body.equals(bytes)).toBe(true);
        const slice = await bucket().call('GET', path, { headers: { range: `bytes=${first}-${last}` } });
        expect(slice).toMatchObject({
          status: 206,
          headers: {
            'content-range': `bytes ${first}-${last}/${bytes.length}`,
            'content-length': `${last - first + 1}`,
          },
        });
        expect(slice.body.equals(bytes.subarray(first, last + 1))).toBe(true);
      },
    );
    await fc.assert(law, { numRuns: 150 });
  });

  test('of nine megabytes and of zero bytes are served unchanged', async () => {
    const large = Buffer.alloc(9_000_000, 'bucket');
    await bucket().call('PUT', '/large', { body: large });
    expect((await bucket().call('GET', '/large')).body.equals(large)).toBe(true);
    await bucket().call('PUT', '/empty', { body: '' });
    expect(await bucket().call('GET', '/empty')).toMatchObject({
      status: 200,
      headers: { etag: etagOf(''), 'content-length': '0', 'content-type': 'application/octet-stream' },
    });
  });

  test('may have names in any script, with dots and punctuation', async () => {
    const name = 'fotos/Ä b+c/.versteckt/日本%25?.jpg';
    const path = `/${name.split('/').map(encodeURIComponent).join('/')}`;
    expect((await bucket().call('PUT', path, { body: 'x' })).status).toBe(200);
    expect(await readFile(join(bucket().folder, name), 'utf8')).toBe('x');
    expect((await bucket().call('GET', path)).headers['content-type']).toBe('image/jpeg');
  });

  test('written by other programs get a new ETag with each change', async () => {
    const file = join(bucket().folder, 'edited.txt');
    const seen = async () => (await bucket().call('GET', '/edited.txt')).headers.etag;
    await writeFile(file, 'one');
    expect(await seen()).toBe(etagOf('one'));
    await writeFile(file, 'two');
    expect(await seen()).toBe(etagOf('two'));
    // Two changes within one tick of the file system's clock have the same time.
    const now = new Date();
    await utimes(file, now, now);
    expect(await seen()).toBe(etagOf('two'));
    await writeFile(file, 'ten');
    await utimes(file, now, now);
    expect(await seen()).toBe(etagOf('ten'));
    // The digest of a file with an old time is cached; another time invalidates it.
    await utimes(file, 1, 1);
    expect(await seen()).toBe(etagOf('ten'));
    await writeFile(file, 'six');
    await utimes(file, 2, 2);
    expect(await seen()).toBe(etagOf('six'));
  });
});

describe('conditions and ranges', () => {
  const body = '0123456789';
  const etag = etagOf(body);
  const time = new Date('2024-05-01T12:00:00Z');
  const [before, at, after] = [-1000, 0, 1000].map((ms) => new Date(time.getTime() + ms).toUTCString());
  const standard = { 'x-oss-range-behavior': 'standard' };

  test.each<[string, Record<string, string | undefined>, number, string | undefined]>([
    ['If-None-Match has another ETag', { 'if-none-match': '"x"' }, 200, body],
    ['If-None-Match has the ETag', { 'if-none-match': etag }, 304, ''],
    ['If-None-Match lists the ETag', { 'if-none-match': `"x", W/${etag}` }, 304, ''],
    ['If-None-Match is *', { 'if-none-match': '*' }, 304, ''],
    ['a cache revalidates with no-cache', { 'if-none-match': etag, 'cache-control': 'no-cache' }, 304, ''],
    [
      'the ETag differs and the time is the same',
      { 'if-none-match': '"x"', 'if-modified-since': at },
      200,
      body,
    ],
    ['If-Modified-Since is its time', { 'if-modified-since': at }, 304, ''],
    ['If-Modified-Since is before its time', { 'if-modified-since': before }, 200, body],
    ['If-Match has the ETag', { 'if-match': etag }, 200, body],
    ['If-Match is *', { 'if-match': '*' }, 200, body],
    ['If-Match has another ETag', { 'if-match': '"x"' }, 412, 'PreconditionFailed'],
    ['If-Unmodified-Since is its time', { 'if-unmodified-since': at }, 200, body],
    ['If-Unmodified-Since is before its time', { 'if-unmodified-since': before }, 412, 'PreconditionFailed'],
    ['the range is inside the object', { range: 'bytes=2-4' }, 206, '234'],
    ['the range is a suffix', { range: 'bytes=-3' }, 206, '789'],
    ['there are several ranges', { range: 'bytes=0-1,2-3' }, 200, body],
    ['the range ends beyond the object', { range: 'bytes=8-12' }, 200, body],
    ['the range ends beyond the object, by the standard', { range: 'bytes=8-12', ...standard }, 206, '89'],
    ['the range begins beyond the object', { range: 'bytes=10-' }, 200, body],
    [
      'the range begins beyond the object, by the standard',
      { range: 'bytes=10-', ...standard },
      416,
      'InvalidRange',
    ],
    ['If-Range has the ETag', { range: 'bytes=2-4', 'if-range': etag }, 206, '234'],
    ['If-Range has another ETag', { range: 'bytes=2-4', 'if-range': '"x"' }, 200, body],
    ['If-Range is its time', { range: 'bytes=2-4', 'if-range': at }, 206, '234'],
    ['If-Range is before its time', { range: 'bytes=2-4', 'if-range': before }, 200, body],
    ['If-Range has a weak ETag', { range: 'bytes=2-4', 'if-range': `W/${etag}` }, 200, body],
    ['a range comes with the ETag in If-None-Match', { range: 'bytes=2-4', 'if-none-match': etag }, 304, ''],
    ['If-Modified-Since is after its time', { 'if-modified-since': after }, 304, ''],
  ])('answer a request when %s', async (_, headers, status, expected) => {
    const file = join(bucket().folder, 'ten.bin');
    await writeFile(file, body);
    await utimes(file, time, time);
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? '']));
    const got = await bucket().call('GET', '/ten.bin', { headers: sent });
    expect(got.status).toBe(status);
    if (status < 400) {
      expect(got.body.toString()).toBe(expected);
      expect(got.headers).toMatchObject({ etag, 'last-modified': at });
    } else {
      expect(codeOf(got.body)).toBe(expected);
      expect(got.headers['content-range']).toBe(status === 416 ? 'bytes */10' : undefined);
      expect(got.headers).not.toHaveProperty('etag');
    }
    const head = await bucket().call('HEAD', '/ten.bin', { headers: sent });
    expect(head.status).toBe(status === 206 || status === 416 ? 200 : status);
    expect(head.body).toHaveLength(0);
  });
});

describe('the bucket', () => {
  test.each([
    ['list', 'GET', '/', 501, 'NotImplemented'],
    ['list with a prefix', 'GET', '/?list-type=2&prefix=a', 501, 'NotImplemented'],
    ['list by HEAD', 'HEAD', '/', 501, undefined],
    ['get created by PUT', 'PUT', '/', 501, 'NotImplemented'],
    ['get removed by DELETE', 'DELETE', '/', 501, 'NotImplemented'],
    ['accept forms', 'POST', '/', 501, 'NotImplemented'],
    ['serve its other subresources', 'GET', '/?lifecycle', 501, 'NotImplemented'],
    ['append', 'POST', '/a?append&position=0', 501, 'NotImplemented'],
    ['accept POST of an object', 'POST', '/a', 501, 'NotImplemented'],
    ['serve access lists', 'GET', '/a?acl', 501, 'NotImplemented'],
    ['begin multipart uploads', 'POST', '/a?uploads', 501, 'NotImplemented'],
    ['write a part as if it were the object', 'PUT', '/a?partNumber=1&uploadId=7', 501, 'NotImplemented'],
    ['delete an object instead of an upload', 'DELETE', '/a?uploadId=7', 501, 'NotImplemented'],
    ['store rules of an object', 'PUT', '/a?cors', 501, 'NotImplemented'],
    ['answer preflights', 'OPTIONS', '/a', 405, 'MethodNotAllowed'],
    ['answer preflights of the bucket', 'OPTIONS', '/', 405, 'MethodNotAllowed'],
    ['accept other methods', 'PATCH', '/a', 405, 'MethodNotAllowed'],
    ['answer a preflight for a subresource', 'OPTIONS', '/a?acl', 405, 'MethodNotAllowed'],
  ] as const)('does not %s', async (_, method, path, status, code) => {
    await bucket().call('PUT', '/a', { body: 'safe' });
    const got = await bucket().call(method, path, { headers: { origin: 'https://example.com' } });
    expect(got.status).toBe(status);
    expect(codeOf(got.body)).toBe(code);
    expect(got.headers.allow).toBe(status === 405 ? 'GET, HEAD, PUT, DELETE' : undefined);
    expect(Object.keys(got.headers).filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
    expect((await bucket().call('GET', '/a')).body.toString()).toBe('safe');
  });

  test.each(['x-oss-copy-source', 'x-oss-forbid-overwrite'])(
    'refuses the unsupported header %s',
    async (name) => {
      await bucket().call('PUT', '/a', { body: 'safe' });
      const put = await bucket().call('PUT', '/a', { headers: { [name]: 'true' }, body: 'EVIL' });
      expect(put.status).toBe(501);
      expect(put.body.toString()).toContain(name);
      expect((await bucket().call('GET', '/a')).body.toString()).toBe('safe');
    },
  );

  test('does not serve folders, and ignores any other query of an object', async () => {
    await mkdir(join(bucket().folder, 'folder'), { recursive: true });
    expect(codeOf((await bucket().call('GET', '/folder')).body)).toBe('NoSuchKey');
    expect((await bucket().call('DELETE', '/folder')).status).toBe(204);
    await bucket().call('PUT', '/q', { body: 'q' });
    const presigned = '/q?Expires=1&OSSAccessKeyId=k&Signature=s%2F&x-oss-process=image/resize&123';
    expect((await bucket().call('GET', presigned)).body.toString()).toBe('q');
  });
});
