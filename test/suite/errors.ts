import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { type Answered, call, corsHeaders, element, value, values } from '../helpers/client.ts';
import type { Script } from '../helpers/upstream.ts';
import { codeOn, type Edge, type ONLY_ON_NODE, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from './sets.ts';

const ID = /^[0-9A-F]{24}$/;

/** Checks the form that every error of the edge has. */
export function isError(
  answered: Answered,
  status: number,
  code: string,
  idHeader = 'x-oss-request-id',
): void {
  expect(answered).toMatchObject({ status, complete: true });
  expect(value(answered, 'content-type')).toBe('application/xml');
  expect(value(answered, 'content-length')).toBe(String(answered.body.length));
  expect(value(answered, 'cache-control')).toBe('no-store');
  expect(value(answered, idHeader)).toMatch(ID);
  expect(element(answered, 'Code')).toBe(code);
  expect(element(answered, 'Message')).toMatch(/\.$/);
  expect(element(answered, 'RequestId')).toBe(value(answered, idHeader));
  expect(element(answered, 'HostId')).toBeDefined();
}

interface Wrong {
  readonly name: string;
  readonly status: number;
  readonly code: string;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly script?: Script;
  /** No rule can list the method, so no origin gets CORS headers. */
  readonly outsideTheFive?: true;
  /** Why other runtimes cannot pass the test. */
  readonly onlyOnNode?: keyof typeof ONLY_ON_NODE;
}

const breakOff: Script = (_asked, incoming) => incoming.socket.destroy();
const answerRaw =
  (text: string): Script =>
  (_asked, incoming) =>
    incoming.socket.end(text, 'latin1');

const WRONG: readonly Wrong[] = [
  { name: 'a target of more than 8 KB', target: `/${'a'.repeat(8 * 1024)}`, status: 414, code: 'URITooLong' },
  {
    name: 'headers of more than 16 KB',
    headers: ['X-One', 'a'.repeat(9000), 'X-Two', 'b'.repeat(9000)],
    status: 431,
    code: 'RequestHeaderTooLarge',
  },
  ...['PATCH', 'TRACE', 'PROPFIND'].map((method) => ({
    name: `the method ${method}`,
    method,
    status: 405,
    code: 'MethodNotAllowed',
    outsideTheFive: true as const,
  })),
  { name: 'a bucket that breaks off before its head', script: breakOff, status: 502, code: 'BucketBrokeOff' },
  {
    name: 'a bucket that breaks off an upload',
    method: 'PUT',
    script: breakOff,
    status: 502,
    code: 'BucketBrokeOff',
  },
  {
    name: 'a bucket that breaks off within its head',
    script: answerRaw('HTTP/1.1 200 OK\r\nX-One: 1\r\n'),
    status: 502,
    code: 'BucketBrokeOff',
  },
  {
    name: 'a bucket that does not speak HTTP',
    script: answerRaw('SSH-2.0-x\r\n\r\n'),
    status: 502,
    code: 'BucketAnswerInvalid',
  },
  {
    name: 'a bucket with an endless head',
    script: answerRaw(`HTTP/1.1 200 OK\r\nX-One: ${'a'.repeat(80_000)}\r\n\r\n`),
    status: 502,
    code: 'BucketAnswerInvalid',
    onlyOnNode: 'refused heads',
  },
  {
    name: 'a bucket with two lengths',
    script: answerRaw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'),
    status: 502,
    code: 'BucketAnswerInvalid',
  },
  ...['000', '099'].map((status) => ({
    name: `a bucket with the status ${status}`,
    script: answerRaw(`HTTP/1.1 ${status} What\r\nContent-Length: 1\r\n\r\na`),
    status: 502,
    code: 'BucketAnswerInvalid',
  })),
  ...[
    ['chunked', 'chunked'],
    ['chunked', 'identity'],
    ['chunked', ''],
    ['identity', 'chunked'],
    ['gzip', 'chunked'],
  ].map(([first, second]) => ({
    name: `codings "${first}" and "${second}"`,
    script: answerRaw(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${first}\r\nTransfer-Encoding: ${second}\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    ),
    status: 502,
    code: 'BucketAnswerInvalid',
    onlyOnNode: 'refused heads' as const,
  })),
  {
    name: 'a bucket that switches protocols unasked',
    script: answerRaw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    status: 502,
    code: 'BucketBrokeOff',
  },
];

const ask = (edge: Edge, wrong: Wrong, origin: readonly string[] = []): Promise<Answered> => {
  edge.bucket.script = wrong.script ?? { status: 200 };
  const { method = 'GET', target = '/key', headers = [] } = wrong;
  return call(edge.url, {
    method,
    target,
    headers: [...headers, ...origin],
    ...(method === 'PUT' && { body: 'a body' }),
  });
};

export function addErrorTests(runtime: Runtime): void {
  const wrongs = WRONG.filter(({ onlyOnNode }) => onlyOnNode === undefined || runtime.name === 'node').map(
    (wrong) => ({ ...wrong, code: codeOn(runtime, wrong.code) }),
  );
  describe('an edge with wider limits on requests', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, limits: { target: 12_000, headers: 28_000 } });
    const targetOf = (length: number) => `/${'a'.repeat(length - 1)}`;

    test.each([
      ['a target of 12000 bytes', { target: targetOf(12_000) }],
      ['headers of nearly 28 KB', { headers: ['X-One', 'a'.repeat(27_000)] }],
    ])('passes %s', async (_, about) => {
      expect((await call(edge().url, { target: '/key', ...about })).status).toBe(200);
    });

    test('names its limit in the answer to a longer target', async () => {
      const answered = await call(edge().url, { target: targetOf(12_001), headers: ['Origin', A] });
      isError(answered, 414, 'URITooLong');
      expect(element(answered, 'Message')).toBe('The request target is longer than 12000 bytes.');
      expect(edge().bucket.asked).toEqual([]);
    });

    test('names its limit in the answer to larger headers', async () => {
      const answered = await call(edge().url, { headers: ['Origin', A, 'X-One', 'a'.repeat(28_000)] });
      isError(answered, 431, 'RequestHeaderTooLarge');
      expect(element(answered, 'Message')).toMatch(/longer than 28000 bytes/);
      expect(edge().bucket.asked).toEqual([]);
    });
  });

  describe('errors of the edge under rules that depend on the origin', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(wrongs)('$name is $status $code', async (wrong) => {
      const answered = await ask(edge(), wrong, ['Origin', A]);
      isError(answered, wrong.status, wrong.code);
      const none = wrong.outsideTheFive === true;
      expect(corsHeaders(answered)).toEqual(none ? {} : ONE_ORIGIN_HEADERS);
      expect(element(answered, 'Reason')).toBe(none ? 'method_not_allowed' : 'matched');
      const without = await ask(edge(), wrong);
      isError(without, wrong.status, wrong.code);
      expect(corsHeaders(without)).toEqual({});
      expect(element(without, 'Reason')).toBe('not_cors');
      for (const each of [answered, without]) expect(values(each, 'vary')).toEqual(none ? [] : ['Origin']);
    });

    test('an unsupported method gets the Allow header', async () => {
      const answered = await call(edge().url, { method: 'PATCH', target: '/key', body: 'a body' });
      expect(value(answered, 'allow')).toBe('GET, HEAD, PUT, POST, DELETE, OPTIONS');
      expect(edge().bucket.asked).toEqual([]);
    });

    test.each(wrongs.filter(({ script }) => script === undefined))(
      '$name never reaches the bucket',
      async (wrong) => {
        await ask(edge(), wrong);
        expect(edge().bucket.asked).toEqual([]);
      },
    );

    test.each([
      ['a target of 8 KB', { target: `/${'a'.repeat(8 * 1024 - 1)}` }],
      ['headers of nearly 16 KB', { headers: ['X-One', 'a'.repeat(16 * 1024 - 200)] }],
    ])('%s passes', async (_, about) => {
      expect((await call(edge().url, { target: '/key', ...about })).status).toBe(200);
    });

    test('HEAD gets the head of an error without its body', async () => {
      edge().bucket.script = breakOff;
      const answered = await call(edge().url, { method: 'HEAD', target: '/key', headers: ['Origin', A] });
      expect(answered).toMatchObject({ status: 502, body: Buffer.alloc(0), complete: true });
      expect(Number(value(answered, 'content-length'))).toBeGreaterThan(0);
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });

    testOn(runtime, 'connections')('one connection stays open across all of them', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const target = '/key';
      const ports: (number | undefined)[] = [];
      for (const wrong of wrongs) {
        edge().bucket.script = wrong.script ?? { status: 200 };
        const { method = 'GET', headers = [] } = wrong;
        const body = method === 'GET' ? {} : { body: 'x'.repeat(100_000) };
        const failed = await call(edge().url, { target, ...wrong, method, headers, agent, ...body });
        expect(failed.status).toBe(wrong.status);
        edge().bucket.reset();
        const next = await call(edge().url, { target, agent });
        expect(next.body.toString(), wrong.name).toBe('the object');
        ports.push(failed.port, next.port);
      }
      agent.destroy();
      expect(new Set(ports).size).toBe(1);
    });
  });

  describe('errors of the edge under rules that allow every origin', () => {
    const edge = useEdge(runtime, { dialect: 's3', rules: EVERYBODY });

    test.each(wrongs)('$name is $status $code, the same for every origin', async (wrong) => {
      for (const origin of [[], ['Origin', A]]) {
        const answered = await ask(edge(), wrong, origin);
        isError(answered, wrong.status, wrong.code, 'x-amz-request-id');
        expect(corsHeaders(answered)).toEqual(wrong.outsideTheFive ? {} : EVERYBODY_HEADERS);
        expect(values(answered, 'vary')).toEqual([]);
      }
    });
  });

  describe('errors of the edge while the rules are unknown', () => {
    const edge = useEdge(runtime, { rules: 'unknown' });

    test.each(wrongs)('$name is $status $code, without CORS headers', async (wrong) => {
      const answered = await ask(edge(), wrong, ['Origin', A]);
      isError(answered, wrong.status, wrong.code);
      expect(element(answered, 'Reason')).toBe('rules_unavailable');
      expect(corsHeaders(answered)).toEqual({});
      expect(values(answered, 'vary')).toEqual(['Origin']);
    });
  });
}
