import * as fc from 'fast-check';
import { expect } from 'vitest';
import { corsHeaders, value, values } from '../helpers/client.ts';
import { type Asked, collect, type Script } from '../helpers/upstream.ts';
import { openWire, type Wire, type WireAnswer } from '../helpers/wire.ts';
import { type Body, bodies, bytesOf, codingOf, type Framing, inPieces } from './body.ts';
import type { Edge } from './runtime.ts';
import { A, ONE_ORIGIN_HEADERS } from './sets.ts';

type Header = readonly [name: string, value: string];
export type Headers = readonly Header[];

/** One request and the bucket's answer. */
export interface Exchange {
  readonly method: string;
  readonly origin: boolean;
  readonly upload: { readonly framing: Framing; readonly body: Body; readonly headers: Headers } | null;
  readonly status: number;
  readonly framing: Framing;
  readonly body: Body;
  readonly headers: Headers;
}

const OF_AN_OBJECT: Headers = [
  ['ETag', '"5B3C1A2E053D763E1B002CC607C5A0FE"'],
  ['ETag', 'W/"weak"'],
  ['Content-Type', 'text/html; charset="utf-8"'],
  ['Content-Range', 'bytes 0-3/10'],
  ['Content-Range', 'bytes */10'],
  ['Accept-Ranges', 'bytes'],
  ['Accept-Ranges', 'none'],
  ['Last-Modified', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['Content-Language', 'de, en'],
  ['Content-Location', '/key.en'],
  ['Content-Disposition', "attachment; filename*=UTF-8''%E2%82%AC%20+.txt"],
  ['Content-MD5', 'eB5eJF1ptWaXm4bijSPyxw=='],
  ['Cache-Control', 'public, max-age=31536000, immutable'],
  ['Expires', '0'],
  ['Age', '7'],
  ['x-oss-hash-crc64ecma', '14741617095266562575'],
  ['Date', 'Fri, 02 Jan 1970 00:00:00 GMT'],
  ['Server', 'AliyunOSS'],
];
const OF_AN_UPLOAD: Headers = OF_AN_OBJECT.filter(
  ([name]) => /^(content-|cache|expires|date)/i.test(name) && name !== 'Content-Range',
);

/** The edge may add no such header, except a missing Date (RFC 9110 §6.6.1). */
const DESCRIBES =
  /^(content-|etag$|accept-ranges$|last-modified$|cache-control$|expires$|age$|server$|x-oss-hash)/i;
const hasNoBody = (method: string, status: number) => method === 'HEAD' || status === 204 || status === 304;

const someOf = (offered: Headers): fc.Arbitrary<Headers> =>
  fc
    .subarray([...offered])
    .map((chosen) => chosen.filter(([name], at) => chosen.findIndex(([first]) => first === name) === at));

/** Statuses without a body whatever their headers; 205 by RFC 9110 §15.3.6. */
const statuses = fc
  .oneof(fc.constantFrom(200, 204, 206, 304, 404), fc.integer({ min: 200, max: 599 }))
  .map((status) => (status === 205 ? 206 : status));
const answers = {
  origin: fc.boolean(),
  status: statuses,
  framing: fc.constantFrom<Framing>('length', 'chunked', 'close'),
  body: bodies,
  headers: someOf(OF_AN_OBJECT),
};
export const downloads: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
  upload: fc.constant(null),
  ...answers,
});
export const uploads: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('PUT', 'PUT', 'POST', 'DELETE', 'GET'),
  upload: fc.record({
    framing: fc.constantFrom<Framing>('length', 'chunked'),
    body: bodies,
    headers: someOf(OF_AN_UPLOAD),
  }),
  ...answers,
});
/** Without the cases that ONLY_ON_NODE calls bodies of GET, and lengths of empty bodies. */
export const fitForWorkerd = (exchange: Exchange): Exchange => ({
  ...exchange,
  method: exchange.method === 'GET' && exchange.upload !== null ? 'POST' : exchange.method,
  framing: exchange.status === 304 ? 'close' : exchange.framing,
});
/** The exchanges of several simultaneous connections, in sequence on each. */
export const traffic = (exchanges: fc.Arbitrary<Exchange>) =>
  fc.array(fc.array(exchanges, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });

const lines = (headers: Headers): string => headers.map(([name, text]) => `${name}: ${text}\r\n`).join('');
const flat = (headers: Headers): string[] => headers.flat();
const framingOf = (framing: Framing, length: number): Headers =>
  framing === 'length'
    ? [['Content-Length', String(length)]]
    : framing === 'chunked'
      ? [['Transfer-Encoding', 'chunked']]
      : [];
const pair = (list: readonly string[]): Headers =>
  list.length === 0 ? [] : [[list[0] ?? '', list[1] ?? '']];

/** All headers of the bucket that describe an answer's body. */
function saidOf({ status, framing, body, headers }: Exchange, length: number): Headers {
  // A 204 ends with its head and has no framing headers (RFC 9110 §8.6).
  const framed = status === 204 ? [] : framingOf(framing, length);
  return [...headers, ...pair(codingOf(body)), ...framed];
}

