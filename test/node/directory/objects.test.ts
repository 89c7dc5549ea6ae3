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
  test('are put, read, and gone', async () => {
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

  test('come back byte for byte, whole and in slices, with the MD5 of their content', async () => {
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

  test('of many megabytes and of no byte at all come back too', async () => {
    const large = Buffer.alloc(9_000_000, 'bucket');
    await bucket().call('PUT', '/large', { body: large });
    expect((await bucket().call('GET', '/large')).body.equals(large)).toBe(true);
    await bucket().call('PUT', '/empty', { body: '' });
    expect(await bucket().call('GET', '/empty')).toMatchObject({
      status: 200,
      headers: { etag: etagOf(''), 'content-length': '0', 'content-type': 'application/octet-stream' },
    });
  });

  test('keep names of any script, dots and signs', async () => {
    const name = 'fotos/Ä b+c/.versteckt/日本%25?.jpg';
    const path = `/${name.split('/').map(encodeURIComponent).join('/')}`;
    expect((await bucket().call('PUT', path, { body: 'x' })).status).toBe(200);
    expect(await readFile(join(bucket().folder, name), 'utf8')).toBe('x');
    expect((await bucket().call('GET', path)).headers['content-type']).toBe('image/jpeg');
  });

  test('put there by other programs get a new ETag whenever they change', async () => {
    const file = join(bucket().folder, 'edited.txt');
    const seen = async () => (await bucket().call('GET', '/edited.txt')).headers.etag;
    await writeFile(file, 'one');
    expect(await seen()).toBe(etagOf('one'));
    await writeFile(file, 'two');
    expect(await seen()).toBe(etagOf('two'));
    // Two changes within one tick of the file system's clock leave the same time.
    const now = new Date();
    await utimes(file, now, now);
    expect(await seen()).toBe(etagOf('two'));
    await writeFile(file, 'ten');
    await utimes(file, now, now);
    expect(await seen()).toBe(etagOf('ten'));
    // With a time long past the digest is remembered; another time means another content.
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
    ['the ETag is not the one held', { 'if-none-match': '"x"' }, 200, body],
    ['the ETag is the one held', { 'if-none-match': etag }, 304, ''],
    ['the ETag is one of those held', { 'if-none-match': `"x", W/${etag}` }, 304, ''],
    ['anything is held', { 'if-none-match': '*' }, 304, ''],
    ['a cache revalidates', { 'if-none-match': etag, 'cache-control': 'no-cache' }, 304, ''],
    [
      'the ETag differs and the time does not',
      { 'if-none-match': '"x"', 'if-modified-since': at },
      200,
      body,
    ],
    ['nothing changed since', { 'if-modified-since': at }, 304, ''],
    ['it changed since', { 'if-modified-since': before }, 200, body],
    ['the ETag is the one meant', { 'if-match': etag }, 200, body],
    ['any ETag is meant', { 'if-match': '*' }, 200, body],
    ['another ETag is meant', { 'if-match': '"x"' }, 412, 'PreconditionFailed'],
    ['it did not change since', { 'if-unmodified-since': at }, 200, body],
    ['it changed since the time meant', { 'if-unmodified-since': before }, 412, 'PreconditionFailed'],
    ['a slice is asked for', { range: 'bytes=2-4' }, 206, '234'],
    ['the end is asked for', { range: 'bytes=-3' }, 206, '789'],
    ['several slices are asked for', { range: 'bytes=0-1,2-3' }, 200, body],
    ['a slice reaches beyond the end', { range: 'bytes=8-12' }, 200, body],
    ['a slice reaches beyond the end, by the standard', { range: 'bytes=8-12', ...standard }, 206, '89'],
    ['a slice is beyond the end', { range: 'bytes=10-' }, 200, body],
    ['a slice is beyond the end, by the standard', { range: 'bytes=10-', ...standard }, 416, 'InvalidRange'],
    ['a slice of the same content is asked for', { range: 'bytes=2-4', 'if-range': etag }, 206, '234'],
    ['a slice of another content is asked for', { range: 'bytes=2-4', 'if-range': '"x"' }, 200, body],
    ['a slice of the content of a time is asked for', { range: 'bytes=2-4', 'if-range': at }, 206, '234'],
    ['a slice of older content is asked for', { range: 'bytes=2-4', 'if-range': before }, 200, body],
    ['a slice has a weak condition', { range: 'bytes=2-4', 'if-range': `W/${etag}` }, 200, body],
    ['a slice of what is held is asked for', { range: 'bytes=2-4', 'if-none-match': etag }, 304, ''],
    ['it did not change after', { 'if-modified-since': after }, 304, ''],
  ])('when %s', async (_, headers, status, expected) => {
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

describe('what the bucket does not do', () => {
  test.each([
    ['list', 'GET', '/', 501, 'NotImplemented'],
    ['list with a prefix', 'GET', '/?list-type=2&prefix=a', 501, 'NotImplemented'],
    ['list by HEAD', 'HEAD', '/', 501, undefined],
    ['make itself', 'PUT', '/', 501, 'NotImplemented'],
    ['remove itself', 'DELETE', '/', 501, 'NotImplemented'],
    ['take forms', 'POST', '/', 501, 'NotImplemented'],
    ['tell its own subresources', 'GET', '/?lifecycle', 501, 'NotImplemented'],
    ['append', 'POST', '/a?append&position=0', 501, 'NotImplemented'],
    ['take POST', 'POST', '/a', 501, 'NotImplemented'],
    ['tell access lists', 'GET', '/a?acl', 501, 'NotImplemented'],
    ['begin multipart uploads', 'POST', '/a?uploads', 501, 'NotImplemented'],
    ['write a part as if it were the object', 'PUT', '/a?partNumber=1&uploadId=7', 501, 'NotImplemented'],
    ['delete an object instead of an upload', 'DELETE', '/a?uploadId=7', 501, 'NotImplemented'],
    ['keep rules of an object', 'PUT', '/a?cors', 501, 'NotImplemented'],
    ['answer preflights', 'OPTIONS', '/a', 405, 'MethodNotAllowed'],
    ['answer preflights of the bucket', 'OPTIONS', '/', 405, 'MethodNotAllowed'],
    ['know other methods', 'PATCH', '/a', 405, 'MethodNotAllowed'],
    ['answer a preflight for a subresource', 'OPTIONS', '/a?acl', 405, 'MethodNotAllowed'],
  ] as const)('it does not %s', async (_, method, path, status, code) => {
    await bucket().call('PUT', '/a', { body: 'safe' });
    const got = await bucket().call(method, path, { headers: { origin: 'https://example.com' } });
    expect(got.status).toBe(status);
    expect(codeOf(got.body)).toBe(code);
    expect(got.headers.allow).toBe(status === 405 ? 'GET, HEAD, PUT, DELETE' : undefined);
    expect(Object.keys(got.headers).filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
    expect((await bucket().call('GET', '/a')).body.toString()).toBe('safe');
  });

  test.each(['x-oss-copy-source', 'x-oss-forbid-overwrite'])('it does not ignore %s', async (name) => {
    await bucket().call('PUT', '/a', { body: 'safe' });
    const put = await bucket().call('PUT', '/a', { headers: { [name]: 'true' }, body: 'EVIL' });
    expect(put.status).toBe(501);
    expect(put.body.toString()).toContain(name);
    expect((await bucket().call('GET', '/a')).body.toString()).toBe('safe');
  });

  test('it serves no folder, and takes any other query for an object', async () => {
    await mkdir(join(bucket().folder, 'folder'), { recursive: true });
    expect(codeOf((await bucket().call('GET', '/folder')).body)).toBe('NoSuchKey');
    expect((await bucket().call('DELETE', '/folder')).status).toBe(204);
    await bucket().call('PUT', '/q', { body: 'q' });
    const presigned = '/q?Expires=1&OSSAccessKeyId=k&Signature=s%2F&x-oss-process=image/resize&123';
    expect((await bucket().call('GET', presigned)).body.toString()).toBe('q');
  });
});
