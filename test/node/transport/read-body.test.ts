import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toXml } from '../../../src/document/xml.ts';
import { readHead } from '../../../src/node/server/head.ts';
import { watchClient } from '../../../src/node/transport/client.ts';
import { readBody } from '../../../src/node/transport/read-body.ts';
import { dial } from '../../helpers/client.ts';
import { answerOn, beginH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { type Sent, signed, type ToSign } from '../../helpers/signed.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { openWire, type Wire, type WireAnswer } from '../../helpers/wire.ts';
import { A, ONE_ORIGIN } from '../../suite/sets.ts';

const HOST = 'media.example';
const DOCUMENT = toXml(ONE_ORIGIN);
const TOO_LONG = 16 * 1024 + 1;

let edge: NodeEdge;
let wires: Wire[] = [];
beforeAll(async () => {
  edge = await openOnNode({ buckets: [{ name: 'bucket', management: 'keep' }] });
});
beforeEach(() => {
  Object.assign(edge.registerOf('bucket'), { entry: null, writes: 0, reads: 0 });
});
afterEach(() => {
  for (const { socket } of wires) socket.destroy();
  wires = [];
});
afterAll(async () => {
  await edge.close();
  expect(edge.errors).toEqual([]);
});

const wire = (): Wire => {
  const opened = openWire(edge.url);
  wires.push(opened);
  return opened;
};

const sign = (about: Partial<ToSign> = {}): Promise<Sent> =>
  signed('OSS V4 header', { method: 'PUT', target: '/?cors', host: HOST, ...about });

/** The head of a request on the wire, with further lines. */
const headOf = ({ method, target, headers }: Sent, more: readonly string[] = [], version = '1.1'): string => {
  const lines = [`${method} ${target} HTTP/${version}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return [...lines, ...more, '', ''].join('\r\n');
};
const LENGTH = `Content-Length: ${DOCUMENT.length}`;
const EXPECT = 'Expect: 100-continue';
const CHUNKED = 'Transfer-Encoding: chunked';

const codeIn = ({ status, body }: WireAnswer): string =>
  [String(status), ...(/<Code>(\w+)/.exec(body.toString())?.slice(1) ?? [])].join(' ');

const endsConnection = ({ headers }: WireAnswer): boolean =>
  headers.some((name, at) => name.toLowerCase() === 'connection' && headers[at + 1] === 'close');

/** Whether the connection serves another request. */
async function serves(on: Wire): Promise<boolean> {
  await on.send(`GET /key HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  return (await on.answer('GET')).body.toString() === 'the object';
}

describe('a document that a client sends', () => {
  test('after a 100 is stored', async () => {
    const on = wire();
    await on.send(headOf(await sign(), [LENGTH, EXPECT]));
    expect((await on.answer('PUT')).status).toBe(100);
    await on.send(DOCUMENT);
    expect(codeIn(await on.answer('PUT'))).toBe('200');
    expect(edge.registerOf('bucket').entry?.document).toContain(A);
    expect(await serves(on)).toBe(true);
  });

  test('in chunks is stored', async () => {
    const on = wire();
    await on.send(headOf(await sign(), [CHUNKED]));
    for (const part of DOCUMENT.match(/[\s\S]{1,100}/g) ?? [])
      await on.send(`${part.length.toString(16)}\r\n${part}\r\n`);
    await on.send('0\r\n\r\n');
    expect(codeIn(await on.answer('PUT'))).toBe('200');
    expect(await serves(on)).toBe(true);
  });

  test('over HTTP/1.0 is stored', async () => {
    const on = wire();
    await on.send(`${headOf(await sign(), [LENGTH], '1.0')}${DOCUMENT}`);
    expect(codeIn(await on.answer('PUT'))).toBe('200');
  });

  test('to an absolute-form target is stored', async () => {
    const on = wire();
    const sent = await sign();
    await on.send(`${headOf({ ...sent, target: `http://${HOST}/?cors` }, [LENGTH])}${DOCUMENT}`);
    expect(codeIn(await on.answer('PUT'))).toBe('200');
  });

  test('before a pipelined read is in its answer', async () => {
    const on = wire();
    await on.send(`${headOf(await sign(), [LENGTH])}${DOCUMENT}${headOf(await sign({ method: 'GET' }))}`);
    expect(codeIn(await on.answer('PUT'))).toBe('200');
    expect((await on.answer('GET')).body.toString()).toContain(A);
  });

  test.each([
    [
      'without a signature',
      async () => ({ ...(await sign()), headers: ['Host', HOST] }),
      [LENGTH],
      '403 AccessDenied',
    ],
    [
      'with a wrong key',
      () => sign({ keys: { accessKeyId: 'ak', accessKeySecret: 'ks' } }),
      [LENGTH],
      '403 SignatureDoesNotMatch',
    ],
    ['that is too long', () => sign(), [`Content-Length: ${TOO_LONG}`], '400 EntityTooLarge'],
  ])('%s is refused before its 100', async (_, signing, lines, code) => {
    const on = wire();
    await on.send(headOf(await signing(), [...lines, EXPECT]));
    const answered = await on.answer('PUT');
    expect(codeIn(answered)).toBe(code);
    // The client may send its document or its next request now.
    expect(endsConnection(answered)).toBe(true);
    expect(edge.registerOf('bucket').writes).toBe(0);
  });

  test('that announces too much is refused before it is sent, and the connection is used again', async () => {
    const on = wire();
    await on.send(headOf(await sign(), [`Content-Length: ${TOO_LONG}`]));
    expect(codeIn(await on.answer('PUT'))).toBe('400 EntityTooLarge');
    await on.send(' '.repeat(TOO_LONG));
    expect(await serves(on)).toBe(true);
  });

  test('whose chunks are too much is refused at once, and the connection is used again', async () => {
    const on = wire();
    const part = `1000\r\n${' '.repeat(0x1000)}\r\n`;
    await on.send(`${headOf(await sign(), [CHUNKED])}${part.repeat(5)}`);
    expect(codeIn(await on.answer('PUT'))).toBe('400 EntityTooLarge');
    await on.send(`${part.repeat(20)}0\r\n\r\n`);
    expect(await serves(on)).toBe(true);
    expect(edge.registerOf('bucket').writes).toBe(0);
  });

  test.each([
    ['a length', [LENGTH], DOCUMENT.slice(0, 100)],
    ['chunks', [CHUNKED], `64\r\n${DOCUMENT.slice(0, 100)}\r\n`],
  ])('with %s and breaks off is not stored', async (_, lines, part) => {
    const before = edge.events.length;
    const on = wire();
    await on.send(`${headOf(await sign(), lines)}${part}`);
    await serveOther();
    on.socket.destroy();
    await until('the request has an event', () => edge.events.length === before + 2);
    expect(edge.events.at(-1)).toMatchObject({ status: null, code: 'ClientGone' });
    expect(edge.registerOf('bucket').writes).toBe(0);
  });

  /** The edge has read what an earlier connection sent. */
  async function serveOther(): Promise<void> {
    expect(await serves(wire())).toBe(true);
  }

  test('with an invalid chunk is not stored', async () => {
    const on = wire();
    await on.send(`${headOf(await sign(), [CHUNKED])}64\r\n${DOCUMENT.slice(0, 100)}\r\nzz\r\n`);
    expect((await on.answer('PUT')).status).toBe(400);
    expect(edge.registerOf('bucket').writes).toBe(0);
  });

  test.each([
    [
      'two Content-MD5 headers',
      ['Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==', 'Content-MD5: BBBBBBBBBBBBBBBBBBBBBA=='],
    ],
    ['a Content-MD5 that is no digest', ['Content-MD5: abc']],
  ])('with %s is not stored', async (_, lines) => {
    const on = wire();
    const sent = await sign({ headers: lines.flatMap((line) => line.split(': ')) });
    await on.send(`${headOf(sent, [LENGTH])}${DOCUMENT}`);
    expect((await on.answer('PUT')).status).toBe(400);
    expect(edge.registerOf('bucket').writes).toBe(0);
  });
});

describe('a request without a document', () => {
  test('gets one 100 before its answer', async () => {
    const on = wire();
    await on.send(headOf(await sign({ method: 'DELETE' }), ['Content-Length: 0', EXPECT]));
    expect((await on.answer('DELETE')).status).toBe(100);
    expect((await on.answer('DELETE')).status).toBe(204);
    expect(await serves(on)).toBe(true);
  });

  test.each([
    ['GET', '404 NoSuchCORSConfiguration'],
    ['DELETE', '204'],
  ])('but with a body: a %s is answered', async (method, code) => {
    const on = wire();
    await on.send(`${headOf(await sign({ method }), ['Content-Length: 4'])}body`);
    expect(codeIn(await on.answer(method))).toBe(code);
    expect(await serves(on)).toBe(true);
  });
});

describe('over HTTP/2', () => {
  let secure: NodeEdge;
  beforeAll(async () => {
    const buckets = [{ name: 'bucket', management: 'keep' as const }];
    secure = await openOnNode({ buckets }, undefined, { certificate: certificate() });
  });
  afterAll(async () => {
    await secure.close();
    expect(secure.errors).toEqual([]);
  });

  const headersOf = ({ method, target, headers }: Sent) => {
    const named: Record<string, string> = { ':method': method, ':path': target, ':authority': HOST };
    for (let at = 2; at < headers.length; at += 2)
      named[(headers[at] ?? '').toLowerCase()] = headers[at + 1] ?? '';
    return named;
  };

  test('a document is stored', async () => {
    const session = await h2(secure.url);
    const stream = beginH2(session, headersOf(await sign()));
    stream.end(DOCUMENT);
    expect((await answerOn(stream)).status).toBe(200);
    expect(secure.registerOf('bucket').entry?.document).toContain(A);
    session.close();
  });

  test('a document that is too long is refused while it is sent', async () => {
    const session = await h2(secure.url);
    const stream = beginH2(session, headersOf(await sign()));
    stream.write(' '.repeat(TOO_LONG));
    const answered = await answerOn(stream);
    expect(answered.body.toString()).toContain('<Code>EntityTooLarge</Code>');
    session.close();
  });

  test('a document that breaks off is not stored', async () => {
    const register = secure.registerOf('bucket');
    register.writes = 0;
    const before = secure.events.length;
    const session = await h2(secure.url);
    const stream = beginH2(session, headersOf(await sign()));
    stream.write(DOCUMENT.slice(0, 100));
    // The edge has read the part when it answers this.
    const other = beginH2(session, { ':method': 'GET', ':path': '/key', ':authority': HOST });
    other.end();
    expect((await answerOn(other)).status).toBe(200);
    stream.close(constants.NGHTTP2_CANCEL);
    await until('the request has an event', () => secure.events.length === before + 2);
    expect(secure.events.at(-1)?.code).toBe('ClientGone');
    expect(register.writes).toBe(0);
    session.close();
  });
});

test('a body that does not arrive in time ends with its connection', async () => {
  const read = Promise.withResolvers<unknown>();
  const server = createServer((incoming, outgoing) => {
    const client = watchClient(incoming, outgoing, readHead(incoming));
    void readBody(client, 100, 50).then((result) => {
      read.resolve(result);
      outgoing.writeHead(408, ['Content-Length', '0']).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = dial(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  socket.write('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toMatch(/^HTTP\/1.1 408 [\s\S]*\r\nConnection: close\r\n/);
  expect(await read.promise).toBe('ClientTimeout');
  socket.destroy();
  server.close();
});
