import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERRORS, errorXml } from '../../src/edge/errors.ts';

describe('the table of errors', () => {
  test('in docs/errors.md is the same as in the source', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` *\| (\d+) *\| ([^|]+?) *\|/gm)].map(
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
