import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { PIECE } from '../../helpers/pour.ts';
import { OK } from '../server/_raw.ts';
import { type Numbered, openNumbered } from './_numbered.ts';

let opened: Numbered | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nno entry';
const LAST = REFUSAL.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
/** More than the buffers of two connections take. */
const PIECES = Array.from({ length: 256 }, () => PIECE);

/** Milliseconds for which a bucket reads on, so that no reset overtakes its answer (RFC 9112 §9.6). */
const LINGER = 100;

/** How a bucket ends its connection after an answer to half an upload. */
const ENDS: readonly (readonly [string, string, (socket: Socket) => void])[] = [
  ['reads no more', REFUSAL, (socket) => void socket.pause()],
  ['leaves the connection open', LAST, () => {}],
  ['closes the connection', LAST, (socket) => void socket.end()],
  [
    'reads no more, and closes the connection',
    LAST,
    (socket) => {
      socket.pause().end();
      setTimeout(() => socket.destroy(), LINGER);
    },
  ],
  [
    'resets the connection a little later',
    LAST,
    (socket) => void setTimeout(() => socket.resetAndDestroy(), LINGER),
  ],
];

describe.each(ENDS)('a bucket that answers 403 before the end of an upload and then %s', (_, answer, end) => {
  test.each([
    ['with a length', Buffer.concat(PIECES)],
    ['in chunks', PIECES],
  ])(
    'gives the client its 403, for an upload %s, and the next request has a new connection',
    async (_framing, body) => {
      opened = await openNumbered((socket) => {
        socket.write(answer);
        end(socket);
      }, OK);
      const { edge, carried } = opened;
      const refused = await call(edge.url, { method: 'PUT', target: '/key', body });
      expect([refused.status, refused.body.toString(), refused.complete]).toEqual([403, 'no entry', true]);
      expect((await call(edge.url)).body.toString()).toBe('ok');
      expect(carried).toEqual([1, 2]);
    },
  );
});
