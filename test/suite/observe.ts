import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { RequestEvent } from '../../src/edge/observe.ts';
import { type Call, call, dial, rawly } from '../helpers/client.ts';
import { until } from '../helpers/until.ts';
import { collect, type Script, say } from '../helpers/upstream.ts';
import { type Edge, leave, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, STRANGER } from './sets.ts';

type Expected = Partial<RequestEvent>;

interface Ending {
  readonly name: string;
  readonly about: Call;
  readonly script?: Script;
  readonly expected: Expected;
  /** The event depends on how a body ended. */
  readonly ofBodies?: true;
}

const ASKING = ['Access-Control-Request-Method', 'PUT'];
const OBJECT = { code: null, kind: 'actual', bucket: 'bucket' } as const;
const NOT_ASKED = { bucketMs: null, bucketStatus: null } as const;
const XML = expect.any(Number) as unknown as number;

const WHOLE: Script = { status: 200, headers: ['Content-Length', '10'], body: 'the object' };

const ENDINGS: readonly Ending[] = [
  {
    name: 'an object without a length',
    about: {},
    expected: { ...OBJECT, status: 200, received: 0, sent: 10 },
    ofBodies: true,
  },
  {
    name: 'an object for an origin that a rule names',
    about: { headers: ['Origin', A] },
    script: WHOLE,
    expected: { ...OBJECT, status: 200, decision: 'matched', rule: 1, origin: A, received: 0, sent: 10 },
  },
  {
    name: 'an object for an origin without a rule',
    about: { headers: ['Origin', STRANGER] },
    script: WHOLE,
    expected: { ...OBJECT, status: 200, decision: 'origin_not_allowed', rule: null, sent: 10 },
  },
  {
    name: 'an Origin with a password and a query, which no browser sends',
    about: { headers: ['Origin', 'https://u:SECRET@a.example?tok=SECRET'] },
    script: WHOLE,
    expected: { ...OBJECT, status: 200, decision: 'origin_not_allowed', origin: 'https://…' },
  },
  {
    name: 'an object without Origin',
    about: {},
    script: WHOLE,
    expected: { ...OBJECT, status: 200, decision: 'not_cors', origin: null, sent: 10 },
  },
  {
    name: 'a HEAD',
    about: { method: 'HEAD' },
    script: { status: 200, headers: ['Content-Length', '123'] },
    expected: { ...OBJECT, method: 'HEAD', status: 200, received: 0, sent: 0 },
  },
  {
    name: 'an upload',
    about: { method: 'PUT', headers: ['Origin', A], body: 'a body' },
    script: {
      status: 200,
      headers: ['x-oss-request-id', '5FE0A2B3C4D5E6F708192A3B', 'Access-Control-Max-Age', '1'],
    },
    expected: {
      ...OBJECT,
      status: 200,
      received: 6,
      sent: 0,
      requestId: '5FE0A2B3C4D5E6F708192A3B',
      bucketHadCors: true,
    },
  },
  {
    name: 'an upload in chunks',
    ofBodies: true,
    about: { method: 'PUT', body: ['a ', 'body'] },
    expected: { ...OBJECT, status: 200, received: 6, sent: 10 },
  },
  {
    name: 'a 404',
    about: {},
    script: { status: 404, headers: ['Content-Length', '4'], body: '1234' },
    expected: { ...OBJECT, status: 404, bucketStatus: 404, sent: 4 },
  },
  {
    name: 'a 304',
    about: {},
    script: { status: 304 },
    expected: { ...OBJECT, status: 304, bucketStatus: 304, sent: 0 },
  },
  {
    name: 'a preflight that passes',
    about: { method: 'OPTIONS', headers: ['Origin', A, ...ASKING] },
    expected: {
      ...NOT_ASKED,
      kind: 'preflight',
      status: 200,
      decision: 'matched',
      rule: 1,
      code: null,
      received: 0,
      sent: 0,
    },
  },
  {
    name: 'a preflight that is refused',
    about: { method: 'OPTIONS', headers: ['Origin', STRANGER, ...ASKING] },
    expected: {
      ...NOT_ASKED,
      kind: 'preflight',
      status: 403,
      decision: 'origin_not_allowed',
      rule: null,
      code: null,
      sent: XML,
    },
  },
  {
    name: 'a method that is not allowed',
    about: { method: 'PATCH', headers: ['Origin', A], body: 'a body' },
    expected: {
      ...NOT_ASKED,
      kind: 'actual',
      status: 405,
      decision: 'method_not_allowed',
      code: 'MethodNotAllowed',
      sent: XML,
    },
  },
  {
    name: 'headers of more than 16 KB',
    about: { headers: ['X-One', 'a'.repeat(20_000)] },
    expected: { status: 431, code: 'RequestHeaderTooLarge', decision: 'not_cors', sent: XML },
  },
  {
    name: 'a bucket that breaks off before its head',
    about: { headers: ['Origin', A] },
    script: (_asked, { socket }) => socket.destroy(),
    expected: {
      ...OBJECT,
      status: 502,
      code: 'BucketBrokeOff',
      decision: 'matched',
      bucketMs: XML,
      bucketStatus: null,
      received: 0,
      sent: XML,
    },
  },
  {
    name: 'an upload refused before its end',
    about: { method: 'PUT', body: Buffer.alloc(5_000_000) },
    script: (_asked, _incoming, outgoing) =>
      say(outgoing, { status: 403, headers: ['Content-Length', '8'], body: 'no entry' }),
    expected: { ...OBJECT, status: 403, sent: 8 },
  },
  {
    name: 'a bucket that breaks off in the body',
    ofBodies: true,
    about: { headers: ['Origin', A] },
    script: (_asked, { socket }) =>
      void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun', () =>
        setImmediate(() => socket.end()),
      ),
    expected: {
      ...OBJECT,
      status: 200,
      code: 'BucketBrokeOff',
      decision: 'matched',
      bucketStatus: 200,
      sent: 5,
    },
  },
];

