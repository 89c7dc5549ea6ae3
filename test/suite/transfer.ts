import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { call, dial } from '../helpers/client.ts';
import { MUCH, PIECE, pour } from '../helpers/pour.ts';
import { standstill, until } from '../helpers/until.ts';
import { collect, type Script, say } from '../helpers/upstream.ts';
import { leave, type Runtime, testOn, useEdge } from './runtime.ts';
import { ONE_ORIGIN } from './sets.ts';

const UPLOAD = 5 * 1024 * 1024;

/** Breaks off an answer that has begun; `with` is how the connection ends. */
const broken =
  (head: string, begun: string, how: 'end' | 'resetAndDestroy'): Script =>
  (_asked, incoming) => {
    const { socket } = incoming;
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${begun}`, () => {
      // Let the head arrive first: a reset may overtake bytes written before it.
      setImmediate(() => socket[how]());
    });
  };

const FRAMINGS = [
  ['Content-Length', 'Content-Length: 10', 'begun'],
  ['Content-Length that ends the connection', 'Content-Length: 10\r\nConnection: close', 'begun'],
  ['chunks', 'Transfer-Encoding: chunked', '5\r\nbegun\r\n'],
  ['chunks that end the connection', 'Transfer-Encoding: chunked\r\nConnection: close', '5\r\nbegun\r\n'],
  ['chunks, inside a chunk', 'Transfer-Encoding: chunked\r\nConnection: close', '9\r\nbegun'],
] as const;

const refuseEarly: Script = (_asked, _incoming, outgoing) => say(outgoing, { status: 403, body: 'no entry' });

export function addTransferTests(runtime: Runtime): void {
  describe('a transfer that breaks', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(FRAMINGS)('in a body by %s never gives a complete answer', async (_, head, begun) => {
      for (const how of ['end', 'resetAndDestroy'] as const) {
        edge().bucket.script = broken(head, begun, how);
        // A reset may overtake the head; then the edge answers with its own error.
        const answered = await call(edge().url, { target: '/key' }).catch(() => null);
        if (answered?.status === 200) expect(answered.complete, how).toBe(false);
        else expect(answered?.status ?? 502, how).toBe(502);
      }
    });

    test('by a reset in a body without a length never gives a complete answer', async () => {
      edge().bucket.script = (_asked, { socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbegun');
      };
      const client = dial(edge().url);
      let text = '';
      client.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      client.write('GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      await until('the answer has begun', () => text.includes('begun'));
      edge().bucket.breakOff();
      await once(client, 'close');
      expect(text.endsWith('begun\r\n0\r\n\r\n'), 'the end of a complete answer').toBe(false);
    });

    test('but not a body without a length, which ends with its connection', async () => {
      edge().bucket.script = (_asked, { socket }) => {
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is');
      };
      const answered = await call(edge().url, { target: '/key' });
      expect(answered).toMatchObject({ status: 200, complete: true });
      expect(answered.body.toString()).toBe('all there is');
    });

    test('because the client leaves a download ends the request to the bucket', async () => {
      edge().bucket.script = (_asked, _incoming, outgoing) => void outgoing.writeHead(200).write('begun');
      const socket = dial(edge().url);
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
      await once(socket, 'data');
      leave(runtime, socket);
      await until('the request to the bucket is cancelled', () => edge().bucket.asked[0]?.cancelled === true);
    });

    test('because the client leaves before the answer ends the request to the bucket', async () => {
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
      await until('the bucket is asked', () => edge().bucket.asked.length === 1);
      leave(runtime, socket);
      await until('the request to the bucket is cancelled', () => edge().bucket.asked[0]?.cancelled === true);
    });

    test.each([
      ['Content-Length', 'Content-Length: 10\r\n\r\nbegun'],
      ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n'],
    ])('because the client leaves an upload by %s never gives a complete upload', async (_, rest) => {
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\n${rest}`);
      const begun = () => Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString() === 'begun';
      await until('the upload has begun', begun);
      leave(runtime, socket);
      await until('the request to the bucket is cancelled', () => edge().bucket.asked[0]?.cancelled === true);
      expect(edge().bucket.asked[0]?.ended).toBe(false);
    });
  });

  describe('an upload that the bucket refuses before its end', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each([
      ['with Content-Length', Buffer.alloc(UPLOAD)],
      ['in chunks', [Buffer.alloc(UPLOAD / 2), Buffer.alloc(UPLOAD / 2)]],
    ])('%s gives the client the bucket’s own answer', async (_, body) => {
      edge().bucket.script = refuseEarly;
      const answered = await call(edge().url, { method: 'PUT', target: '/key', body });
      expect(answered).toMatchObject({ status: 403, complete: true });
      expect(answered.body.toString()).toBe('no entry');
    });

    testOn(runtime, 'connections')('is read to its end, and its connection stays open', async () => {
      edge().bucket.script = refuseEarly;
      const socket = dial(edge().url);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${UPLOAD}\r\n\r\n`);
      const half = UPLOAD / 2;
      socket.write(Buffer.alloc(half));
      await until('the refusal arrives', () => text.endsWith('no entry\r\n0\r\n\r\n'));
      let taken = false;
      socket.write(Buffer.alloc(half), (error) => {
        taken = !error;
      });
      await until('the rest is read', () => taken);
      edge().bucket.reset();
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      await once(socket, 'close');
      expect(text).toContain('the object');
    });
  });

  describe('a transfer with a slow reader', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test('is not buffered from the bucket without a limit', async () => {
      let written = () => 0;
      edge().bucket.script = (_asked, _incoming, outgoing) => {
        outgoing.writeHead(200, ['Content-Length', String(MUCH)]);
        written = pour(outgoing);
      };
      const socket = dial(edge().url);
      socket.pause();
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
      await until('the bucket has begun', () => written() > 0);
      expect(await standstill(written)).toBeLessThan(MUCH / 2);
      // After that the rest arrives.
      let read = 0;
      socket.on('data', (chunk: Buffer) => {
        read += chunk.length;
      });
      socket.resume();
      await until('everything has arrived', () => read > MUCH);
      expect(written()).toBe(MUCH);
      socket.destroy();
    });

    test('is not buffered from the client without a limit', async () => {
      let pending: (() => void) | undefined;
      edge().bucket.script = (asked, incoming, outgoing) => {
        pending = () => {
          collect(asked, incoming);
          incoming.once('end', () => say(outgoing, { status: 200 }));
        };
      };
      const socket = dial(edge().url);
      socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${MUCH}\r\n\r\n`);
      let written = 0;
      const more = () => {
        while (written < MUCH) {
          written += PIECE.length;
          if (!socket.write(PIECE)) return void socket.once('drain', more);
        }
      };
      more();
      await until('the bucket is asked', () => pending !== undefined);
      expect(await standstill(() => written)).toBeLessThan(MUCH / 2);
      const answered = once(socket, 'data');
      pending?.();
      expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 200 /);
      expect(edge().bucket.asked[0]?.body.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(MUCH);
      socket.destroy();
    });
  });
}
