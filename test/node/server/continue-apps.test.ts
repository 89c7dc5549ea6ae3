import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, openDemo } from '../../../src/node/demo/server.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { value } from '../../helpers/client.ts';
import { openWire } from '../../helpers/wire.ts';
import { configOf, type Started, startEdge } from '../_running.ts';

let folder = '';
let directory: OpenDirectoryBucket;
let edge: Started;
let demo: Demo;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'continue-'));
  directory = await openDirectoryBucket({ folder });
  edge = await startEdge(configOf({ bucket: folder, drain: '0' }));
  demo = await openDemo({
    host: '127.0.0.1',
    port: 0,
    edge: edge.url,
    admin: '',
    version: () => null,
    explain: () => ({}),
  });
});
afterAll(async () => {
  await demo.close();
  await edge.close();
  await directory.close();
  await rm(folder, { recursive: true });
});

const urls = {
  'the admin port': () => edge.adminUrl,
  'the demo page': () => demo.url,
  'a folder bucket': () => directory.url,
};

const WISH = JSON.stringify({ origin: 'https://a.example', method: 'GET', path: '/key', headers: {} });

/** The app, the request line, further headers and the body. */
const REQUESTS: readonly (readonly [keyof typeof urls, string, string, string])[] = [
  ['the admin port', 'GET /healthz', '', ''],
  ['the admin port', 'POST /refresh', 'Content-Length: 0\r\n', ''],
  ['the admin port', 'POST /refresh', 'Content-Length: 4\r\n', 'body'],
  ['the admin port', 'GET /nowhere', '', ''],
  ['the demo page', 'GET /', '', ''],
  ['the demo page', 'POST /wire', 'Content-Type: text/plain\r\nContent-Length: 4\r\n', 'body'],
  [
    'the demo page',
    'POST /wire',
    `Content-Type: application/json\r\nContent-Length: ${WISH.length}\r\n`,
    WISH,
  ],
  ['a folder bucket', 'PUT /empty', 'Content-Length: 0\r\n', ''],
  ['a folder bucket', 'PUT /key', 'Content-Length: 4\r\n', 'body'],
  ['a folder bucket', 'GET /nowhere', '', ''],
  ['a folder bucket', 'PATCH /key', 'Content-Length: 4\r\n', 'body'],
];

describe.each(REQUESTS)('%s, asked %s with Expect: 100-continue and %j,', (whose, line, headers, body) => {
  const head = `${line} HTTP/1.1\r\nHost: localhost\r\n${headers}`;

  test('sends 100 once before its response', async () => {
    const wire = openWire(urls[whose]());
    await wire.send(`${head}Expect: 100-continue\r\n\r\n`);
    const interim = await wire.answer('GET');
    expect([interim.status, interim.headers]).toEqual([100, []]);
    await wire.send(body);
    const answered = await wire.answer('GET');
    expect(answered.status).toBeGreaterThanOrEqual(200);
    if (value(answered, 'connection') !== 'close') {
      await wire.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect((await wire.answer('GET')).status).toBeGreaterThanOrEqual(200);
    }
    wire.socket.destroy();
  });

  test('sends no 100 to HTTP/1.0', async () => {
    const wire = openWire(urls[whose]());
    await wire.send(`${head.replace('HTTP/1.1', 'HTTP/1.0')}Expect: 100-continue\r\n\r\n${body}`);
    expect((await wire.answer('GET')).status).toBeGreaterThanOrEqual(200);
    wire.socket.destroy();
  });
});
