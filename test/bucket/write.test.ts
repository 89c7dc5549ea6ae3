import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { s3V4Signature, signS3V4 } from '../../src/bucket/sign/s3-v4.ts';
import type { Address } from '../../src/bucket/transport.ts';
import { sendRules } from '../../src/bucket/write.ts';
import { writeOnce } from '../../src/node/transport/small-write.ts';
import { listen } from '../helpers/listen.ts';

interface Seen {
  readonly request: IncomingMessage;
  readonly body: string;
}

const TEXT = '<CORSConfiguration/>';
const DOCUMENT = { bytes: new TextEncoder().encode(TEXT), md5: 'the-md5' };
const LIMITS = { maxBytes: 100, signal: AbortSignal.timeout(10_000) };

let server: Server;
let address: Address;
let seen: Seen[];
let status = 200;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ request, body });
    response.writeHead(status, { Location: '/elsewhere' }).end('done');
  });
  const host = `127.0.0.1:${await listen(server)}`;
  address = { base: `http://${host}`, host, path: '/media' };
});
beforeEach(() => {
  seen = [];
  status = 200;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('rules are put with their type, length and checksum, and removed without a body', async () => {
  const write = sendRules(address, writeOnce);
  expect(await write(DOCUMENT, LIMITS)).toMatchObject({ status: 200, text: 'done' });
  await write(null, LIMITS);
  expect(seen.map(({ request, body }) => [request.method, request.url, body])).toEqual([
    ['PUT', '/media/?cors', TEXT],
    ['DELETE', '/media/?cors', ''],
  ]);
  expect(seen[0]?.request.headers).toMatchObject({
    host: address.host,
    'content-type': 'application/xml',
    'content-length': String(TEXT.length),
    'content-md5': 'the-md5',
  });
  expect(seen[1]?.request.headers).not.toHaveProperty('content-md5');
});

test('SigV4 signs the hash of the document and its checksum', async () => {
  const wallClock = () => Date.UTC(2026, 0, 2, 3, 4, 5);
  const credentials = () => ({ accessKeyId: 'ak', accessKeySecret: 'sk' });
  const sign = signS3V4({ bucket: 'media', region: 'us-east-1', credentials, wallClock });
  await sendRules(address, writeOnce, sign)(DOCUMENT, LIMITS);
  const [one] = seen;
  const hash = createHash('sha256').update(TEXT).digest('hex');
  expect(one?.request.headers['x-amz-content-sha256']).toBe(hash);
  const signedHeaders = ['content-md5', 'content-type', 'host', 'x-amz-content-sha256', 'x-amz-date'];
  const signature = await s3V4Signature(
    { method: 'PUT', target: '/media/?cors', headers: one?.request.rawHeaders ?? [] },
    { secret: 'sk', scope: { date: '20260102T030405Z', region: 'us-east-1' }, signedHeaders, payload: hash },
  );
  expect(one?.request.headers.authorization).toMatch(
    new RegExp(`SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}$`),
  );
});

test('the host is that of the address, which is signed', async () => {
  await sendRules({ ...address, host: 'files.example.com' }, writeOnce)(null, LIMITS);
  expect(seen[0]?.request.headers.host).toBe('files.example.com');
});

test('a redirect is an answer', async () => {
  status = 307;
  expect(await sendRules(address, writeOnce)(DOCUMENT, LIMITS)).toMatchObject({ status: 307 });
  expect(seen).toHaveLength(1);
});

test('keys that fail are an error with a name of its own, and nothing is sent', async () => {
  const write = sendRules(address, writeOnce, () => Promise.reject(new Error('no keys')));
  await expect(write(DOCUMENT, LIMITS)).rejects.toMatchObject({ name: 'Unsigned', message: 'no keys' });
  expect(seen).toEqual([]);
});

test('an answer that is too long rejects', async () => {
  await expect(sendRules(address, writeOnce)(null, { ...LIMITS, maxBytes: 3 })).rejects.toThrow(
    'longer than 3 bytes',
  );
});
