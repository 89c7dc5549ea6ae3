import { once } from 'node:events';
import { type ClientHttp2Session, connect as openSession } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dial } from '../../helpers/client.ts';
import { answerOn, beginH2, callH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { MUCH, PIECE, pour } from '../../helpers/pour.ts';
import { CA, certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { collect, type Script, say } from '../../helpers/upstream.ts';

const TIMEOUTS = { headers: 300, idle: 250, keepAlive: 300 };
/** Shorter than each of the limits. */
const OFTEN = 20;

function* pieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE;
}
const pourOut: Script = (_asked, _incoming, outgoing) => {
  outgoing.writeHead(200, ['Content-Length', String(MUCH)]);
  pour(outgoing);
};
const wait: Script = (asked, incoming) => collect(asked, incoming);

const edges: { plain?: NodeEdge; secure?: NodeEdge } = {};
beforeAll(async () => {
  edges.plain = await openOnNode({}, undefined, { timeouts: TIMEOUTS });
  edges.secure = await openOnNode({}, undefined, { timeouts: TIMEOUTS, certificate: certificate() });
});
afterAll(async () => {
  await edges.plain?.close();
  await edges.secure?.close();
});

/** Writes one piece after the other, and repeats the last one. */
function dribble(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(text.charAt(Math.min(at, text.length - 1)));
    at += 1;
  }, OFTEN);
  socket.once('close', () => clearInterval(timer));
}

