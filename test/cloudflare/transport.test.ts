import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Failure, Outcome, Sink } from '../../src/bucket/transport.ts';
import { targetOf } from '../../src/cloudflare/exchange.ts';
import { createTransport, edit } from '../../src/cloudflare/transport.ts';

const BUCKET = { address: { base: 'http://bucket.example', host: 'bucket.example', path: '' } };
const GET = { method: 'GET', target: '/key', headers: [], body: null };

const OPTIONS = {
  client: new Request('http://edge.example/key'),
  received: [],
  watched: false,
  cdnLoop: 'me',
};

/** A sink that records its calls. */
function taken() {
  const failures: Failure[] = [];
  const ends: Outcome[] = [];
  const sink: Sink = {
    before: () => null,
    answered: () => {},
    head: (_status, headers) => headers,
    fail: (failure) => {
      failures.push(failure);
      return { status: 504, headers: [], body: 'late' };
    },
    end: (outcome) => void ends.push(outcome),
  };
  return { failures, ends, sink };
}

describe('an answer that its sink delays', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('is begun when the wait has ended, and not earlier', async () => {
    vi.stubGlobal('fetch', async () => new Response('written', { headers: { 'x-own': 'yes' } }));
    const { ends, sink } = taken();
    const wait = Promise.withResolvers<void>();
    const order: string[] = [];
    const delayed: Sink = {
      ...sink,
      before: () => wait.promise,
      head: (_status, headers) => {
        order.push('head');
        return headers;
      },
    };
    const put = { ...GET, method: 'PUT', body: new ReadableStream() };
    const answering = Promise.resolve(createTransport(OPTIONS)(BUCKET, put, delayed));
    await new Promise((resolve) => setTimeout(resolve, 0));
    order.push('waited');
    wait.resolve();
    const answered = await answering;
    expect(order).toEqual(['waited', 'head']);
    expect([answered.status, answered.headers.get('x-own'), await answered.text()]).toEqual([
      200,
      'yes',
      'written',
    ]);
    expect(ends).toHaveLength(1);
  });
});

describe('a request to a bucket that does not begin to answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', () => new Promise(() => {}));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test('fails after a minute', async () => {
    const { failures, ends, sink } = taken();
    const transport = createTransport(OPTIONS);
    const answering = transport(BUCKET, GET, sink);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answering).status).toBe(504);
    expect(failures).toEqual(['BucketHeadTimeout']);
    expect(ends).toEqual([{ received: 0, sent: 4, failure: 'BucketHeadTimeout', cause: null }]);
  });

  test('fails after its own limit if one is configured', async () => {
    const { failures, sink } = taken();
    const timeouts = { connect: 5_000, head: 900_000 };
    const answering = createTransport(OPTIONS)({ ...BUCKET, timeouts }, GET, sink);
    await vi.advanceTimersByTimeAsync(899_999);
    expect(failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answering).status).toBe(504);
    expect(failures).toEqual(['BucketHeadTimeout']);
  });

  test('has no limit during an upload', async () => {
    const { failures, ends, sink } = taken();
    let answer = (_: Response): void => {};
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (answer = resolve)));
    const transport = createTransport(OPTIONS);
    const body = new ReadableStream();
    const answering = transport(BUCKET, { ...GET, method: 'PUT', body }, sink);
    await vi.advanceTimersByTimeAsync(600_000);
    answer(new Response('taken'));
    expect((await answering).status).toBe(200);
    expect(failures).toEqual([]);
    expect(ends).toHaveLength(1);
  });

  test('is reported once, as a client that left, if the client leaves', async () => {
    const { ends, sink } = taken();
    const client = new AbortController();
    const request = new Request('http://edge.example/key', { signal: client.signal });
    void createTransport({ ...OPTIONS, client: request, watched: true })(BUCKET, GET, sink);
    client.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ends).toEqual([{ received: 0, sent: 0, failure: 'ClientGone' }]);
  });
});

test.each([
  ['a GET', GET],
  ['an upload', { ...GET, method: 'PUT', body: new ReadableStream() }],
])('a head that the edge fails to make ends %s as an answer that can’t be passed on', async (_, request) => {
  const cancelled = vi.fn();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(new ReadableStream({ cancel: cancelled }))));
  const { failures, ends, sink } = taken();
  const head = (): never => {
    throw new Error('wrong');
  };
  try {
    const answered = await createTransport(OPTIONS)(BUCKET, request, { ...sink, head });
    expect(answered.status).toBe(504);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(failures).toEqual(['BucketAnswerInvalid']);
  expect(ends).toHaveLength(1);
  expect(cancelled).toHaveBeenCalledOnce();
});

const name = fc.constantFrom('date', 'etag', 'server', 'vary', 'x-a', 'access-control-allow-origin');
const value = fc.constantFrom('one', 'two', 'three');
const pair = fc.tuple(name, value);

test('headers are edited into the wanted ones, for all unchanged, removed and added names', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(pair, { selector: ([of]) => of }),
      fc.array(fc.tuple(fc.constant('set-cookie'), value), { maxLength: 3 }),
      fc.uniqueArray(fc.oneof(name, fc.constant('set-cookie'))),
      fc.array(pair),
      (single, cookies, dropped, added) => {
        const own = [...single, ...cookies];
        const wanted = [...own.filter(([of]) => !dropped.includes(of)), ...added];
        const headers = new Headers(own);
        edit(headers, own.flat(), ['Host', 'first', ...wanted.flat()], 2);
        expect([...headers]).toEqual([...new Headers(wanted)]);
      },
    ),
  );
});

test('headers are edited into a list in another order too', () => {
  const headers = new Headers([
    ['a', '1'],
    ['b', '2'],
  ]);
  edit(headers, ['a', '1', 'b', '2'], ['b', '2', 'a', '1', 'c', '3'], 0);
  expect([...headers]).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]);
});

test.each([
  ['http://h/key?a=b', '/key?a=b'],
  ['https://h:8443/a%2Fb/../c', '/a%2Fb/../c'],
  ['http://h', '/'],
  ['http://h?a', '/?a'],
  ['http://h/a\\b?c\\d', '/a%5Cb?c\\d'],
  ['http://h/a#b?c', '/a#b?c'],
  ['http://a<b>&c/key', '/key'],
  ['http://h//double//', '//double//'],
])('the target of %s is %s', (url, target) => {
  expect(targetOf(url)).toBe(target);
});

test('a cause that repeats the request names no signature and no header with a secret', async () => {
  const { ends, sink } = taken();
  const request = {
    method: 'GET',
    target: '/key?X-Amz-Signature=s3cr3t',
    headers: ['Authorization', 'AWS4 k3y', 'x-oss-security-token', 't0k3n', 'Range', 'bytes=0-1'],
    body: null,
  };
  vi.stubGlobal('fetch', (url: string, { headers }: RequestInit) => {
    const sent = [...new Headers(headers)].flat().join(' ');
    return Promise.reject(new Error(`no answer from ${url}, sent ${sent}`));
  });
  await createTransport(OPTIONS)(BUCKET, request, sink);
  vi.unstubAllGlobals();
  const [{ cause = null } = {}] = ends;
  expect(cause).toMatch(/^no answer from http:\/\/bucket\.example\/key\?…, sent /);
  expect(cause).not.toMatch(/s3cr3t|k3y|t0k3n/);
});
