import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { call, dial } from '../helpers/client.ts';
import { MUCH, PIECE, pour } from '../helpers/pour.ts';
import { standstill, until } from '../helpers/until.ts';
import { collect, type Script, say } from '../helpers/upstream.ts';
import { leave, type Runtime, testOn, useEdge } from './runtime.ts';
import { ONE_ORIGIN } from './sets.ts';

const UPLOAD = 5 * 1024 * 1024;

/** Breaks a begun answer off; `with` says how the connection ends. */
const broken =
  (head: string, begun: string, how: 'end' | 'resetAndDestroy'): Script =>
  (_asked, incoming) => {
    const { socket } = incoming;
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${begun}`, () => {
      // Let the head arrive first: a reset may overtake what was written before it.
      setImmediate(() => socket[how]());
    });
  };

const FRAMINGS = [
  ['Content-Length', 'Content-Length: 10', 'begun'],
  ['Content-Length that ends the connection', 'Content-Length: 10\r\nConnection: close', 'begun'],
  ['chunks', 'Transfer-Encoding: chunked', '5\r\nbegun\r\n'],
  ['chunks that end the connection', 'Transfer-Encoding: chunked\r\nConnection: close', '5\r\nbegun\r\n'],
  ['chunks, within one', 'Transfer-Encoding: chunked\r\nConnection: close', '9\r\nbegun'],
] as const;

const refuseEarly: Script = (_asked, _incoming, outgoing) => say(outgoing, { status: 403, body: 'no entry' });

export function addTransferTests(runtime: Runtime): void {
  describe('a transfer that breaks', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(FRAMINGS)('in the middle of a body by %s is never a whole answer', async (_, head, begun) => {
      for (const how of ['end', 'resetAndDestroy'] as const) {
        edge().bucket.script = broken(head, begun, how);
        // A reset may overtake the head; then the edge says so in an answer of its own.
        const answered = await call(edge().url, { target: '/key' }).catch(() => null);
        if (answered?.status === 200) expect(answered.complete, how).toBe(false);
        else expect(answered?.status ?? 502, how).toBe(502);
      }
    });

    test('by a reset in a body without a length is never a whole answer', async () => {
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
      expect(text.endsWith('begun\r\n0\r\n\r\n'), 'the end of a whole answer').toBe(false);
    });

    test('a body without a length that just ends is whole', async () => {
      edge().bucket.script = (_asked, { socket }) => {
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is');
      };
      const answered = await call(edge().url, { target: '/key' });
      expect(answered).toMatchObject({ status: 200, complete: true });
      expect(answered.body.toString()).toBe('all there is');
    });

    test('because the client leaves a download ends the bucket’s work too', async () => {
      edge().bucket.script = (_asked, _incoming, outgoing) => void outgoing.writeHead(200).write('begun');
      const socket = dial(edge().url);
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
      await once(socket, 'data');
      leave(runtime, socket);
      await until('the bucket is rid of the request', () => edge().bucket.asked[0]?.cancelled === true);
    });

    test('because the client leaves before the answer ends the bucket’s work too', async () => {
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
      await until('the bucket is asked', () => edge().bucket.asked.length === 1);
      leave(runtime, socket);
      await until('the bucket is rid of the request', () => edge().bucket.asked[0]?.cancelled === true);
    });

    test.each([
      ['Content-Length', 'Content-Length: 10\r\n\r\nbegun'],
      ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n'],
    ])('because the client leaves an upload by %s is never a whole upload', async (_, rest) => {
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\n${rest}`);
      const begun = () => Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString() === 'begun';
      await until('the upload has begun', begun);
      leave(runtime, socket);
      await until('the bucket is rid of the request', () => edge().bucket.asked[0]?.cancelled === true);
      expect(edge().bucket.asked[0]?.ended).toBe(false);
    });
  });

  describe('an upload that the bucket refuses before its end', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each([
      ['with Content-Length', Buffer.alloc(UPLOAD)],
      ['in chunks', [Buffer.alloc(UPLOAD / 2), Buffer.alloc(UPLOAD / 2)]],
    ])('%s brings the client the bucket’s own answer', async (_, body) => {
      edge().bucket.script = refuseEarly;
      const answered = await call(edge().url, { method: 'PUT', target: '/key', body });
      expect(answered).toMatchObject({ status: 403, complete: true });
      expect(answered.body.toString()).toBe('no entry');
    });

    testOn(runtime, 'connections')('is taken to its end, and its connection serves on', async () => {
      edge().bucket.script = refuseEarly;
      const socket = dial(edge().url);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${UPLOAD}\r\n\r\n`);
      const half = UPLOAD / 2;
      socket.write(Buffer.alloc(half));
      await until('the refusal is there', () => text.endsWith('no entry\r\n0\r\n\r\n'));
      let taken = false;
      socket.write(Buffer.alloc(half), (error) => {
        taken = !error;
      });
      await until('the rest is taken', () => taken);
      edge().bucket.reset();
      socket.write('GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      await once(socket, 'close');
      expect(text).toContain('the object');
    });
  });

  describe('a transfer whose reader is slow', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test('is not read far ahead from the bucket', async () => {
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
      // Once read, the rest comes.
      let read = 0;
      socket.on('data', (chunk: Buffer) => {
        read += chunk.length;
      });
      socket.resume();
      await until('everything has come', () => read > MUCH);
      expect(written()).toBe(MUCH);
      socket.destroy();
    });

    test('is not read far ahead from the client', async () => {
      let held: (() => void) | undefined;
      edge().bucket.script = (asked, incoming, outgoing) => {
        held = () => {
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
      await until('the bucket is asked', () => held !== undefined);
      expect(await standstill(() => written)).toBeLessThan(MUCH / 2);
      const answered = once(socket, 'data');
      held?.();
      expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 200 /);
      expect(edge().bucket.asked[0]?.body.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(MUCH);
      socket.destroy();
    });
  });
}