describe.each(['plain', 'secure'] as const)('on a %s HTTP/1.1 connection', (kind) => {
  let edge: NodeEdge;
  let socket: Socket;
  let text = '';
  let closed = false;
  beforeEach(() => {
    const opened = edges[kind];
    if (opened === undefined) throw new Error('no edge');
    edge = opened;
    edge.bucket.reset();
    socket = dial(edge.url);
    text = '';
    closed = false;
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.once('close', () => {
      closed = true;
    });
  });
  afterEach(async () => {
    socket.destroy();
    await until('it is closed', () => closed);
  });
  const closedByEdge = () => until('the client is closed', () => closed);

  test.each([
    ['with a slow request line', 'GET /kkk'],
    ['with slow headers', 'GET / HTTP/1.1\r\nHost: h\r\nX-A: a'],
  ])('a client %s is shut out with 408', async (_, begun) => {
    dribble(socket, begun);
    await until('it is answered', () => text.startsWith('HTTP/1.1 408 '));
    expect(text).toMatch(/connection: close/i);
    expect(text).toMatch(/cache-control: no-store/i);
    socket.end();
    await closedByEdge();
    expect(edge.bucket.asked).toEqual([]);
  });

  test('a client with a slow second request is closed', async () => {
    socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('it is served', () => text.includes('the object'));
    dribble(socket, 'GET /kkk');
    await until('it is answered', () => text.includes('HTTP/1.1 408 '));
  });

  test('a client that sends nothing is closed', async () => {
    socket.once('end', () => socket.end());
    await closedByEdge();
  });

  test('a client whose upload stalls is closed, and its bucket request is cancelled', async () => {
    edge.bucket.script = wait;
    socket.write('PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nbegun');
    await closedByEdge();
    await until('the bucket request is cancelled', () => edge.bucket.asked[0]?.cancelled === true);
    expect(edge.bucket.asked[0]?.ended).toBe(false);
  });

  test('an upload that makes progress has no time limit', async () => {
    edge.bucket.script = (asked, incoming, outgoing) => {
      collect(asked, incoming);
      incoming.once('end', () => say(outgoing, { status: 200 }));
    };
    socket.write('PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n');
    dribble(socket, 'x');
    await until('it is served', () => text.startsWith('HTTP/1.1 200 '));
    expect(edge.bucket.asked[0]?.body.join('')).toBe('x'.repeat(30));
  });

  test('a client that does not read its response is closed, and its bucket request is cancelled', async () => {
    edge.bucket.script = pourOut;
    socket.pause();
    socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('the bucket is asked', () => edge.bucket.asked.length === 1);
    await until('the bucket request is cancelled', () => edge.bucket.asked[0]?.cancelled === true);
    await until('it is logged', () => edge.events.at(-1)?.code === 'ClientGone');
  });

  test('a client without another request is closed', async () => {
    socket.write('GET /key HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('it is served', () => text.includes('the object'));
    await closedByEdge();
  });

  test('a client is not closed for a bucket that reads its upload slowly', async () => {
    let take: (() => void) | undefined;
    edge.bucket.script = (asked, incoming, outgoing) => {
      take ??= () => {
        collect(asked, incoming);
        incoming.once('end', () => say(outgoing, { status: 200 }));
      };
    };
    socket.write(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${MUCH}\r\n\r\n`);
    // In pieces: encrypting all of it at once would block the edge in this process until the limits are over.
    Readable.from(pieces(MUCH)).pipe(socket, { end: false });
    await until('the bucket is asked', () => take !== undefined);
    // Twice the limit, in which a client at fault would have been closed.
    for (let round = 0; round < 2; round += 1) {
      const other = dial(edge.url);
      other.write('PUT /other HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nbegun');
      await once(other, 'close');
    }
    expect(closed).toBe(false);
    take?.();
    await until('it is served', () => text.startsWith('HTTP/1.1 200 '));
  });
});

test('a client without a TLS handshake is closed', async () => {
  const socket = connect(Number(new URL(edges.secure?.url ?? '').port));
  socket.on('error', () => {});
  await once(socket.resume(), 'close');
});

test('an HTTP/2 client that reads slowly, and does not stop, gets everything', async () => {
  const timeouts = { ...TIMEOUTS, idle: 400 };
  const edge = await openOnNode({}, undefined, { timeouts, certificate: certificate() });
  edge.bucket.script = { status: 200, body: Buffer.alloc(160 * 1024) };
  const session = openSession(edge.url, { ca: CA, settings: { initialWindowSize: 4096 } });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  const stream = beginH2(session, { ':path': '/key' });
  stream.end();
  // One of undici's chunks, 64 KB, takes longer than the limit.
  const timer = setInterval(() => {
    stream.read(2048) ?? stream.read();
  }, OFTEN);
  stream.on('readable', () => {});
  await once(stream, 'close');
  clearInterval(timer);
  session.destroy();
  await edge.close();
  expect(stream.rstCode).toBe(0);
  expect(edge.events.map(({ code }) => code)).toEqual([null]);
});

describe('on an HTTP/2 connection', () => {
  let edge: NodeEdge;
  let session: ClientHttp2Session;
  let closed = false;
  beforeEach(async () => {
    if (edges.secure === undefined) throw new Error('no edge');
    edge = edges.secure;
    edge.bucket.reset();
    session = await h2(edge.url);
    closed = false;
    session.once('close', () => {
      closed = true;
    });
  });
  afterEach(async () => {
    session.destroy();
    await until('it is closed', () => closed);
  });

  test('a client without a request is closed, also if it sends pings', async () => {
    const timer = setInterval(() => !session.closed && session.ping(() => {}), OFTEN);
    await until('it is closed', () => closed);
    clearInterval(timer);
  });

  test('a client without another request is closed', async () => {
    expect((await callH2(session, { ':path': '/key' })).status).toBe(200);
    await until('it is closed', () => closed);
  });

  test('a client whose upload stalls loses its stream, and its bucket request is cancelled', async () => {
    edge.bucket.script = wait;
    const stream = beginH2(session, { ':method': 'PUT', ':path': '/key' });
    stream.write('begun');
    await until('the bucket request is cancelled', () => edge.bucket.asked[0]?.cancelled === true);
    expect(edge.bucket.asked[0]?.ended).toBe(false);
  });

  test('a client that does not read one response loses only that stream', async () => {
    edge.bucket.script = pourOut;
    const unread = beginH2(session, { ':path': '/key' });
    unread.end();
    await once(unread, 'response');
    edge.bucket.script = wait;
    const other = beginH2(session, { ':method': 'PUT', ':path': '/other' });
    const answer = answerOn(other);
    const timer = setInterval(() => other.write('x'), OFTEN);
    await until('the bucket request is cancelled', () => edge.bucket.asked[0]?.cancelled === true);
    clearInterval(timer);
    expect(edge.bucket.asked[1]?.cancelled).toBe(false);
    edge.bucket.breakOff();
    expect((await answer).status).toBe(502);
  });

  test('an upload that makes progress has no time limit', async () => {
    edge.bucket.script = (asked, incoming, outgoing) => {
      collect(asked, incoming);
      incoming.once('end', () => say(outgoing, { status: 200 }));
    };
    const stream = beginH2(session, { ':method': 'PUT', ':path': '/key' });
    const answer = answerOn(stream);
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      if (sent < 30) stream.write('x');
      else stream.end('x');
      if (sent === 30) clearInterval(timer);
    }, OFTEN);
    expect((await answer).status).toBe(200);
    expect(edge.bucket.asked[0]?.body.join('')).toBe('x'.repeat(30));
  });
});
