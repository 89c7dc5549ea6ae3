import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { until } from '../../helpers/until.ts';
import { codeOf, useTestBucket } from './_bucket.ts';

const bucket = useTestBucket();
const md5 = (body: Buffer | string) => createHash('md5').update(body).digest('base64');
const get = async (path: string) => (await bucket().call('GET', path)).body.toString();
const temporaries = async () => (await bucket().files()).filter((name) => name.includes('.bucket-cors-'));

describe('an interrupted upload leaves only the old object if it ends', () => {
  test.each([
    ['in the middle of a counted body', 'Content-Length: 100\r\n\r\nhalf of it'],
    ['in the middle of a chunk', 'Transfer-Encoding: chunked\r\n\r\nff\r\nhalf of it'],
    ['between two chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['with a malformed chunk', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno number\r\n'],
  ])('%s', async (_, rest) => {
    await bucket().call('PUT', '/existing', { body: 'old' });
    const replacing = bucket().connect(`PUT /existing HTTP/1.1\r\nHost: h\r\n${rest}`);
    const making = bucket().connect(`PUT /new/folder/object HTTP/1.1\r\nHost: h\r\n${rest}`);
    // A malformed body ends its upload at once; wait for the temporary files of the others.
    if (!rest.includes('no number'))
      await until('both uploads have begun', async () => (await temporaries()).length === 2);
    expect(await get('/existing')).toBe('old');
    replacing.destroy();
    making.destroy();
    await until('only the old object is left', async () => (await bucket().files()).join() === 'existing');
    expect(await get('/existing')).toBe('old');
  });
});

describe('Content-MD5', () => {
  test.each([
    ['right', md5('new'), 200, 'new'],
    ['wrong', md5('other'), 400, 'old'],
    ['not base64', 'not a digest', 400, 'old'],
    ['too short', Buffer.from('short').toString('base64'), 400, 'old'],
    ['empty', '', 400, 'old'],
  ])('that is %s', async (_, header, status, content) => {
    await bucket().call('PUT', '/existing', { body: 'old' });
    const put = await bucket().call('PUT', '/existing', { headers: { 'content-md5': header }, body: 'new' });
    expect(put.status).toBe(status);
    expect(codeOf(put.body)).toBe(status === 400 ? 'InvalidDigest' : undefined);
    expect(await get('/existing')).toBe(content);
    expect(await temporaries()).toEqual([]);
  });

  test('that is malformed is reported also for a large body', async () => {
    const headers = { 'content-md5': 'no digest' };
    const put = await bucket().call('PUT', '/deep/er', { headers, body: Buffer.alloc(5_000_000) });
    expect(codeOf(put.body)).toBe('InvalidDigest');
    expect(await bucket().files()).not.toContain('deep');
  });
});

describe('an object and a folder of the same name', () => {
  test('conflict when the object exists', async () => {
    await bucket().call('PUT', '/taken', { body: 'old' });
    const put = await bucket().call('PUT', '/taken/b/c', { body: 'new' });
    expect(put.status).toBe(409);
    expect(codeOf(put.body)).toBe('FileAlreadyExists');
    expect(await get('/taken')).toBe('old');
    expect(codeOf((await bucket().call('GET', '/taken/b/c')).body)).toBe('NoSuchKey');
    expect((await bucket().call('DELETE', '/taken/b/c')).status).toBe(204);
    expect(await get('/taken')).toBe('old');
  });

  test('conflict when the folder exists', async () => {
    await bucket().call('PUT', '/folder/object', { body: 'old' });
    const put = await bucket().call('PUT', '/folder', { body: 'new' });
    expect(put.status).toBe(409);
    expect(codeOf(put.body)).toBe('FileAlreadyExists');
    expect(await get('/folder/object')).toBe('old');
    expect(await temporaries()).toEqual([]);
  });

  test('do not conflict after the folder’s last object is deleted: its folders are removed with it', async () => {
    await bucket().call('PUT', '/x/y/1', { body: '1' });
    await bucket().call('PUT', '/x/2', { body: '2' });
    await bucket().call('DELETE', '/x/y/1');
    expect(await bucket().files()).toEqual(expect.arrayContaining(['x', 'x/2']));
    expect(await bucket().files()).not.toContain('x/y');
    await bucket().call('DELETE', '/x/2');
    expect(await bucket().files()).not.toContain('x');
  });
});

describe('concurrent requests', () => {
  test('never mix uploads of one object, and read one of them whole', async () => {
    const bodies = [...'abcdefgh'].map((letter) => Buffer.alloc(400_000, letter));
    const tag = (body: Buffer) => `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`;
    const tags = new Set(bodies.map(tag));
    await bucket().call('PUT', '/raced', { body: bodies[0] ?? '' });
    const puts = bodies.map((body) => bucket().call('PUT', '/raced', { body }));
    const gets = bodies.map(() => bucket().call('GET', '/raced'));
    for (const put of await Promise.all(puts)) expect(put.status).toBe(200);
    for (const got of [...(await Promise.all(gets)), await bucket().call('GET', '/raced')]) {
      expect(got.headers.etag).toBe(tag(got.body));
      expect(tags).toContain(got.headers.etag);
    }
    expect(await temporaries()).toEqual([]);
  });

  test('put and delete in the same folders without an error', async () => {
    const path = '/many/folders/made/and/removed/again/object';
    const client = async () => {
      for (let round = 0; round < 15; round += 1) {
        expect((await bucket().call('PUT', path, { body: 'x' })).status).toBe(200);
        expect((await bucket().call('DELETE', path)).status).toBe(204);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    expect(await bucket().files()).not.toContain('many');
  });
});
