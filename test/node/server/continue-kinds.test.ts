import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { value } from '../../helpers/client.ts';
import { answerOn, h2 } from '../../helpers/h2.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { collect, PLAIN, say } from '../../helpers/upstream.ts';
import { openWire, type WireAnswer } from '../../helpers/wire.ts';
import type { Edge } from '../../suite/runtime.ts';
import { A, ONE_ORIGIN } from '../../suite/sets.ts';

const HOST = 'bucket.test';
/** Nothing listens here. */
const NOWHERE = 'http://127.0.0.1:1';

let edge: Edge;
let secure: Edge;
beforeAll(async () => {
  const options = {
    rules: ONE_ORIGIN,
    buckets: [
      { name: 'bucket', hosts: [HOST] },
      { name: 'gone', hosts: ['gone.test'], url: NOWHERE },
    ],
  };
  edge = await openOnNode(options);
  secure = await openOnNode(options, undefined, { certificate: certificate() });
});
beforeEach(() => edge.bucket.reset());
afterAll(async () => {
  await edge.close();
  await secure.close();
});

interface Kind {
  readonly name: string;
  readonly line: string;
  readonly status: number;
  readonly host?: string;
  readonly more?: readonly string[];
  /** The bucket's own response. */
  readonly bucket?: number;
  /** HTTP/2 resets the stream of such a request. */
  readonly malformed?: boolean;
}

const PREFLIGHT = [`Origin: ${A}`, 'Access-Control-Request-Method: GET'];

/** Every kind of response, from the edge and from the bucket. */
const KINDS: readonly Kind[] = [
  { name: 'an upload', line: 'PUT /key', status: 200 },
  { name: 'a POST', line: 'POST /key', status: 200 },
  { name: 'a download', line: 'GET /key', status: 200 },
  { name: 'a HEAD', line: 'HEAD /key', status: 200 },
  { name: "a bucket's 204", line: 'DELETE /key', status: 204, bucket: 204 },
  { name: "a bucket's 304", line: 'GET /key', status: 304, bucket: 304 },
  { name: "a bucket's 403", line: 'PUT /key', status: 403, bucket: 403 },
  { name: 'a preflight that passes', line: 'OPTIONS /key', status: 200, more: PREFLIGHT },
  {
    name: 'a preflight that is refused',
    line: 'OPTIONS /key',
    status: 403,
    more: ['Origin: https://b.example', 'Access-Control-Request-Method: GET'],
  },
  { name: 'OPTIONS without an Origin', line: 'OPTIONS /key', status: 400 },
  { name: 'a host of no bucket', line: 'PUT /key', status: 404, host: 'other.test' },
  { name: 'a list of hosts', line: 'PUT /key', status: 400, host: 'a, b', malformed: true },
  { name: 'a method that is not served', line: 'PATCH /key', status: 405 },
  { name: 'a target that is too long', line: `PUT /${'k'.repeat(9_000)}`, status: 414 },
  {
    name: 'headers that are too large',
    line: 'PUT /key',
    status: 431,
    more: [`X-A: ${'a'.repeat(20_000)}`],
  },
  { name: 'a bucket that cannot be reached', line: 'PUT /key', status: 502, host: 'gone.test' },
];

