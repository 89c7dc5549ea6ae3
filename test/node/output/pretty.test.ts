import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { paintFor } from '../../../src/cli/formats/paint.ts';
import { requestLog } from '../../../src/edge/log/requests.ts';
import type { RequestEvent } from '../../../src/edge/observe.ts';
import { createLog, formatFor } from '../../../src/node/output/log.ts';
import { prettyLine } from '../../../src/node/output/pretty.ts';
import { EVENT } from '../../helpers/event.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 10, 29, 7, 5, 9, 42) }));
afterEach(() => void vi.useRealTimers());

/** What the log writes without colours, since vitest's output is no terminal. */
function written(log: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  log(createLog('info', { write: (line: string) => void lines.push(line) }, 'pretty'));
  return lines.join('');
}

const requestOf = (about: Partial<RequestEvent>) => written((log) => requestLog(log)({ ...EVENT, ...about }));

describe('a request is a line that a person reads', () => {
  const PREFLIGHT = { method: 'OPTIONS', kind: 'preflight', status: 403 } as const;
  test.each<[string, Partial<RequestEvent>, string]>([
    ['that succeeded', {}, 'INFO  GET 200 b /a matched 30 ms'],
    [
      'whose preflight is refused',
      {
        ...PREFLIGHT,
        origin: null,
        decision: 'origin_missing',
        asked: { method: 'PUT', headers: 'content-type' },
        why: () => 'No Origin.',
      },
      'INFO  OPTIONS 403 b /a (for PUT with content-type) No Origin. 30 ms',
    ],
    [
      'without a method',
      {
        ...PREFLIGHT,
        origin: null,
        decision: 'origin_missing',
        asked: { method: null, headers: null },
        why: () => 'No.',
      },
      'INFO  OPTIONS 403 b /a (for no method) No. 30 ms',
    ],
    [
      'whose bucket is away',
      { status: 502, code: 'BucketUnreachable', cause: 'connect ECONNREFUSED 127.0.0.1:1' },
      'ERROR GET 502 b /a BucketUnreachable: connect ECONNREFUSED 127.0.0.1:1 30 ms',
    ],
    [
      'of no bucket',
      { bucket: null, label: null, kind: null, decision: null, code: 'InvalidURI', status: 400 },
      'INFO  GET 400 /a InvalidURI 30 ms',
    ],
    [
      'whose client has left',
      { status: null, code: 'ClientGone', decision: 'not_cors' },
      'INFO  GET --- b /a ClientGone 30 ms',
    ],
  ])('%s', (_, about, line) => {
    expect(requestOf(about)).toBe(`07:05:09.042 ${line}\n`);
  });
});

test('details are on the same line at level info, and below it at the levels above', () => {
  const fields = { bucket: 'b', version: null, faults: ['one', 'two'], asked: { method: 'PUT' } };
  expect(written((log) => log.info(fields, 'read'))).toBe(
    '07:05:09.042 INFO  read bucket=b faults=["one","two"] asked={"method":"PUT"}\n',
  );
  expect(written((log) => log.warn(fields, 'refused'))).toBe(
    '07:05:09.042 WARN  refused\n    bucket: b\n    faults: one\n    faults: two\n    asked: {"method":"PUT"}\n',
  );
});

test('control characters of clients are written out, whatever field they are in', () => {
  const hostile = 'a\u001b[2J\r\n07:05:09.042 INFO forged\u202e';
  const clean = /^[^\p{Cc}\u202e]*$/u;
  const request = requestOf({
    method: hostile,
    path: hostile,
    bucket: hostile,
    cause: hostile,
    code: 'BucketUnreachable',
    decision: 'origin_not_allowed',
    asked: { method: hostile, headers: hostile },
    why: () => hostile,
  });
  const lines = request.split('\n').slice(0, -1);
  for (const line of lines) expect(line).toMatch(clean);
  expect(lines.filter((line) => line.startsWith('07:05:09.042'))).toHaveLength(2);
  expect(requestOf({ path: hostile, decision: 'not_cors' })).toBe(
    '07:05:09.042 INFO  GET 200 b a\\u001b[2J\\u000d\\u000a07:05:09.042 INFO forged\\u202e not_cors 30 ms\n',
  );
});

test('colours are on a terminal only', () => {
  const line = '{"level":"warn","time":"2026-11-29T07:05:09.042Z","bucket":"b","msg":"careful"}';
  expect(prettyLine(line, paintFor(true))).toContain('\u001b[33mWARN \u001b[39m careful');
  expect(prettyLine(line, paintFor(false))).not.toContain('\u001b');
});

test('lines that a program takes itself are JSON unless it asks for text', () => {
  const own = { write: () => {} };
  expect(formatFor(null, own)).toBe('json');
  expect(formatFor('pretty', own)).toBe('pretty');
  // vitest's own output is no terminal.
  expect(formatFor(null, undefined)).toBe('json');
});
