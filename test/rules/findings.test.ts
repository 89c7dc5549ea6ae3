import { describe, expect, test } from 'vitest';
import type { Domains } from '../../src/analysis/check/domains.ts';
import type { Rule } from '../../src/cors/rule.ts';
import type { Fault } from '../../src/document/fault.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import { createExaminer, findingsIn, toLog, warningsOf } from '../../src/rules/findings.ts';
import type { Loaded } from '../../src/rules/source.ts';
import { behaviour, rule } from '../helpers/rules.ts';
import { controlled, load, NONE, rulesOf, settled, summary, unknown } from './_controlled.ts';
import { useStorage } from './_storage.ts';

const SLASH = 'https://a.example/';
const WIDE = 'https://*.github.io';
const setOf = (...rules: readonly Rule[]) => ({ rules, responseVary: false });
const allowing = (...allowedOrigins: readonly string[]) => setOf(rule({ allowedOrigins }));
const codesOf = (found: readonly Fault[]) => found.map(({ code }) => code);
const oss = behaviour('oss');

describe('findings in rules that are served', () => {
  test('name code, severity, place, value, reason and correction, and nothing else', () => {
    const [found] = findingsIn({ ruleSet: allowing(SLASH) }, oss);
    expect(found).toEqual({
      code: 'BC101',
      severity: 'error',
      place: expect.stringContaining('[1]'),
      value: SLASH,
      reason: expect.any(String),
      write: expect.any(String),
    });
  });

  test('have the places of the document', () => {
    const placeOf = (number: number | null, field?: string, index?: number) => `${number} ${field} ${index}`;
    expect(findingsIn({ ruleSet: allowing('https://b', SLASH), placeOf }, oss)[0]?.place).toBe(
      '1 allowedOrigins 2',
    );
  });

  test('are errors first, then warnings, and no notes', () => {
    const found = findingsIn(
      { ruleSet: setOf(rule(), rule({ allowedOrigins: [SLASH], allowedMethods: ['GET'] })) },
      oss,
    );
    const severities = found.map(({ severity }) => severity);
    expect(severities).toContain('error');
    expect(severities).toContain('warning');
    expect(severities).toEqual([...severities].sort());
    expect(severities).not.toContain('note');
  });

  test('are at most a hundred, and one that counts the rest', () => {
    const hosts = Array.from({ length: 50 }, (_, at) => `a${at}.example`);
    const origins = hosts.flatMap((host) => [`https://${host}/`, host, `https://${host}:443`]);
    const found = findingsIn({ ruleSet: allowing(...origins) }, oss);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toMatchObject({ reason: expect.stringMatching(/^has \d+ more findings$/) });
  });

  test('say that the rules could not be checked if the check fails', () => {
    const broken: Domains = {
      publicSuffix: () => {
        throw new Error('no list');
      },
      registrable: () => {
        throw new Error('no list');
      },
    };
    expect(findingsIn({ ruleSet: allowing(WIDE) }, oss, broken)).toMatchObject([
      { severity: 'warning', reason: 'cannot be checked: no list' },
    ]);
  });
});

test('what a reader and the check found is listed with the worst first, and without notes', () => {
  const fault = (severity?: Fault['severity']): Fault => ({
    ...(severity !== undefined && { severity }),
    place: severity ?? 'unknown',
    reason: 'r',
    write: 'w',
  });
  const found = warningsOf([fault('note'), fault('warning'), fault()], [fault('error'), fault('warning')]);
  expect(found.map(({ place }) => place)).toEqual(['error', 'warning', 'unknown', 'warning']);
});

test.each([
  [0, 0, 0],
  [20, 20, 0],
  [21, 20, 1],
  [101, 20, 81],
])('of %i findings %i are logged, and %i are counted', (count, logged, more) => {
  const found = Array.from({ length: count }, (_, at) => ({ place: `${at}`, reason: 'r', write: 'w' }));
  expect(toLog(found)).toEqual({ logged: found.slice(0, logged), more });
});

describe('the public suffix list', () => {
  const list: Domains = {
    publicSuffix: () => 'listed.com',
    registrable: () => null,
  };
  const found = (examiner: ReturnType<typeof createExaminer>) =>
    codesOf(examiner.examine({ ruleSet: allowing('https://*.listed.com') }, oss));

  test('is loaded once, and used', async () => {
    let loads = 0;
    const examiner = createExaminer(async () => {
      loads += 1;
      return list;
    });
    await examiner.ready();
    await examiner.ready();
    expect(loads).toBe(1);
    expect(found(examiner)).toContain('BC108');
  });

  test.each<[string, (() => Promise<Domains>) | undefined]>([
    ['is not given', undefined],
    ['cannot be loaded', () => Promise.reject(new Error('ENOENT'))],
  ])('is done without if it %s', async (_, domains) => {
    const examiner = createExaminer(domains);
    await examiner.ready();
    expect(found(examiner)).not.toContain('BC108');
  });

  test('that takes longer than a second is used as soon as it is there', async () => {
    const late = Promise.withResolvers<Domains>();
    const examiner = createExaminer(() => late.promise);
    const began = performance.now();
    await examiner.ready();
    expect(performance.now() - began).toBeLessThan(LOAD_LIMIT);
    expect(found(examiner)).not.toContain('BC108');
    late.resolve(list);
    await late.promise;
    expect(found(examiner)).toContain('BC108');
  });
});

