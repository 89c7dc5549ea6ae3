import { constants } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Field, type Frames, openFrames } from '../../helpers/frames.ts';
import { until } from '../../helpers/until.ts';
import { useHttp2 } from './_http2.ts';

const { edge } = useHttp2();

const METHOD: Field = [':method', 'GET'];
const SCHEME: Field = [':scheme', 'https'];
const AUTHORITY: Field = [':authority', 'localhost'];
const PATH: Field = [':path', '/key'];
const GET: readonly Field[] = [METHOD, SCHEME, AUTHORITY, PATH];

let frames: Frames;
let before = 0;
beforeEach(async () => {
  frames = await openFrames(edge().url);
  before = edge().events.length;
});
afterEach(() => frames.close());

/** RFC 9113 §8.1.1: a malformed request is a stream error of type PROTOCOL_ERROR. */
const MALFORMED: readonly (readonly [name: string, fields: readonly Field[]])[] = [
  ['a name with a capital', [...GET, ['X-One', '1']]],
  ['a value that begins with a blank', [...GET, ['x-one', ' 1']]],
  ['a value that ends with a blank', [...GET, ['x-one', '1 ']]],
  ['a value that begins with a tab', [...GET, ['x-one', '\t1']]],
  ['a value that ends with a tab', [...GET, ['x-one', '1\t']]],
  ['a value that is a blank', [...GET, ['x-one', ' ']]],
  ['an Origin that begins with a blank', [...GET, ['origin', ' https://a.example']]],
  ['a Range that ends with a blank', [...GET, ['range', 'bytes=0-1 ']]],
  ['a length that begins with a blank', [...GET, ['content-length', ' 0']]],
  ['a length that is no number', [...GET, ['content-length', 'x']]],
  ['a length that is not its body\u2019s', [...GET, ['content-length', '5']]],
  ['Connection', [...GET, ['connection', 'close']]],
  ['Keep-Alive', [...GET, ['keep-alive', 'timeout=5']]],
  ['Proxy-Connection', [...GET, ['proxy-connection', 'close']]],
  ['Transfer-Encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['Upgrade', [...GET, ['upgrade', 'h2c']]],
  ['TE other than trailers', [...GET, ['te', 'gzip']]],
  ['no method', [SCHEME, AUTHORITY, PATH]],
  ['no scheme', [METHOD, AUTHORITY, PATH]],
  ['no path', [METHOD, SCHEME, AUTHORITY]],
  ['no host', [METHOD, SCHEME, PATH]],
  ['two paths', [...GET, PATH]],
  ['two hosts', [METHOD, SCHEME, PATH, ['host', 'localhost'], ['host', 'localhost']]],
  ['a host that is not its authority', [...GET, ['host', 'other.test']]],
  ['an authority with userinfo', [METHOD, SCHEME, [':authority', 'user@localhost'], PATH]],
  ['an authority that ends with a blank', [METHOD, SCHEME, [':authority', 'localhost '], PATH]],
  ['an empty path', [METHOD, SCHEME, AUTHORITY, [':path', '']]],
  ['bytes in its path that are not ASCII', [METHOD, SCHEME, AUTHORITY, [':path', '/caf\u00c3\u00a9']]],
  ['a blank in its path', [METHOD, SCHEME, AUTHORITY, [':path', '/a b']]],
  ['a method with a blank', [[':method', 'GET /a'], SCHEME, AUTHORITY, PATH]],
  ['a pseudo-header after a header', [METHOD, SCHEME, AUTHORITY, ['x-one', '1'], PATH]],
  ['an unknown pseudo-header', [...GET, [':one', '1']]],
  ['a pseudo-header of responses', [...GET, [':status', '200']]],
  ['a protocol that was not negotiated', [...GET, [':protocol', 'websocket']]],
];

/** Fields that nghttp2 removes before Node sees the request (docs/errors.md). */
const DROPPED: readonly (readonly [name: string, field: Field])[] = [
  ['a blank in its name', ['x one', '1']],
  ['a colon in its name', ['x:one', '1']],
  ['no name', ['', '1']],
  ['NUL in its value', ['x-one', '1\u00002']],
  ['a line break in its value', ['x-one', '1\r\nx-two: 2']],
  ['a control character in its value', ['x-one', '1\u00012']],
];

/** The code and the status of a test's only request. */
async function answered(fields: readonly Field[]) {
  expect(await frames.request(fields)).toEqual({ kind: 'answered' });
  await until('the request has ended', () => edge().events.length > before);
  const { status, code } = edge().events[before] ?? {};
  return [status, code];
}

describe('an HTTP/2 request', () => {
  test('that is well formed is answered', async () => {
    expect(await answered([...GET, ['te', 'trailers'], ['x-one', 'a b\tc']])).toEqual([200, null]);
  });

  test.each(MALFORMED)('with %s has its stream reset, and the bucket sees nothing', async (_, fields) => {
    const code = constants.NGHTTP2_PROTOCOL_ERROR;
    expect(await frames.request(fields)).toEqual({ kind: 'reset', code });
    expect(edge().bucket.asked).toEqual([]);
    expect(await answered(GET), 'the next').toEqual([200, null]);
  });

  test.each(DROPPED)('is served without a field that has %s', async (_, field) => {
    expect(await answered([...GET, field])).toEqual([200, null]);
    const [asked] = edge().bucket.asked;
    expect(asked?.headers.filter((name) => /^x|^$/.test(name) && !/^X-Forwarded/.test(name))).toEqual([]);
  });

  test('whose path has a fragment gets 400', async () => {
    expect(await answered([METHOD, SCHEME, AUTHORITY, [':path', '/a#b']])).toEqual([400, 'InvalidURI']);
    expect(edge().bucket.asked).toEqual([]);
  });

  test.each([
    [
      'Origin',
      'InvalidOrigin',
      [
        ['origin', 'https://a.example'],
        ['origin', 'https://b.example'],
      ],
    ],
    [
      'Access-Control-Request-Method',
      'InvalidRequestMethod',
      [
        ['access-control-request-method', 'GET'],
        ['access-control-request-method', 'PUT'],
      ],
    ],
  ] as const)('with two fields of %s gets 400', async (_, code, fields) => {
    expect(await answered([...GET, ...fields])).toEqual([400, code]);
    expect(edge().bucket.asked).toEqual([]);
  });
});
