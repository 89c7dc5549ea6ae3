import { afterEach, describe, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { OK } from '../server/_raw.ts';
import { type Numbered, openNumbered } from './_numbered.ts';

let opened: Numbered | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const head = (status: string, ...lines: readonly string[]): string =>
  `HTTP/1.${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

/** What it is, the request's method, the response, the client's status and body. */
type Row = readonly [string, string, string, number, string];

const KEPT: readonly Row[] = [
  ['with a length', 'GET', OK, 200, 'ok'],
  ['in chunks', 'GET', `${head('1 200 OK', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`, 200, 'ok'],
  ['with a length of 0', 'GET', head('1 200 OK', 'Content-Length: 0'), 200, ''],
  ['204', 'DELETE', head('1 204 No Content'), 204, ''],
  ['205 with a length of 0', 'GET', head('1 205 Reset Content', 'Content-Length: 0'), 205, ''],
  ['304', 'GET', head('1 304 Not Modified'), 304, ''],
  ['after 102 and 103', 'GET', ['102', '103'].map((code) => head(`1 ${code} x`)).join('') + OK, 200, 'ok'],
  [
    'of HTTP/1.0 with keep-alive',
    'GET',
    `${head('0 200 OK', 'Connection: keep-alive', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
  [
    'with other options of its connection',
    'GET',
    `${head('1 200 OK', 'Connection: x, y', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
];

const CLOSED: readonly Row[] = [
  [
    'with Connection: close',
    'GET',
    `${head('1 200 OK', 'Connection: close', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
  [
    'with close in capitals',
    'GET',
    `${head('1 200 OK', 'connection: CLOSE', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
  [
    'with close among other options',
    'GET',
    `${head('1 200 OK', 'Connection: x, close', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
  [
    'with close in a second line',
    'GET',
    `${head('1 200 OK', 'Connection: x', 'Connection: close', 'Content-Length: 2')}ok`,
    200,
    'ok',
  ],
  ['204 with Connection: close', 'GET', head('1 204 No Content', 'Connection: close'), 204, ''],
  ['of HTTP/1.0', 'GET', `${head('0 200 OK', 'Content-Length: 2')}ok`, 200, 'ok'],
  // The body that such a head announces might follow it.
  ['to HEAD with a length', 'HEAD', head('1 200 OK', 'Content-Length: 5'), 200, ''],
  ['to HEAD without a length', 'HEAD', head('1 200 OK'), 200, ''],
  ['304 with a length', 'GET', head('1 304 Not Modified', 'Content-Length: 5'), 304, ''],
  ['304 with chunks', 'GET', head('1 304 Not Modified', 'Transfer-Encoding: chunked'), 304, ''],
  [
    'to HEAD with Connection: close',
    'HEAD',
    head('1 200 OK', 'Connection: close', 'Content-Length: 2'),
    200,
    '',
  ],
];

const answered = async ({ edge }: Numbered, method: string) => {
  const { status, body, complete } = await call(edge.url, { method });
  expect(complete).toBe(true);
  return [status, body.toString()];
};

describe('a connection is used again', () => {
  const reuses = async (...[_, method, text, status, body]: Row) => {
    opened = await openNumbered(text, text, OK);
    expect(await answered(opened, method)).toEqual([status, body]);
    expect(await answered(opened, method)).toEqual([status, body]);
    expect(await answered(opened, 'GET')).toEqual([200, 'ok']);
    expect(opened.carried).toEqual([1, 1, 1]);
  };
  test.each(KEPT)('after a response %s', reuses);
});

describe('a connection is closed', () => {
  test.each(CLOSED)(
    'after a response %s, also if the bucket does not close it',
    async (_, method, text, status, body) => {
      opened = await openNumbered(text, OK);
      const { bucket } = opened;
      expect(await answered(opened, method)).toEqual([status, body]);
      // Before it has been idle for too long.
      await until('the edge closes it', () => bucket.open.size === 0, 2_000);
      expect(await answered(opened, 'GET')).toEqual([200, 'ok']);
      expect(opened.carried).toEqual([1, 2]);
    },
  );

  test.each([
    ['HTTP/1.0', head('0 200 OK')],
    ['HTTP/1.1', head('1 200 OK')],
  ])('by the bucket at the end of a body of %s without a length', async (_, text) => {
    opened = await openNumbered((socket) => {
      socket.write(`${text}hel`);
      setTimeout(() => socket.end('lo'), 20);
    }, OK);
    expect(await answered(opened, 'GET')).toEqual([200, 'hello']);
    expect(await answered(opened, 'GET')).toEqual([200, 'ok']);
    expect(opened.carried).toEqual([1, 2]);
  });
});