const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`;
const headOf = ({ line, host = HOST, more = [] }: Kind, ...headers: readonly string[]) =>
  lines(`${line} HTTP/1.1`, `Host: ${host}`, ...more, ...headers);
const methodOf = ({ line }: Kind): string => line.split(' ', 1)[0] ?? '';

/** Makes the bucket answer as the kind needs it, after it has read the body. */
function script({ bucket = 200 }: Kind, { bucket: upstream }: Edge): void {
  upstream.script = (asked, incoming, outgoing) => {
    collect(asked, incoming);
    const status = asked.target === '/next' ? 200 : bucket;
    incoming.once('end', () => say(outgoing, { ...PLAIN, status }));
  };
}

const EXPECT = 'Expect: 100-continue';
const NEXT = lines('GET /next HTTP/1.1', `Host: ${HOST}`);

interface Talk {
  /** All responses before the one to the next request, in order. */
  readonly before: readonly WireAnswer[];
  readonly closes: boolean;
}

/** Sends bytes and then a plain request on the same connection, and reads the responses to both. */
async function talk(kind: Kind, bytes: string): Promise<Talk> {
  script(kind, edge);
  const wire = openWire(edge.url);
  try {
    await wire.send(bytes);
    const before: WireAnswer[] = [];
    do before.push(await wire.answer(methodOf(kind)));
    while (before.at(-1)?.status === 100);
    const last = before.at(-1);
    const closes = last !== undefined && value(last, 'connection') === 'close';
    if (closes) {
      expect(await wire.rest()).toEqual(Buffer.alloc(0));
    } else {
      await wire.send(NEXT);
      expect((await wire.answer('GET')).status).toBe(200);
    }
    return { before, closes };
  } finally {
    wire.socket.destroy();
  }
}

/** Sends a request over HTTP/2 that expects a 100 and has no body. */
async function talkH2(kind: Kind, framing: Record<string, number>) {
  script(kind, secure);
  const [method = '', path = ''] = kind.line.split(' ');
  const more = (kind.more ?? [])
    .map((line) => line.split(': ', 2))
    .map(([name = '', text]) => [name.toLowerCase(), text]);
  const session = await h2(secure.url);
  const stream = session.request(
    {
      ':method': method,
      ':path': path,
      host: kind.host ?? HOST,
      expect: '100-continue',
      ...Object.fromEntries(more),
      ...framing,
    },
    { endStream: Object.keys(framing).length === 0 },
  );
  const interim: number[] = [];
  stream.on('headers', (headers) => interim.push(Number(headers[':status'])));
  const answered = await answerOn(stream.on('error', () => {}));
  session.destroy();
  return { interim, answered };
}

const statusesOf = ({ before }: Talk) => before.map(({ status }) => status);

describe.each(KINDS)('to Expect: 100-continue for $name', (kind) => {
  test.each([
    ['with the length 0', [EXPECT, 'Content-Length: 0']],
    ['without a body', [EXPECT]],
    ['in other letters', ['expect: 100-CONTINUE', 'Content-Length: 0']],
    ['beside another expectation', ['Expect: other, 100-continue', 'Content-Length: 0']],
    ['on two lines', ['Expect: other', EXPECT, 'Content-Length: 0']],
    ['said twice', [EXPECT, EXPECT, 'Content-Length: 0']],
  ])('%s the edge says 100 once, answers, and serves the next request', async (_, headers) => {
    const { before, closes } = await talk(kind, headOf(kind, ...headers));
    expect(before.map(({ status }) => status)).toEqual([100, kind.status]);
    expect(before[0]?.headers).toEqual([]);
    expect(closes).toBe(false);
  });

  test.each([
    ['with a body that comes at once', 'Content-Length: 4', 'body'],
    ['with chunks that come at once', 'Transfer-Encoding: chunked', '4\r\nbody\r\n0\r\n\r\n'],
    ['with an end of chunks that comes at once', 'Transfer-Encoding: chunked', '0\r\n\r\n'],
  ])('%s the edge says 100 once before the answer, or closes after it', async (_, framing, body) => {
    const answered = await talk(kind, headOf(kind, EXPECT, framing) + body);
    expect(statusesOf(answered)).toEqual(answered.closes ? [kind.status] : [100, kind.status]);
  });

  test.each([
    ['an expectation that is not 100-continue', ['Expect: something-else']],
    ['no expectation', []],
  ])('beside %s there is no 100, and the next request is served', async (_, headers) => {
    const answered = await talk(kind, headOf(kind, ...headers, 'Content-Length: 0'));
    expect([statusesOf(answered), answered.closes]).toEqual([[kind.status], false]);
  });

  test.each(['close', 'keep-alive'])('HTTP/1.0 with Connection: %s gets no 100', async (connection) => {
    const head = headOf(kind, EXPECT, 'Content-Length: 0', `Connection: ${connection}`);
    expect(statusesOf(await talk(kind, head.replace('HTTP/1.1', 'HTTP/1.0')))).toEqual([kind.status]);
  });

  test.skipIf(kind.malformed === true)('HTTP/2 without a body gets 100 once, and the response', async () => {
    const { interim, answered } = await talkH2(kind, {});
    expect([interim, answered.status, answered.complete]).toEqual([[100], kind.status, true]);
  });
});

/** The kinds that a client meets if it sends its body only after a 100. */
const WAITING = KINDS.filter(({ status, bucket }) => status >= 400 && bucket === undefined);

describe.each(WAITING)('to a client that waits with its body, for $name', (kind) => {
  test('the response comes without a 100 and closes the connection', async () => {
    const answered = await talk(kind, headOf(kind, EXPECT, 'Content-Length: 4'));
    expect([statusesOf(answered), answered.closes]).toEqual([[kind.status], true]);
  });

  test.skipIf(kind.malformed === true)('the response comes without a 100 over HTTP/2', async () => {
    const { interim, answered } = await talkH2(kind, { 'content-length': 4 });
    expect([interim, answered.status]).toEqual([[], kind.status]);
  });
});

test('pipelined requests get a 100 each, before their own response', async () => {
  const empty = (target: string) =>
    lines(`PUT ${target} HTTP/1.1`, `Host: ${HOST}`, EXPECT, 'Content-Length: 0');
  const wire = openWire(edge.url);
  await wire.send(empty('/1') + NEXT + empty('/2') + empty('/3'));
  const statuses: number[] = [];
  for (let count = 0; count < 7; count += 1) statuses.push((await wire.answer('PUT')).status);
  wire.socket.destroy();
  expect(statuses).toEqual([100, 200, 200, 100, 200, 100, 200]);
});

test.each([
  ['without a Host', lines('PUT /key HTTP/1.1', EXPECT, 'Content-Length: 0')],
  ['that the parser refuses', lines('PUT /key HTTP/1.1', 'Host: h', EXPECT, 'Content-Length: x')],
])('a bare 400 to a request %s closes the connection without a 100', async (_, bytes) => {
  const wire = openWire(edge.url);
  await wire.send(bytes);
  const answered = await wire.answer('PUT');
  expect([answered.status, value(answered, 'connection')]).toEqual([400, 'close']);
  expect(await wire.rest()).toEqual(Buffer.alloc(0));
});