const answerWith = (exchange: Exchange): Script => {
  const { method, status, framing, body } = exchange;
  const bytes = bytesOf(body);
  const said = saidOf(exchange, bytes.length);
  return (asked, incoming, outgoing) => {
    collect(asked, incoming);
    incoming.once('end', async () => {
      const sent = hasNoBody(method, status) ? Buffer.alloc(0) : bytes;
      if (framing === 'close') {
        const { socket } = incoming;
        // Without a body the edge could reuse a connection that is closing for the next request.
        const closing = hasNoBody(method, status) ? 'Connection: close\r\n' : '';
        socket.write(`HTTP/1.1 ${status} Whatever\r\n${closing}${lines(said)}\r\n`, 'latin1');
        await inPieces(body, sent, (piece) => socket.write(piece));
        socket.end();
      } else {
        outgoing.sendDate = false;
        outgoing.writeHead(status, flat(said));
        outgoing.flushHeaders();
        await inPieces(body, sent, (piece) => outgoing.write(piece));
        outgoing.end();
      }
    });
  };
};

async function ask(
  wire: Wire,
  url: string,
  exchange: Exchange,
  target: string,
  last: boolean,
): Promise<WireAnswer> {
  const { method, origin, upload } = exchange;
  const bytes = upload === null ? Buffer.alloc(0) : bytesOf(upload.body);
  const headers: Headers = [
    ['Host', new URL(url).host],
    ...(origin ? [['Origin', A] as const] : []),
    ...(upload === null
      ? []
      : [...upload.headers, ...pair(codingOf(upload.body)), ...framingOf(upload.framing, bytes.length)]),
    ...(last ? [['Connection', 'close'] as const] : []),
  ];
  await wire.send(`${method} ${target} HTTP/1.1\r\n${lines(headers)}\r\n`);
  if (upload?.framing === 'length') await inPieces(upload.body, bytes, wire.send);
  if (upload?.framing === 'chunked') {
    await inPieces(upload.body, bytes, (piece) =>
      wire.send(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])),
    );
    await wire.send('0\r\n\r\n');
  }
  return wire.answer(method);
}

/** Checks that both heads describe the body in the same way. */
export function expectSame(got: { headers: readonly string[] }, sent: Headers): void {
  const described = got.headers.filter((name, at) => at % 2 === 0 && DESCRIBES.test(name));
  const names = new Set([...described, ...sent.map(([name]) => name)].map((name) => name.toLowerCase()));
  names.delete('transfer-encoding');
  const of = (headers: readonly string[]) =>
    Object.fromEntries([...names].map((name) => [name, values({ headers }, name)]));
  expect(of(got.headers)).toEqual(of(flat(sent)));
}

function expectAnswered(answered: WireAnswer, exchange: Exchange): void {
  const { method, status, framing, body, origin } = exchange;
  const bytes = bytesOf(body);
  expect(answered.status).toBe(status);
  expect(answered.body.equals(hasNoBody(method, status) ? Buffer.alloc(0) : bytes), 'the same bytes').toBe(
    true,
  );
  expectSame(answered, saidOf(exchange, bytes.length));
  expect(values(answered, 'date').length, 'Date').toBeLessThan(2);
  if (framing === 'length') expect(values(answered, 'transfer-encoding')).toEqual([]);
  expect(corsHeaders(answered)).toEqual(origin ? ONE_ORIGIN_HEADERS : {});
}

function expectReceived(asked: Asked | undefined, { method, upload }: Exchange): void {
  if (asked === undefined) throw new Error('the bucket was not asked');
  expect(asked).toMatchObject({ method, ended: true });
  if (upload === null) return;
  const bytes = bytesOf(upload.body);
  expect(Buffer.concat(asked.body).equals(bytes), 'the same bytes at the bucket').toBe(true);
  const sent = [...upload.headers, ...pair(codingOf(upload.body))];
  const length = value(asked, 'content-length');
  // An empty body has no chunks and a length of 0, or no framing at all with DELETE and GET.
  if (bytes.length === 0) expect(['0', undefined]).toContain(length);
  else expect(length).toBe(upload.framing === 'length' ? String(bytes.length) : undefined);
  expectSame(asked, length === undefined ? sent : [...sent, ['Content-Length', length]]);
}

/** Sends each list over its own connection, all at once, and checks both ends of every exchange. */
export async function pass(edge: Edge, connections: readonly (readonly Exchange[])[]): Promise<void> {
  const { bucket, url } = edge;
  bucket.reset();
  const scripts = new Map<string, Script>();
  bucket.script = (asked, incoming, outgoing) => {
    const script = scripts.get(asked.target);
    if (typeof script === 'function') script(asked, incoming, outgoing);
  };
  await Promise.all(
    connections.map(async (exchanges, connection) => {
      const wire = openWire(url);
      try {
        for (const [at, exchange] of exchanges.entries()) {
          const target = `/${connection}/${at}`;
          scripts.set(target, answerWith(exchange));
          const answered = await ask(wire, url, exchange, target, at === exchanges.length - 1);
          expectAnswered(answered, exchange);
          expectReceived(
            bucket.asked.find((asked) => asked.target === target),
            exchange,
          );
        }
        expect((await wire.rest()).toString('latin1'), 'bytes after the last answer').toBe('');
      } finally {
        wire.socket.destroy();
      }
    }),
  );
}
