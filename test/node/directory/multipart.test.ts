import { createHash } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type KeyedBucket, textsOf, useKeyedBucket } from './_keyed.ts';

const SMALLEST = { oss: 100 * 1024, s3: 5 * 2 ** 20 } as const;
const etagOf = (text: string) => createHash('md5').update(text).digest('hex');

async function initiate(bucket: KeyedBucket, key: string): Promise<string> {
  const { said, text } = await bucket.ask('POST', `/${key}?uploads`);
  expect(said).toBe('200');
  return textsOf(text, 'UploadId')[0] ?? '';
}

const put = (
  bucket: KeyedBucket,
  key: string,
  id: string,
  number: number | string,
  body: string,
  headers: string[] = [],
) => bucket.ask('PUT', `/${key}?partNumber=${number}&uploadId=${id}`, { body, headers });

const complete = (
  bucket: KeyedBucket,
  key: string,
  id: string,
  parts: readonly (readonly [number, string])[],
) =>
  bucket.ask('POST', `/${key}?uploadId=${id}`, {
    body: `<CompleteMultipartUpload>${parts
      .map(
        ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${etag}&quot;</ETag></Part>`,
      )
      .join('')}</CompleteMultipartUpload>`,
  });

describe.each(['oss', 's3'] as const)('an upload in parts to store %s', (dialect) => {
  const bucket = useKeyedBucket(dialect);
  const large = 'a'.repeat(SMALLEST[dialect]);

  test('is joined in the order of its parts, has one ETag before and after a restart, and leaves nothing behind', async () => {
    const key = 'dir/whole';
    const id = await initiate(bucket, key);
    await put(bucket, key, id, 3, 'end');
    await put(bucket, key, id, 1, 'replaced');
    await put(bucket, key, id, 1, large);
    const listed = await bucket.ask('GET', `/${key}?uploadId=${id}`);
    expect(textsOf(listed.text, 'PartNumber')).toEqual(['1', '3']);
    expect(textsOf(listed.text, 'Size')).toEqual([String(large.length), '3']);
    await bucket.restart();
    const done = await complete(bucket, key, id, [
      [1, etagOf(large)],
      [3, etagOf('end').toUpperCase()],
    ]);
    expect(done.said).toBe('200');
    const digest = createHash('md5')
      .update(Buffer.from(etagOf(large) + etagOf('end'), 'hex'))
      .digest('hex');
    const etag = dialect === 'oss' ? `"${digest.toUpperCase()}-2"` : `"${digest}-2"`;
    expect(textsOf(done.text, 'ETag')).toEqual([etag.replaceAll('"', '&quot;')]);
    expect(await bucket.read(key)).toBe(`${large}end`);
    expect((await bucket.ask('HEAD', `/${key}`)).headers.etag).toBe(etag);
    await bucket.restart();
    expect((await bucket.ask('HEAD', `/${key}`)).headers.etag).toBe(etag);
    expect((await complete(bucket, key, id, [[1, etagOf(large)]])).said).toBe('404 NoSuchUpload');
    expect((await bucket.files()).filter((name) => name.startsWith('.bucket-cors-uploads/'))).toEqual([]);
    await bucket.ask('PUT', `/${key}`, { body: 'other' });
    expect((await bucket.ask('HEAD', `/${key}`)).headers.etag?.toString().toLowerCase()).toBe(
      `"${etagOf('other')}"`,
    );
  });

  test('is not an object before it is complete, and not after it is aborted', async () => {
    const id = await initiate(bucket, 'half');
    await put(bucket, 'half', id, 1, 'x');
    expect((await bucket.ask('GET', '/half')).said).toBe('404 NoSuchKey');
    expect(textsOf((await bucket.ask('GET', '/?prefix=half')).text, 'Key')).toEqual([]);
    const uploads = await bucket.ask('GET', '/?uploads&prefix=half');
    expect([textsOf(uploads.text, 'Key'), textsOf(uploads.text, 'UploadId')]).toEqual([['half'], [id]]);
    expect((await bucket.ask('DELETE', `/half?uploadId=${id}`)).said).toBe('204');
    expect((await put(bucket, 'half', id, 2, 'x')).said).toBe('404 NoSuchUpload');
    expect((await bucket.ask('DELETE', `/half?uploadId=${id}`)).said).toBe('404 NoSuchUpload');
    expect(textsOf((await bucket.ask('GET', '/?uploads')).text, 'Key')).not.toContain('half');
  });

  test('is refused with parts that are wrong', async () => {
    const key = 'wrong';
    const id = await initiate(bucket, key);
    for (const [number, text] of [
      [1, 'small'],
      [2, 'end'],
    ] as const)
      await put(bucket, key, id, number, text);
    const [one, two] = [etagOf('small'), etagOf('end')];
    const said = async (...parts: (readonly [number, string])[]) =>
      (await complete(bucket, key, id, parts)).said;
    expect(await said([1, one], [2, two])).toBe('400 EntityTooSmall');
    expect(await said([2, two], [1, one])).toBe('400 InvalidPartOrder');
    expect(await said([1, one], [1, one])).toBe('400 InvalidPartOrder');
    expect(await said([1, two])).toBe('400 InvalidPart');
    expect(await said([3, two])).toBe('400 InvalidPart');
    expect(await said()).toBe('400 MalformedXML');
    expect(await said([1, one])).toBe('200');
  });

  test.each(['0', '10001', 'x', '1.5', ''])('is refused with part number "%s"', async (number) => {
    const id = await initiate(bucket, 'number');
    expect((await put(bucket, 'number', id, number, 'x')).said).toBe('400 InvalidArgument');
  });

  test('belongs to its key and its id', async () => {
    const id = await initiate(bucket, 'mine');
    for (const [key, other] of [
      ['yours', id],
      ['mine', '0'.repeat(32)],
      ['mine', '..%2F..'],
      ['mine', ''],
    ] as const)
      expect((await put(bucket, key, other, 1, 'x')).said).toBe('404 NoSuchUpload');
  });

  test('refuses a part that changed on its way, and leaves the earlier one', async () => {
    const id = await initiate(bucket, 'md5');
    await put(bucket, 'md5', id, 1, 'right');
    const md5 = createHash('md5').update('right').digest('base64');
    const refused = await put(bucket, 'md5', id, 1, 'wrong', ['Content-MD5', md5]);
    expect(refused.said).toBe(dialect === 'oss' ? '400 InvalidDigest' : '400 BadDigest');
    expect((await complete(bucket, 'md5', id, [[1, etagOf('right')]])).said).toBe('200');
  });

  test('pages its parts', async () => {
    const id = await initiate(bucket, 'paged');
    for (const number of [1, 2, 5]) await put(bucket, 'paged', id, number, 'x');
    const first = await bucket.ask('GET', `/paged?max-parts=2&uploadId=${id}`);
    expect([textsOf(first.text, 'PartNumber'), textsOf(first.text, 'NextPartNumberMarker')]).toEqual([
      ['1', '2'],
      ['2'],
    ]);
    const rest = await bucket.ask('GET', `/paged?part-number-marker=2&uploadId=${id}`);
    expect([textsOf(rest.text, 'PartNumber'), textsOf(rest.text, 'IsTruncated')]).toEqual([['5'], ['false']]);
  });

  test('is removed when no client has written to it for a week', async () => {
    const id = await initiate(bucket, 'old');
    await put(bucket, 'old', id, 1, 'x');
    const eightDays = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    await utimes(join(bucket.folder, '.bucket-cors-uploads', id), eightDays, eightDays);
    await bucket.restart();
    expect((await put(bucket, 'old', id, 2, 'x')).said).toBe('404 NoSuchUpload');
  });

  test('needs a signature for each request', async () => {
    const id = await initiate(bucket, 'unsigned');
    for (const [method, target] of [
      ['POST', '/unsigned?uploads'],
      ['PUT', `/unsigned?partNumber=1&uploadId=${id}`],
      ['POST', `/unsigned?uploadId=${id}`],
      ['DELETE', `/unsigned?uploadId=${id}`],
    ] as const)
      expect((await bucket.send(method, target, [])).said).toBe('403 AccessDenied');
  });
});
