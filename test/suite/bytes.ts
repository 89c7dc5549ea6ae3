import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { value, values } from '../helpers/client.ts';
import { openWire } from '../helpers/wire.ts';
import {
  downloads,
  type Exchange,
  expectSame,
  fitForWorkerd,
  type Headers,
  pass,
  traffic,
  uploads,
} from './exchange.ts';
import { type Runtime, testOn, useEdge } from './runtime.ts';
import { ONE_ORIGIN } from './sets.ts';

const RUNS = 50;
const LIMIT = 60_000;

const ENTITY = 'ETag: "abc"\r\nLast-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n';
const BODILESS: readonly [name: string, method: string, status: number, head: string][] = [
  ['HEAD of an object', 'HEAD', 200, `${ENTITY}Content-Type: text/plain\r\nContent-Length: 123456\r\n`],
  ['HEAD of 5 TB', 'HEAD', 200, `${ENTITY}Content-Length: 5497558138880\r\n`],
  ['HEAD of an empty object', 'HEAD', 200, `${ENTITY}Content-Length: 0\r\n`],
  ['HEAD of a coded object', 'HEAD', 200, `${ENTITY}Content-Encoding: zstd\r\nContent-Length: 12\r\n`],
  [
    'HEAD of a range',
    'HEAD',
    206,
    'Content-Range: bytes 0-3/10\r\nAccept-Ranges: bytes\r\nContent-Length: 4\r\n',
  ],
  ['HEAD of a missing object', 'HEAD', 404, 'Content-Type: application/xml\r\nContent-Length: 263\r\n'],
  ['HEAD of an object without a length', 'HEAD', 200, ENTITY],
  ['204', 'DELETE', 204, ENTITY],
  ['204 to GET', 'GET', 204, 'Server: AliyunOSS\r\n'],
  ['304', 'GET', 304, `${ENTITY}Cache-Control: max-age=5\r\n`],
  ['304 with the length of the unchanged object', 'GET', 304, `${ENTITY}Content-Length: 10\r\n`],
  [
    '304 with its coding and its type',
    'GET',
    304,
    `${ENTITY}Content-Encoding: br\r\nContent-Type: text/css\r\n`,
  ],
  ['304 to HEAD', 'HEAD', 304, `${ENTITY}Content-Length: 10\r\n`],
];

export function addBytesTests(runtime: Runtime): void {
  describe('bytes', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });
    const fit = runtime.name === 'node' ? (exchange: Exchange) => exchange : fitForWorkerd;

    test('of any answer arrive unchanged, with the headers that describe them', {
      timeout: LIMIT,
    }, async () => {
      const law = fc.asyncProperty(traffic(downloads.map(fit)), (connections) => pass(edge(), connections));
      await fc.assert(law, { numRuns: RUNS, interruptAfterTimeLimit: LIMIT / 2 });
    });

    test('of any upload arrive unchanged, with the headers that describe them', {
      timeout: LIMIT,
    }, async () => {
      const law = fc.asyncProperty(traffic(uploads.map(fit)), (connections) => pass(edge(), connections));
      await fc.assert(law, { numRuns: RUNS, interruptAfterTimeLimit: LIMIT / 2 });
    });

    const isBodiless = async (_: string, method: string, status: number, head: string): Promise<void> => {
      // The first answer leaves the bucket's connection open: a body would precede the second answer.
      edge().bucket.script = (_asked, { socket }) => {
        const closing = edge().bucket.asked.length === 2;
        socket.write(`HTTP/1.1 ${status} Whatever\r\n${closing ? 'Connection: close\r\n' : ''}${head}\r\n`);
        if (closing) socket.end();
      };
      const wire = openWire(edge().url);
      await wire.send(`${method} /key HTTP/1.1\r\nHost: h\r\n\r\n`);
      const first = await wire.answer(method);
      // A body would appear before the next answer.
      await wire.send(`${method} /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      const second = await wire.answer(method);
      expect(await wire.rest()).toEqual(Buffer.alloc(0));
      const said: Headers = head
        .split('\r\n')
        .filter((line) => line !== '')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
      for (const answered of [first, second]) {
        expect(answered.status).toBe(status);
        expectSame(answered, said);
      }
    };
    const lengthWithoutBody = ([, method, status, head]: (typeof BODILESS)[number]) =>
      method === 'GET' && status === 304 && head.includes('Content-Length');
    test.each(BODILESS.filter((row) => !lengthWithoutBody(row)))(
      '%s arrives without a body and with its headers',
      isBodiless,
    );
    testOn(runtime, 'lengths of empty bodies').each(BODILESS.filter(lengthWithoutBody))(
      '%s arrives without a body and with its headers',
      isBodiless,
    );

    test.each([
      ['GET', 200],
      ['GET', 404],
      ['POST', 200],
      ['DELETE', 500],
    ])('%s answered %i without Content-Type gets no Content-Type from the edge', async (method, status) => {
      edge().bucket.script = { status, headers: ['Content-Length', '6'], body: '<html>' };
      const wire = openWire(edge().url);
      await wire.send(`${method} /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      const answered = await wire.answer(method);
      expect(answered.body.toString()).toBe('<html>');
      expect(value(answered, 'content-type')).toBeUndefined();
    });

    test('of an upload without Content-Type reach the bucket without one', async () => {
      const wire = openWire(edge().url);
      await wire.send('PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}');
      expect((await wire.answer('PUT')).status).toBe(200);
      expectSame({ headers: edge().bucket.asked[0]?.headers ?? [] }, [['Content-Length', '2']]);
    });

    test('of Date and Server are the bucket’s own, once each', async () => {
      const own = ['Date', 'Fri, 02 Jan 1970 00:00:00 GMT', 'Server', 'AliyunOSS'];
      edge().bucket.script = { status: 200, headers: [...own, 'Content-Length', '0'] };
      const wire = openWire(edge().url);
      await wire.send('GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      const answered = await wire.answer('GET');
      expect([values(answered, 'date'), values(answered, 'server')]).toEqual([[own[1]], [own[3]]]);
    });

    test('of an answer that ends with the bucket’s connection arrive on a client connection that stays open', async () => {
      const wire = openWire(edge().url);
      for (const text of ['one', 'the other']) {
        edge().bucket.script = (_asked, { socket }) => {
          socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${text}`);
        };
        await wire.send('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
        const answered = await wire.answer('GET');
        expect(answered.body.toString()).toBe(text);
        expectSame(answered, [['Content-Type', 'text/plain']]);
      }
      wire.socket.destroy();
    });
  });
}
