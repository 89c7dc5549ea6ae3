import { describe, expect, test } from 'vitest';
import { readHar } from '../../src/requests/har.ts';

const PAGE = 'https://app.example.com';
const BUCKET = 'https://bucket.oss-cn-hangzhou.aliyuncs.com';
const list = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly answer?: Readonly<Record<string, string>>;
  readonly cookies?: readonly unknown[];
}

const entry = ({
  method = 'GET',
  url = `${BUCKET}/a`,
  headers = {},
  status = 200,
  answer = {},
  cookies = [],
}: Sent) => ({
  request: { method, url, headers: list({ Origin: PAGE, ...headers }), cookies },
  response: { status, headers: list(answer) },
});
const har = (...entries: unknown[]) => JSON.stringify({ log: { version: '1.2', entries } });
const read = (text: string, part: string | null = null) => {
  const found = readHar(text, 'page.har', part);
  if (!found.ok) throw new Error(JSON.stringify(found.faults));
  return found.value;
};
const preflight = (about: Sent = {}) =>
  entry({
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-a' },
    ...about,
  });

describe('a recording', () => {
  test('gives a request with its preflight and both answers', () => {
    const put = entry({
      method: 'PUT',
      headers: { 'X-A': 'SECRET', ':method': 'PUT' },
      answer: { ETag: '"e"' },
    });
    expect(read(har(preflight({ answer: { Vary: 'Origin' } }), put))).toEqual({
      requests: [
        {
          origin: PAGE,
          referrer: null,
          method: 'PUT',
          url: `${BUCKET}/a`,
          asked: ['x-a'],
          added: [],
          credentials: false,
          times: 1,
          answer: { status: 200, headers: [['ETag', '"e"']] },
          preflight: { status: 200, headers: [['Vary', 'Origin']] },
        },
      ],
      left: 0,
    });
  });

  test('gives the request of a preflight that no request follows', () => {
    const { requests } = read(har(preflight({ status: 403 })));
    expect(requests).toMatchObject([
      { method: 'PUT', asked: ['x-a'], answer: null, preflight: { status: 403 } },
    ]);
  });

  test('gives an answer that was blocked without a status as no answer', () => {
    expect(read(har(entry({ status: 0 }))).requests).toMatchObject([{ answer: null, preflight: null }]);
  });

  test('gives a blocked request of a script that is recorded without Origin, by its Referer', () => {
    const blocked = (about: object, status: number) => ({
      ...about,
      request: { method: 'GET', url: `${BUCKET}/a`, headers: list({ Referer: `${PAGE}/` }) },
      response: { status, headers: [] },
    });
    expect(read(har(blocked({ _resourceType: 'fetch' }, -1))).requests).toMatchObject([
      { origin: PAGE, answer: null },
    ]);
    for (const other of [
      blocked({ _resourceType: 'fetch' }, 200),
      blocked({ _resourceType: 'image' }, 0),
      blocked({}, 0),
    ]) {
      expect(readHar(har(other), 'page.har', null).ok).toBe(false);
    }
  });

  test('gives each kind of request once', () => {
    const urls = ['a', 'b', 'c'].map((key) => entry({ url: `${BUCKET}/${key}?Signature=SECRET` }));
    const { requests } = read(har(...urls, entry({ cookies: [{ name: 'sid', value: 'SECRET' }] })));
    expect(requests).toMatchObject([
      { url: `${BUCKET}/a`, times: 3, credentials: false },
      { url: `${BUCKET}/a`, times: 1, credentials: true },
    ]);
    expect(JSON.stringify(requests)).not.toContain('SECRET');
  });

  test('divides requests whose answers have other CORS headers', () => {
    const allowed = entry({ answer: { 'Access-Control-Allow-Origin': PAGE } });
    const { requests } = read(har(allowed, entry({}), allowed, entry({ status: 0 })));
    expect(requests.map(({ times, answer }) => [times, answer?.headers.length])).toEqual([
      [2, 1],
      [1, 0],
      [1, undefined],
    ]);
  });

  test('gives at most 50 kinds, and how many more there are', () => {
    const entries = Array.from({ length: 53 }, (_, at) => entry({ headers: { [`X-${at}`]: '1' } }));
    expect(read(har(...entries))).toMatchObject({ left: 3, requests: { length: 50 } });
  });

  test.each([
    ['of the page to its own origin', entry({ url: `${PAGE}/api` })],
    ['without an Origin', { request: { method: 'GET', url: `${BUCKET}/a`, headers: [] } }],
    ['of an image', entry({ headers: { 'Sec-Fetch-Mode': 'no-cors' } })],
    ['of a form', entry({ method: 'POST', headers: { 'Sec-Fetch-Mode': 'navigate' } })],
    ['of a WebSocket', entry({ url: 'wss://bucket.example/a' })],
    ['with OPTIONS that is no preflight', entry({ method: 'OPTIONS' })],
    ['without a URL', { request: { method: 'GET', headers: list({ Origin: PAGE }) } }],
    ['that is not an object', 7],
  ])('leaves out a request %s', (_, one) => {
    expect(readHar(har(one), 'page.har', null)).toMatchObject({
      ok: false,
      faults: [{ place: 'page.har', reason: expect.stringMatching(/^has no cross-origin request/) }],
    });
    expect(read(har(one, entry({}))).requests).toHaveLength(1);
  });

  test('with several hosts needs to know which, and names them', () => {
    const text = har(entry({}), entry({ url: 'https://fonts.example/f.woff2' }));
    expect(readHar(text, 'page.har', null)).toMatchObject({
      ok: false,
      faults: [
        { reason: expect.stringContaining('to 2 hosts: bucket.oss-cn-hangzhou.aliyuncs.com, fonts.example') },
      ],
    });
    expect(read(text, 'fonts.').requests).toMatchObject([{ url: 'https://fonts.example/f.woff2' }]);
  });

  test.each(['', 'x', 'null', '[]', '{}', '{"log":{}}', '{"log":{"entries":{}}}'])('is not %j', (text) => {
    expect(readHar(text, 'page.har', null)).toMatchObject({
      ok: false,
      faults: [{ reason: 'is not a HAR file: it has no log.entries' }],
    });
  });

  test('may begin with a byte order mark', () => {
    expect(read(`\uFEFF${har(entry({}))}`).requests).toHaveLength(1);
  });

  test('of Firefox, whose headers are capitals and whose comments are many, is read', () => {
    const text = JSON.stringify({
      log: {
        version: '1.2',
        creator: { name: 'Firefox', version: '140.0' },
        pages: [{ id: 'page_1', pageTimings: {} }],
        entries: [
          {
            startedDateTime: '2026-11-28T10:00:00.000+01:00',
            request: {
              bodySize: 0,
              method: 'PUT',
              url: `${BUCKET}/a`,
              httpVersion: 'HTTP/2',
              headers: list({
                Host: 'bucket.oss-cn-hangzhou.aliyuncs.com',
                'User-Agent': 'Mozilla/5.0',
                Accept: '*/*',
                Origin: PAGE,
                'Content-Type': 'image/png',
                'If-None-Match': '"e"',
                'Sec-Fetch-Mode': 'cors',
              }),
              cookies: [],
              queryString: [],
              headersSize: 600,
              postData: { mimeType: 'image/png', params: [], text: '' },
            },
            response: { status: 0, statusText: '', headers: [], cookies: [], content: { mimeType: '' } },
            cache: {},
            timings: {},
          },
        ],
      },
    });
    expect(read(text).requests).toMatchObject([
      { method: 'PUT', asked: ['content-type'], added: ['if-none-match'], answer: null },
    ]);
  });
});
