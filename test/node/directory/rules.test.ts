import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { answer } from '../../../src/node/directory/answer.ts';
import { compositeDigests } from '../../../src/node/directory/composite.ts';
import { createDigests } from '../../../src/node/directory/digest.ts';
import { openUploads } from '../../../src/node/directory/multipart/uploads.ts';
import { PROTOCOLS } from '../../../src/node/directory/protocol.ts';
import { openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { isLoopback } from '../../../src/node/reach.ts';
import { codeOf, useTestBucket } from './_bucket.ts';

const bucket = useTestBucket();
const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
const document = `<?xml version="1.0"?>\n<!-- ours: ä -->\n<CORSConfiguration>\n  ${rule}\n</CORSConfiguration>\n`;
const md5 = (text: string) => createHash('md5').update(text).digest('base64');

beforeEach(() => rm(bucket().open.rulesFile, { force: true }));

describe('the rules document', () => {
  test('is stored beside the folder and served byte for byte', async () => {
    expect(bucket().open.rulesFile).toBe(`${bucket().folder}.cors.xml`);
    const absent = await bucket().call('GET', '/?cors');
    expect(absent.status).toBe(404);
    expect(codeOf(absent.body)).toBe('NoSuchCORSConfiguration');
    expect((await bucket().call('DELETE', '/?cors')).status).toBe(204);

    const headers = { 'content-md5': md5(document) };
    const put = await bucket().call('PUT', '/?cors', { headers, body: document });
    expect(put).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect(await readFile(bucket().open.rulesFile, 'utf8')).toBe(document);
    expect((await readdir(bucket().around)).sort()).toEqual(['bucket', 'bucket.cors.xml']);

    const got = await bucket().call('GET', '/?cors=');
    expect(got).toMatchObject({ status: 200, headers: { 'content-type': 'application/xml' } });
    expect(got.body.toString()).toBe(document);

    expect((await bucket().call('DELETE', '/?cors')).status).toBe(204);
    expect((await bucket().call('GET', '/?cors')).status).toBe(404);
  });

  test('is served as is when the operator has written it', async () => {
    await writeFile(bucket().open.rulesFile, 'by hand');
    expect((await bucket().call('GET', '/?cors')).body.toString()).toBe('by hand');
  });

  test.each([
    ['text', 'nonsense', 'MalformedXML', 'not XML'],
    ['empty', '', 'MalformedXML', 'not XML'],
    ['JSON', '{"CORSRule":[{"AllowedOrigin":"*","AllowedMethod":"GET"}]}', 'MalformedXML', 'not XML'],
    ['not UTF-8', Buffer.from([0x3c, 0xff]), 'MalformedXML', 'not UTF-8'],
    ['without a rule', '<CORSConfiguration></CORSConfiguration>', 'MalformedXML', 'CORSRule'],
    [
      'with an unknown method',
      document.replace('GET', 'PATCH'),
      'MalformedXML',
      'AllowedMethod[1] &quot;PATCH&quot;',
    ],
    ['larger than 16 KB', `${document}${' '.repeat(16_384)}`, 'EntityTooLarge', '16 KB'],
  ])('is refused and changes nothing if it is %s', async (_, body, code, message) => {
    await writeFile(bucket().open.rulesFile, 'old');
    const put = await bucket().call('PUT', '/?cors', { body });
    expect(put.status).toBe(400);
    expect(codeOf(put.body)).toBe(code);
    expect(put.body.toString()).toContain(message);
    expect(await readFile(bucket().open.rulesFile, 'utf8')).toBe('old');
  });

  test('may be 16 KB long', async () => {
    const body = document.padEnd(16_384 - 1);
    expect(Buffer.byteLength(body)).toBe(16_384);
    expect((await bucket().call('PUT', '/?cors', { body })).status).toBe(200);
  });

  test('is refused with a wrong Content-MD5', async () => {
    const put = await bucket().call('PUT', '/?cors', {
      headers: { 'content-md5': md5('x') },
      body: document,
    });
    expect(codeOf(put.body)).toBe('InvalidDigest');
    expect((await bucket().call('GET', '/?cors')).status).toBe(404);
  });

  test.each(['HEAD', 'POST', 'OPTIONS', 'PATCH'] as const)('refuses the method %s', async (method) => {
    const got = await bucket().call(method, '/?cors');
    expect(got).toMatchObject({ status: 405, headers: { allow: 'GET, PUT, DELETE' } });
  });

  test('is stored in the configured file', async () => {
    const around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
    await mkdir(join(around, 'bucket'));
    const rulesFile = join(around, 'elsewhere.xml');
    const open = await openDirectoryBucket({ folder: join(around, 'bucket'), rulesFile });
    await fetch(`${open.url}/?cors`, { method: 'PUT', body: document });
    await open.close();
    expect(await readFile(rulesFile, 'utf8')).toBe(document);
    await rm(around, { recursive: true });
  });
});

describe('a client on another machine', () => {
  test.each([
    ['may read the rules', 'GET', 200, undefined],
    ['may not write them', 'PUT', 403, 'AccessDenied'],
    ['may not delete them', 'DELETE', 403, 'AccessDenied'],
  ])('%s', async (_, method, status, code) => {
    await writeFile(bucket().open.rulesFile, 'old');
    const { rulesFile } = bucket().open;
    const served = {
      root: bucket().folder,
      rulesFile,
      rulesWritable: true,
      digests: createDigests(compositeDigests(bucket().folder)),
      uploads: openUploads(bucket().folder),
      answersTo: () => true,
    };
    const server = createServer((request, response) => {
      Object.defineProperty(request.socket, 'remoteAddress', { value: '203.0.113.9' });
      void answer({ request, response, protocol: PROTOCOLS.oss, signed: null }, served);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?cors`;
    const answered = await fetch(url, { method, ...(method === 'PUT' && { body: document }) });
    expect(answered.status).toBe(status);
    expect(codeOf(await answered.text())).toBe(code);
    expect(await readFile(rulesFile, 'utf8')).toBe('old');
    server.closeAllConnections();
    server.close();
  });

  test('cannot write the rules through a proxy on this machine if rulesWritable is false', async () => {
    const { folder } = bucket();
    const guarded = await openDirectoryBucket({
      folder,
      rulesFile: bucket().open.rulesFile,
      rulesWritable: false,
    });
    const answered = await fetch(`${guarded.url}/?cors`, { method: 'DELETE' });
    expect(codeOf(await answered.text())).toBe('AccessDenied');
    await guarded.close();
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.8.7', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1%eth0', false],
    ['::', false],
    ['0.0.0.0', false],
    [undefined, false],
  ])('%s is loopback: %s', (address, loopback) => {
    expect(isLoopback(address)).toBe(loopback);
  });
});