/** Milliseconds; a busy machine is late. */
const LOAD_LIMIT = 3_000;

describe('a cache', () => {
  const TTL = 60_000;
  interface Report {
    readonly state: string;
    readonly codes: readonly (string | undefined)[];
    readonly isNew: boolean;
  }

  function cacheWith() {
    const clock = { now: 1_700_000_000_000 };
    const reports: Report[] = [];
    const cache = createRulesCache({
      ttl: TTL,
      maxStale: 0,
      now: () => clock.now,
      wallClock: () => clock.now,
      onChange: (_, { state, findings }, isNew) => reports.push({ state, codes: codesOf(findings), isNew }),
    });
    const source = controlled();
    const next = async (found: Loaded) => {
      clock.now += 2 * TTL;
      const current = cache.current(source.bucket);
      await load(cache, source, found);
      await current;
    };
    return { cache, source, reports, next };
  }
  const FAULTY = rulesOf(SLASH);

  test('reports the findings of a version once, and again for another version', async () => {
    const { next, reports } = cacheWith();
    for (const found of [FAULTY, FAULTY, unknown(), FAULTY, rulesOf('https://b.example/'), NONE])
      await next(found);
    expect(reports).toEqual([
      { state: 'fresh', codes: ['BC101'], isNew: true },
      { state: 'stale', codes: ['BC101'], isNew: false },
      { state: 'fresh', codes: ['BC101'], isNew: false },
      { state: 'fresh', codes: ['BC101'], isNew: true },
      { state: 'fresh', codes: [], isNew: true },
    ]);
  });

  test('checks a document once, not when it is unchanged, and not for a request', async () => {
    const { cache, source, next } = cacheWith();
    await next({ ...FAULTY, outcome: 'rules', validators: { etag: '"1"' } } as Loaded);
    const { findings } = cache.status('b');
    expect(findings).toHaveLength(1);
    await next({ outcome: 'unchanged' });
    await cache.current(source.bucket);
    expect(cache.status('b').findings).toBe(findings);
  });

  test('loads rules although the public suffix list cannot be loaded', async () => {
    const domains = () => Promise.reject(new Error('ENOENT'));
    const cache = createRulesCache({ ttl: TTL, maxStale: 0, domains });
    const source = controlled();
    const current = cache.current(source.bucket);
    await load(cache, source, FAULTY);
    expect(summary(await current)).toBe(SLASH);
    expect(codesOf(cache.status('b').findings)).toEqual(['BC101']);
  });

  test('has no findings before the first load, and the ones from before while loads fail', async () => {
    const { cache, next } = cacheWith();
    expect(cache.status('b').findings).toEqual([]);
    await next(FAULTY);
    await next(unknown());
    expect(codesOf(cache.status('b').findings)).toEqual(['BC101']);
  });
});

describe('rules from a stored copy', () => {
  const storage = useStorage();
  const { copy, newCache, otherProcess } = storage;

  test('are checked when the copy is read, so that a copy without findings has them too', async () => {
    await otherProcess(rulesOf(SLASH));
    expect(copy()).not.toHaveProperty('findings');
    storage.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    await cache.current(source.bucket);
    expect(cache.status('b')).toMatchObject({ state: 'stale', findings: [{ code: 'BC101', value: SLASH }] });
  });

  test('are checked by the options of the bucket here', async () => {
    await otherProcess(rulesOf('*'));
    storage.clock += 1000;
    const [cache, { bucket }] = [newCache(), controlled()];
    const credentials = { ...bucket, behaviour: behaviour('oss', 'safe', true) };
    await cache.current(credentials);
    expect(codesOf(cache.status('b').findings)).toContain('BC207');
  });

  test('that another process has loaded are checked when they are learned', async () => {
    const [cache, source] = [newCache(), controlled()];
    await storage.loaded(cache, source, rulesOf('https://a.example'));
    storage.clock += 10;
    await otherProcess(rulesOf(SLASH));
    await cache.learn(source.bucket, copy().version);
    expect(codesOf(cache.status('b').findings)).toContain('BC101');
    await settled(() => source.pending() === 0);
  });
});
