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

/** A whole response that no request asked for. The next client must never get it (response smuggling). */
const UNASKED = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
const LENGTH = 'Content-Length: 4\r\n\r\n';

/** The request's method, a response, its status and the body that a client gets. */
const ANSWERS: readonly (readonly [string, string, string, number, string])[] = [
  ['with a length', 'GET', OK, 200, 'ok'],
  ['in chunks', 'GET', CHUNKED, 200, 'ok'],
  ['without content', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204, ''],
  ['204 with a length', 'GET', `HTTP/1.1 204 No Content\r\n${LENGTH}`, 204, ''],
  ['304 with a length', 'GET', `HTTP/1.1 304 Not Modified\r\n${LENGTH}`, 304, ''],
  ['to HEAD', 'HEAD', `HTTP/1.1 200 OK\r\n${LENGTH}`, 200, ''],
  ['after two informational ones', 'GET', `HTTP/1.1 103 Early Hints\r\n\r\n`.repeat(2) + OK, 200, 'ok'],
];

const SURPLUS: readonly (readonly [string, string])[] = [
  ['a byte', 'x'],
  ['four bytes', 'evil'],
  ['a response', UNASKED],
  ['half a head', 'HTTP/1.1 200 OK\r\nX-'],
];

describe.each(ANSWERS)('after a response %s', (_, method, answer, status, body) => {
  const expectFirst = async ({ edge }: Numbered) => {
    const first = await call(edge.url, { method });
    expect([first.status, first.body.toString(), first.complete]).toEqual([status, body, true]);
  };
  const expectNext = async ({ edge, carried }: Numbered) => {
    const next = await call(edge.url, { target: '/next' });
    expect([next.status, next.body.toString(), next.complete]).toEqual([200, 'ok', true]);
    expect(carried).toEqual([1, 2]);
  };

  test.each(SURPLUS)('%s at once is never a part of the next client’s answer', async (_what, surplus) => {
    opened = await openNumbered(answer + surplus, OK);
    await expectFirst(opened);
    await expectNext(opened);
  });

  test.each(SURPLUS)('%s that comes 50 ms later closes the idle connection', async (_what, surplus) => {
    opened = await openNumbered((socket) => {
      socket.write(answer);
      setTimeout(() => socket.write(surplus), 50);
    }, OK);
    await expectFirst(opened);
    const { bucket } = opened;
    await until('the connection is closed', () => bucket.open.size === 0);
    await expectNext(opened);
  });
});

test('a body that is longer than its Content-Length ends with it', async () => {
  opened = await openNumbered((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
    setTimeout(() => socket.write('kevil'), 20);
  }, OK);
  const first = await call(opened.edge.url);
  expect([first.body.toString(), first.complete]).toEqual(['ok', true]);
  expect((await call(opened.edge.url)).body.toString()).toBe('ok');
  expect(opened.carried).toEqual([1, 2]);
});
