import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type StoreCode, storeRefusal } from '../../src/bucket/refusals.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { ERRORS, errorXml } from '../../src/edge/errors.ts';

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const [CODES = '', STORE_CODES = ''] = PAGE.split("## Refusals in the store's words");

/** The compiler asks for every code here. */
const REFUSALS: Readonly<Record<StoreCode, true>> = {
  AccessDenied: true,
  AuthorizationHeaderMalformed: true,
  AuthorizationQueryParametersError: true,
  BadDigest: true,
  CORSRuleBeyondLimit: true,
  EntityTooLarge: true,
  IncompleteBody: true,
  InvalidAccessKeyId: true,
  InvalidArgument: true,
  InvalidDigest: true,
  InvalidRequest: true,
  InvalidSecurityToken: true,
  InvalidToken: true,
  MalformedXML: true,
  MethodNotAllowed: true,
  NoSuchBucket: true,
  NoSuchCORSConfiguration: true,
  NotImplemented: true,
  RequestTimeTooSkewed: true,
  ServiceUnavailable: true,
  SignatureDoesNotMatch: true,
  XAmzContentSHA256Mismatch: true,
};

test.each(DIALECT_NAMES)('the refusals in docs/errors.md are those in the words of %s', (dialect) => {
  const rows = [...STORE_CODES.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  const codes = Object.keys(REFUSALS) as StoreCode[];
  expect(rows).toEqual(codes.map((code) => [code, storeRefusal(dialect, code).status]));
});

describe('the table of errors', () => {
  test('in docs/errors.md is the same as in the source', () => {
    const rows = [...CODES.matchAll(/^\| `(\w+)` *\| (\d+) *\| ([^|]+?) *\|/gm)].map(
      ([, code, status, message]) => [code, { status: Number(status), message }],
    );
    expect(Object.fromEntries(rows)).toEqual(ERRORS);
  });
});

describe('error XML', () => {
  const base = { code: 'NoSuchBucket', message: 'None.', reason: null, requestId: '0A', host: 'h' };

  test('has the elements in the order of the store, with the reason after the message', () => {
    const body = errorXml({
      ...base,
      reason: 'no_rules',
      details: [['Method', 'PUT']],
      trailer: [['EC', '0003-00000601']],
    });
    expect([...body.matchAll(/<(\w+)>/g)].map(([, name]) => name)).toEqual([
      'Error',
      'Code',
      'Message',
      'Reason',
      'Method',
      'RequestId',
      'HostId',
      'EC',
    ]);
  });

  test.each([
    ['markup in a host is escaped', 'a<b>&c', 'a&lt;b&gt;&amp;c'],
    ['control characters, which XML cannot contain, are dropped', 'a\u0001b\u001fc', 'abc'],
    ['white space stays', 'a\tb', 'a\tb'],
    ['an escaped and a dropped character in one text', '\u0000<\n>', '&lt;\n&gt;'],
    ['letters beyond ASCII stay', 'bücket', 'bücket'],
  ])('%s', (_, host, shown) => {
    expect(errorXml({ ...base, host })).toContain(`<HostId>${shown}</HostId>`);
  });
});