/** The events of one path, after an event of a later request. */
async function toldOf(edge: Edge, path: string): Promise<readonly RequestEvent[]> {
  const about = (wanted: string) => edge.events.filter((event) => event.path === wanted);
  await until(`an event of ${path}`, () => about(path).length > 0);
  const fence = `${path}/after`;
  edge.bucket.reset();
  await call(edge.url, { target: fence });
  await until(`an event of ${fence}`, () => about(fence).length > 0);
  return about(path);
}

export function addObserveTests(runtime: Runtime): void {
  describe('observe gets one event, with its outcome, of', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });
    let count = 0;
    const newPath = () => {
      count += 1;
      return `/observed/${count}`;
    };

    const expectEvent = async ({ about, script, expected }: Ending): Promise<void> => {
      const path = newPath();
      if (script !== undefined) edge().bucket.script = script;
      const answered = await call(edge().url, { target: `${path}?Signature=secret`, ...about });
      const events = await toldOf(edge(), path);
      expect(events).toHaveLength(1);
      const [event] = events;
      expect(event).toMatchObject({ bucket: 'bucket', path, ...expected });
      expect(event?.sent).toBe(answered.body.length);
      expect(event?.status).toBe(answered.status);
      expect(event?.requestId).toMatch(/^[0-9A-F]{24}$/);
      expect(event?.rulesVersion).toMatch(/^[0-9a-f]{16}$/);
      expect(event?.totalMs).toBeGreaterThanOrEqual(event?.headMs ?? 0);
      expect(event?.totalMs).toBeGreaterThanOrEqual(event?.bucketMs ?? 0);
      expect(JSON.stringify(event)).not.toContain('secret');
    };
    test.each(ENDINGS.filter(({ ofBodies }) => !ofBodies))('$name', expectEvent);
    testOn(runtime, 'ends of bodies').each(ENDINGS.filter(({ ofBodies }) => ofBodies))('$name', expectEvent);

    const head = (method: string, path: string, ...lines: readonly string[]) =>
      `${[`${method} ${path} HTTP/1.1`, 'Host: h', `Origin: ${A}`, ...lines].join('\r\n')}\r\n\r\n`;

    test('a client that leaves before the answer begins', async () => {
      const path = newPath();
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write(head('GET', path));
      await until('the bucket is asked', () => edge().bucket.asked.length === 1);
      leave(runtime, socket);
      const events = await toldOf(edge(), path);
      expect(events).toMatchObject([{ code: 'ClientGone', decision: 'matched', sent: 0, received: 0 }]);
      expect(events[0]?.status, 'nothing was sent').toBeNull();
    });

    testOn(runtime, 'ends of bodies')('a client that leaves in the middle of a download', async () => {
      const path = newPath();
      edge().bucket.script = (_asked, _incoming, outgoing) => void outgoing.writeHead(200).write('begun');
      const socket = dial(edge().url);
      socket.write(head('GET', path));
      await once(socket, 'data');
      leave(runtime, socket);
      const events = await toldOf(edge(), path);
      expect(events).toMatchObject([{ code: 'ClientGone', status: 200, decision: 'matched', sent: 5 }]);
    });

    testOn(runtime, 'ends of bodies').each([
      ['Content-Length: 10', 'begun'],
      ['Transfer-Encoding: chunked', '5\r\nbegun\r\n'],
    ])('a client that leaves in the middle of an upload (%s)', async (line, begun) => {
      const path = newPath();
      edge().bucket.script = (asked, incoming) => collect(asked, incoming);
      const socket = dial(edge().url);
      socket.write(head('PUT', path, line) + begun);
      await until('the upload has begun', () => edge().bucket.asked[0]?.body.length === 1);
      leave(runtime, socket);
      const events = await toldOf(edge(), path);
      expect(events).toMatchObject([{ code: 'ClientGone', decision: 'matched', received: 5, sent: 0 }]);
      expect(events[0]?.status, 'nothing was sent').toBeNull();
    });

    testOn(runtime, 'ends of bodies')('a reset by the bucket in the middle of a body', async () => {
      const path = newPath();
      edge().bucket.script = (_asked, { socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n');
      };
      const socket = dial(edge().url);
      socket.write(head('GET', path));
      await once(socket, 'data');
      edge().bucket.breakOff();
      await once(socket, 'close');
      const events = await toldOf(edge(), path);
      expect(events).toMatchObject([{ code: 'BucketBrokeOff', status: 200, sent: 5 }]);
    });

    test('each of several requests on one connection', async () => {
      const paths = [newPath(), newPath(), newPath()];
      const text = paths
        .map((path, at) => head('GET', path, ...(at === 2 ? ['Connection: close'] : [])))
        .join('');
      const answered = await rawly(edge().url, text);
      expect(answered.match(/HTTP\/1\.1 200 /g)).toHaveLength(3);
      for (const path of paths) expect(await toldOf(edge(), path)).toHaveLength(1);
    });

    testOn(runtime, 'absolute targets')('a target with a password, without the password', async () => {
      const before = edge().events.length;
      await rawly(
        edge().url,
        head('GET', 'http://user:secret@h.example/key?Signature=secret', 'Connection: close'),
      );
      await until('an event', () => edge().events.length > before);
      const [event] = edge().events.slice(before);
      expect(event).toMatchObject({
        bucket: null,
        kind: null,
        decision: null,
        status: 400,
        code: 'InvalidURI',
      });
      expect(JSON.stringify(event)).not.toContain('secret');
    });
  });
}
