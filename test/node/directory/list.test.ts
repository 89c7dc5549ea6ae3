import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { textsOf, useKeyedBucket } from './_keyed.ts';

const MD5_OF_X = '9dd4e461268c8034f5c8564e155c67a6';
const KEYS = ['a b.txt', 'a', 'docs.txt', 'docs/one', 'docs/two', 'docs/äö/&', 'z😀\rb', 'z\u{ffff}'];

describe.each(['oss', 's3'] as const)('a listing of store %s', (dialect) => {
  const bucket = useKeyedBucket(dialect);
  beforeAll(async () => {
    for (const key of KEYS) await bucket.write(key, 'x');
    await mkdir(join(bucket.folder, 'empty'));
    await writeFile(join(bucket.folder, '.bucket-cors-left'), 'hidden');
    await symlink('/etc', join(bucket.folder, 'outside'));
    await symlink('/etc/passwd', join(bucket.folder, 'password'));
  });
  const list = async (query: string) => (await bucket.ask('GET', `/${query}`)).text;
  const keysIn = (xml: string) =>
    textsOf(xml, 'Key').map((key) => key.replace('&amp;', '&').replace('&#13;', '\r'));

  test('has every object, in the order of bytes, and nothing else of the folder', async () => {
    const ordered = ['a', 'a b.txt', 'docs.txt', 'docs/one', 'docs/two', 'docs/äö/&', 'z\u{ffff}', 'z😀\rb'];
    // U+FFFF is no character of XML, and a bare CR would be read as LF.
    expect(keysIn(await list('?max-keys=1000'))).toEqual(
      ordered.map((key) => key.replace('\u{ffff}', '\u{fffd}')),
    );
    const encoded = keysIn(await list('?encoding-type=url&list-type=2&max-keys=1000'));
    expect(encoded.map(decodeURIComponent)).toEqual(ordered);
    expect(encoded).toContain('docs/%C3%A4%C3%B6/%26');
  });

  test('has the ETag of the store, the size and the time', async () => {
    const xml = await list('?prefix=a');
    const etag = dialect === 'oss' ? MD5_OF_X.toUpperCase() : MD5_OF_X;
    expect(textsOf(xml, 'ETag')).toEqual([`&quot;${etag}&quot;`, `&quot;${etag}&quot;`]);
    expect(textsOf(xml, 'Size')).toEqual(['1', '1']);
    expect(textsOf(xml, 'LastModified')[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(textsOf(xml, 'Name')).toEqual(['media']);
  });

  test('groups by the delimiter', async () => {
    const xml = await list('?delimiter=/&prefix=docs');
    expect(keysIn(xml)).toEqual(['docs.txt']);
    expect(textsOf(xml, 'CommonPrefixes')).toEqual(['<Prefix>docs/</Prefix>']);
    const inside = await list('?delimiter=%2F&prefix=docs%2F&list-type=2');
    expect(keysIn(inside)).toEqual(['docs/one', 'docs/two']);
    expect(textsOf(inside, 'CommonPrefixes')).toEqual(['<Prefix>docs/äö/</Prefix>']);
    expect(textsOf(inside, 'KeyCount')).toEqual(['3']);
  });

  test('continues by marker', async () => {
    const first = await list('?max-keys=3&delimiter=/');
    expect([keysIn(first), textsOf(first, 'IsTruncated')]).toEqual([['a', 'a b.txt', 'docs.txt'], ['true']]);
    const rest = await list(
      `?max-keys=3&delimiter=/&marker=${encodeURIComponent(textsOf(first, 'NextMarker')[0] ?? '')}`,
    );
    expect(textsOf(rest, 'CommonPrefixes')).toEqual(['<Prefix>docs/</Prefix>']);
    expect(textsOf(rest, 'IsTruncated')).toEqual(['false']);
  });

  test('continues by token, and starts after a key', async () => {
    const first = await list('?list-type=2&max-keys=1&start-after=docs/one');
    expect(keysIn(first)).toEqual(['docs/two']);
    const token = encodeURIComponent(textsOf(first, 'NextContinuationToken')[0] ?? '');
    const next = await list(`?list-type=2&max-keys=1&start-after=docs/one&continuation-token=${token}`);
    expect(keysIn(next)).toEqual(['docs/äö/&']);
  });

  test.each(['max-keys=-1', 'max-keys=x', 'encoding-type=base64', 'list-type=2&continuation-token=%21'])(
    'is refused with %s',
    async (query) => expect((await bucket.ask('GET', `/?${query}`)).said).toBe('400 InvalidArgument'),
  );

  test('of no key is empty', async () => {
    const said = (await bucket.ask('GET', '/?max-keys=0')).said;
    expect(said).toBe(dialect === 'oss' ? '400 InvalidArgument' : '200');
  });

  test('needs a signature', async () => {
    expect((await bucket.send('GET', '/', [])).said).toBe('403 AccessDenied');
    expect((await bucket.ask('HEAD', '/')).said).toBe('200');
  });

  test('of several removals has each, and why one failed', async () => {
    await bucket.write('gone/&1', 'x');
    const body =
      '<Delete><Object><Key>gone/&amp;1</Key></Object><Object><Key>none</Key></Object><Object><Key>a/../b</Key></Object></Delete>';
    const { said, text } = await bucket.ask('POST', '/?delete', { body });
    expect([said, textsOf(text, 'Deleted').length, textsOf(text, 'Code')]).toEqual([
      '200',
      2,
      ['InvalidObjectName'],
    ]);
    expect(await bucket.read('gone/&1')).toBeNull();
    const quiet = await bucket.ask('POST', '/?delete', {
      body: '<Delete><Quiet>true</Quiet><Object><Key>none</Key></Object></Delete>',
    });
    expect(textsOf(quiet.text, 'Deleted')).toEqual([]);
    const many = `<Delete>${'<Object><Key>x</Key></Object>'.repeat(1001)}</Delete>`;
    for (const wrong of [many, '<Delete/>', '<Other/>', '<!DOCTYPE a><Delete/>', 'x'])
      expect((await bucket.ask('POST', '/?delete', { body: wrong })).said).toBe('400 MalformedXML');
  });
});
