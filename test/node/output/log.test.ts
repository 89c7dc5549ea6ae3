import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../../src/document/fault.ts';
import { requestLog } from '../../../src/edge/log/requests.ts';
import { logRules } from '../../../src/edge/log.ts';
import type { RequestEvent } from '../../../src/edge/observe.ts';
import { createLog } from '../../../src/node/output/log.ts';
import type { LastGood } from '../../../src/rules/last-good.ts';
import type { LoadFailure } from '../../../src/rules/record.ts';
import { EVENT } from '../../helpers/event.ts';
import { behaviour, rule } from '../../helpers/rules.ts';
import { until } from '../../helpers/until.ts';
import { configOf, type Started, startEdge } from '../_running.ts';
import { NO_SUCH_CONFIGURATION, openStore, rulesFor, type Store, UNAVAILABLE } from '../transport/_store.ts';

function memory(level: Parameters<typeof createLog>[0] = 'info') {
  const lines: string[] = [];
  const log = createLog(level, { write: (line: string) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

describe('a request', () => {
  test('is one line of JSON with all fields of its event', () => {
    const { log, lines, parsed } = memory();
    requestLog(log)(EVENT);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/);
    const [{ time, ...line }] = parsed();
    const { label: _, why: __, server: ___, secure: ____, client, ...fields } = EVENT;
    const { address, ...said } = client();
    expect(line).toEqual({
      level: 'info',
      msg: 'request',
      ...fields,
      headMs: 1.2,
      because: null,
      lacksCredentials: false,
      client: address,
      ...said,
    });
    expect(new Date(time).toISOString()).toBe(time);
  });

  test('to a bucket that sends its own CORS headers gives one warning for each bucket', () => {
    const { log, parsed } = memory('warn');
    const observe = requestLog(log);
    for (const bucket of ['a', 'b', 'a']) observe({ ...EVENT, bucket, label: bucket, bucketHadCors: true });
    expect(parsed()).toMatchObject([
      { bucket: 'a', msg: expect.stringContaining('CORS headers') },
      { bucket: 'b' },
    ]);
  });

  test('whose key the bucket refuses gives one warning a minute for each bucket', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { log, parsed } = memory('warn');
      const observe = requestLog(log);
      const refused = (bucket: string) =>
        observe({ ...EVENT, bucket, label: bucket, status: 403, refusedKey: 403 });
      for (const bucket of ['a', 'b', 'a']) refused(bucket);
      vi.advanceTimersByTime(59_999);
      refused('a');
      vi.advanceTimersByTime(1);
      refused('a');
      expect(parsed().map(({ bucket, status }) => [bucket, status])).toEqual([
        ['a', 403],
        ['b', 403],
        ['a', 403],
      ]);
      expect(parsed()[0].msg).toMatch(/^the bucket refuses requests that the edge signs/);
    } finally {
      vi.useRealTimers();
    }
  });

  test('has its long values cut, with their length', () => {
    const { log, parsed } = memory();
    const long = { path: `/${'a'.repeat(14_999)}`, origin: 'o'.repeat(600), requestId: 'r'.repeat(512) };
    requestLog(log)({ ...EVENT, ...long });
    expect(parsed()[0]).toMatchObject({
      path: `/${'a'.repeat(511)}… (15000 characters)`,
      origin: `${'o'.repeat(512)}… (600 characters)`,
      requestId: long.requestId,
    });
  });

  test('without a response head is logged with nulls', () => {
    const { log, parsed } = memory();
    requestLog(log)({ ...EVENT, headMs: null, status: null, code: 'ClientGone' });
    expect(parsed()[0]).toMatchObject({ level: 'info', headMs: null, status: null, code: 'ClientGone' });
  });

  test.each([
    ['info', 'that succeeded', {}],
    ['info', 'that was refused', { status: 403, decision: 'origin_not_allowed' }],
    ['info', 'that was invalid', { status: 400, code: 'RequestInvalid' }],
    ['info', 'whose client disconnected', { status: 200, code: 'ClientGone' }],
    ['warn', 'that the bucket answered with 500', { status: 500 }],
    ['warn', 'a preflight that could not be decided', { status: 503, decision: 'rules_unavailable' }],
    ['error', 'whose bucket could not be reached', { status: 502, code: 'BucketUnreachable' }],
    ['error', 'whose bucket broke off after a good status', { status: 200, code: 'BucketBrokeOff' }],
    ['error', 'on which the edge failed', { status: 500, code: 'InternalError' }],
  ] as [string, string, Partial<RequestEvent>][])('has level %s: one %s', (level, _, about) => {
    const { log, parsed } = memory();
    requestLog(log)({ ...EVENT, ...about });
    expect(parsed().filter(({ msg }) => msg === 'request')).toMatchObject([{ level }]);
  });

  test.each([
    ['debug', 3],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('at log level %s: %i of three are logged', (level, count) => {
    const { log, lines } = memory(level);
    for (const about of [{}, { status: 500 }, { code: 'BucketBrokeOff' as const }])
      requestLog(log)({ ...EVENT, ...about });
    expect(lines).toHaveLength(count);
  });

  const SUCCEEDED: Partial<RequestEvent> = {};
  const REFUSED: Partial<RequestEvent> = { kind: 'preflight', decision: 'method_not_allowed', status: 403 };
  const LOST: Partial<RequestEvent> = { lacksCredentials: () => true };
  const INVALID: Partial<RequestEvent> = { code: 'InvalidURI', kind: null, decision: null, status: 400 };
  const LEFT: Partial<RequestEvent> = { code: 'ClientGone' };
  const FAILED: Partial<RequestEvent> = { code: 'BucketUnreachable', status: 502 };
  test.each([
    ['all', [SUCCEEDED, REFUSED, LOST, INVALID, LEFT, FAILED]],
    ['refused', [REFUSED, LOST, INVALID, FAILED]],
    ['errors', [FAILED]],
    ['none', []],
  ] as const)('has a line of its own with --log-requests %s', (requests, chosen) => {
    for (const about of [SUCCEEDED, REFUSED, LOST, INVALID, LEFT, FAILED]) {
      const { log, parsed } = memory();
      requestLog(log, { requests })({ ...EVENT, ...about });
      expect(parsed().some(({ msg }) => msg === 'request')).toBe(chosen.some((one) => one === about));
    }
  });

  test('that is refused has what it asked for, and why it is refused', () => {
    const { log, parsed } = memory();
    const asked = { method: 'PUT', headers: 'content-type,x-oss-meta-a' };
    requestLog(log)({ ...EVENT, ...REFUSED, method: 'OPTIONS', asked, why: () => 'Rule 1 allows …' });
    expect(parsed().at(-1)).toMatchObject({ msg: 'request', asked, because: 'Rule 1 allows …' });
  });

  test('whose page loses the answer says so, and why', () => {
    const { log, parsed } = memory();
    requestLog(log)({ ...EVENT, ...LOST, why: () => 'The request has cookies …' });
    expect(parsed().at(-1)).toMatchObject({ lacksCredentials: true, because: 'The request has cookies …' });
  });

  test('is explained only if it is refused, and only a hundred times a second', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { log, parsed } = memory();
      const observe = requestLog(log);
      const why = vi.fn(() => 'because');
      for (let at = 0; at < 500; at += 1) observe({ ...EVENT, why });
      expect(why).not.toHaveBeenCalled();
      const refuse = () =>
        observe({ ...EVENT, ...REFUSED, origin: `https://${why.mock.calls.length}.example`, why });
      for (let at = 0; at < 500; at += 1) refuse();
      expect(why).toHaveBeenCalledTimes(100);
      expect(parsed().at(-1)).toMatchObject({ msg: 'request', because: null });
      vi.advanceTimersByTime(1_000);
      refuse();
      expect(parsed().at(-1)).toMatchObject({ msg: 'request', because: 'because' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(['a', '"', 'ÿ', '\t', '水', '\u0001'])(
    'full of %j is a line that a pipe takes whole',
    (character) => {
      const { log, lines } = memory();
      const long = character.repeat(16_000);
      const client = { address: '::1', host: long, userAgent: long, traceparent: long, protocol: 'HTTP/2' };
      requestLog(log)({
        ...EVENT,
        ...REFUSED,
        bucket: 'b'.repeat(128),
        method: long,
        path: long,
        origin: long,
        cause: long,
        requestId: long,
        asked: { method: long, headers: long },
        why: () => long,
        client: () => client,
      });
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4_096);
      expect(lines[1]).toContain('… (16000 characters)');
    },
  );

  test('with line breaks and quotes in it stays one line', () => {
    const { log, lines, parsed } = memory();
    requestLog(log)({ ...EVENT, origin: 'a"\n{"level":"error"}', path: '/\u2028\r\n' });
    expect(lines.join('').trimEnd()).not.toMatch(/[\r\n]/);
    expect(parsed()[0].origin).toBe('a"\n{"level":"error"}');
  });
});

describe('rules', () => {
  const bucket = {
    name: 'b',
    source: { kind: 'file' as const, name: './r.xml', load: async () => ({ outcome: 'none' as const }) },
    behaviour: behaviour('oss'),
  };
  const lastGood: LastGood = {
    outcome: 'rules',
    ruleSet: { rules: [rule(), rule()], responseVary: false },
    version: 'v1',
    warnings: [],
    loadedAt: 1,
    confirmedAt: 1,
  };
  const failure: LoadFailure = { cause: 'it was down', cure: 'wait', at: 2, count: 1 };

  test('that were loaded are one line', () => {
    const { log, parsed } = memory();
    logRules(log, bucket, { state: 'fresh', lastGood, findings: [], failure: null }, true);
    expect(parsed()).toMatchObject([
      {
        level: 'info',
        msg: 'rules loaded',
        bucket: 'b',
        source: './r.xml',
        state: 'fresh',
        version: 'v1',
        rules: 2,
      },
    ]);
  });

  const skipped: Fault = {
    code: 'BC007',
    severity: 'warning',
    place: 'CORSRule[1]/AllowedMethod[2]',
    value: 'COPY',
    reason: 'is not one of the five methods',
    write: 'GET',
  };
  const slash: Fault = { ...skipped, code: 'BC101', severity: 'error', value: 'https://a/' };

  test('and have findings have a line for each, the worst first', () => {
    const { log, parsed } = memory();
    const good = { ...lastGood, warnings: [skipped, { ...skipped, severity: 'note' } as const] };
    logRules(log, bucket, { state: 'fresh', lastGood: good, findings: [slash], failure: null }, true);
    expect(parsed()).toMatchObject([
      { level: 'warn', msg: 'rules: finding', bucket: 'b', source: './r.xml', version: 'v1', ...slash },
      { level: 'warn', msg: 'rules: finding', ...skipped },
      { level: 'info', msg: 'rules loaded' },
    ]);
  });

  test('with more than twenty findings have a line that counts the rest', () => {
    const { log, parsed } = memory();
    const findings = Array.from({ length: 32 }, () => slash);
    logRules(log, bucket, { state: 'fresh', lastGood, findings, failure: null }, true);
    expect(parsed()).toHaveLength(22);
    expect(parsed()[20]).toMatchObject({ level: 'warn', msg: 'rules: more findings; see /rules', more: 12 });
  });

  test('again have one line, without the findings', () => {
    const { log, parsed } = memory();
    logRules(log, bucket, { state: 'fresh', lastGood, findings: [slash], failure: null }, false);
    expect(parsed()).toMatchObject([{ msg: 'rules loaded' }]);
  });

  test('of which the longest finding is one line that a pipe takes whole', () => {
    const { log, lines } = memory();
    const long = 'a'.repeat(5_000);
    const findings: Fault[] = [{ ...slash, place: long, value: long, reason: long, write: long }];
    const about = { ...bucket, name: long, source: { ...bucket.source, name: long } };
    logRules(log, about, { state: 'fresh', lastGood, findings, failure: null }, true);
    expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThanOrEqual(4_096);
  });

  test.each([
    ['stale', lastGood, 'v1'],
    ['unavailable', null, null],
  ] as const)('that could not be loaded are logged with their state: %s', (state, good, version) => {
    const { log, parsed } = memory();
    logRules(log, bucket, { state, lastGood: good, findings: [], failure }, good !== null);
    expect(parsed()).toMatchObject([
      { level: 'warn', msg: 'rules could not be loaded', state, version, cause: 'it was down', cure: 'wait' },
    ]);
  });
});

describe('the log of a running edge', () => {
  let store: Store;
  let edge: Started;
  beforeEach(async () => {
    store = await openStore(rulesFor('https://a.example'));
    edge = await startEdge(configOf({ bucket: store.url }));
    await until('the rules are logged', () => rules().length > 0);
  });
  afterEach(async () => {
    await edge.close();
    await store.close();
  });

  const requests = () => edge.logged().filter(({ msg }) => msg === 'request');
  const rules = () => edge.logged().filter(({ msg }) => msg.startsWith('rules'));

  test('has one line for each request, whatever its outcome', async () => {
    await edge.call('/a', { headers: { Origin: 'https://a.example' } });
    await edge.call('/b', { headers: { Origin: 'https://other.example' } });
    await edge.call('/c', {
      method: 'OPTIONS',
      headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'PUT' },
    });
    await edge.call('/d', { method: 'PROPFIND' });
    await until('there are four lines', () => requests().length >= 4);
    expect(requests()).toMatchObject([
      { path: '/a', origin: 'https://a.example', decision: 'matched', rule: 1, status: 200, sent: 5 },
      { path: '/b', decision: 'origin_not_allowed', rule: null, status: 200 },
      { path: '/c', kind: 'preflight', decision: 'method_not_allowed', status: 403 },
      { path: '/d', method: 'PROPFIND', status: 405, code: 'MethodNotAllowed' },
    ]);
    expect(requests().every(({ rulesVersion }) => rulesVersion === rules()[0]?.version)).toBe(true);
  });

  test('contains no query and no authentication header', async () => {
    const secret = 'hush-7f3a';
    const headers = {
      Authorization: `OSS id:${secret}`,
      Cookie: secret,
      Referer: `http://x/?${secret}`,
      'X-Oss-Security-Token': secret,
    };
    await edge.call(`/a?OSSAccessKeyId=id&Signature=${secret}`, { headers });
    await edge.call(`/a?Signature=${secret}`, { method: 'OPTIONS', headers });
    await edge.call(`/?cors&x-oss-signature=${secret}`, { method: 'PUT', headers, body: secret });
    await edge.call(`/a?${secret}`, { method: 'PROPFIND', headers });
    await until('there are four lines', () => requests().length >= 4);
    expect(store.seen).toContain(`GET /a?OSSAccessKeyId=id&Signature=${secret}`);
    expect(edge.text.join('')).not.toContain(secret);
    const { text } = await edge.admin('/metrics');
    expect(text).not.toContain(secret);
  });

  test('has a line for each change of the rules, not for each load', async () => {
    const refresh = () => edge.cache.refresh(edge.bucket);
    await refresh();
    await refresh();
    expect(rules()).toMatchObject([{ msg: 'rules loaded', level: 'info', rules: 1 }]);
    store.cors = UNAVAILABLE;
    await refresh();
    await refresh();
    store.cors = NO_SUCH_CONFIGURATION;
    await refresh();
    await refresh();
    expect(rules()).toMatchObject([
      { msg: 'rules loaded', state: 'fresh' },
      {
        msg: 'rules could not be loaded',
        level: 'warn',
        state: 'stale',
        cause: 'the bucket answered 503 ServiceUnavailable to GET /?cors',
      },
      { msg: 'rules loaded', state: 'fresh', rules: 0 },
    ]);
  });
});
