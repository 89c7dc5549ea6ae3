import { describe, expect, test } from 'vitest';
import { changesOf } from '../../../src/analysis/changes.ts';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import { METHODS, type Rule } from '../../../src/cors/rule.ts';
import { alibabaCdn } from '../../../src/export/alibaba-cdn/alibaba-cdn.ts';
import { alibabaEsa } from '../../../src/export/alibaba-esa/alibaba-esa.ts';
import type { AuditFinding } from '../../../src/export/audit/finding.ts';
import { type Answering, type PageVerdict, pageVerdict } from '../../../src/export/audit/verdict.ts';
import { auditOf } from '../../../src/export/audit.ts';
import type { Deployed } from '../../../src/export/deployed.ts';
import { outcomeOf } from '../../../src/export/outcome.ts';
import { randomOf, requestsFor } from '../../../src/export/requests.ts';
import { headerRules, NAME_SETS, ONE } from '../_header-lists.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const A = 'https://app.example.com';

const rulesOf = (...rules: readonly Rule[]): CompiledRules =>
  compileRules({ rules, responseVary: false }, behaviourOf('oss'));
const asked =
  (rules: CompiledRules): Answering =>
  (request) =>
    outcomeOf(rules, request);

/** Rules that are deployed: compared as rules, or by what they answer alone. */
const deployedAs = (rules: CompiledRules, isExact: boolean, answer = asked(rules)): Deployed => ({
  name: 'a test',
  rules: { rules: rules.rules.map((one) => one.rule), responseVary: rules.responseVary },
  behaviour: rules.behaviour,
  isExact,
  answer,
  isEdited: false,
  notes: [],
});

/** An edge with these headers on every answer, as lists of headers at a CDN. */
const constant =
  (headers: Readonly<Record<string, string>>, status = 200): Answering =>
  ({ method }) => ({ status: method === 'OPTIONS' ? status : null, headers: Object.entries(headers) });

const found = (rules: CompiledRules, answer: Answering): readonly AuditFinding[] =>
  auditOf(rules, deployedAs(rulesOf(), false, answer)).findings;

const isGrant = ({ direction }: AuditFinding): boolean => direction !== 'other';

/** What a finding says of one of its origins and methods, asked again. */
function replayed({ audited, methods }: AuditFinding, origin: string, answer: Answering): readonly unknown[] {
  const ask = (headers: readonly string[], credentials: boolean): readonly PageVerdict[] =>
    methods.map((method) => pageVerdict(answer, { origin, method, headers, credentials }));
  switch (audited.kind) {
    case 'method':
      return ask([], false).map(({ passes }) => passes);
    case 'exposed':
      return ask([], false).map(
        ({ readable }) => readable.filter((name) => audited.names.includes(name)).length,
      );
    default:
      return [];
  }
}

const SETS = ruleSets();
const random = randomOf(7);
const PAIRS = Array.from({ length: 120 }, () => {
  const pick = () => SETS[Math.floor(random() * SETS.length)] ?? SETS[0]!;
  return [pick(), pick()] as const;
});

describe('a cache that ignores Vary', () => {
  const bare: readonly (readonly [string, Deployed])[] = (
    [
      [alibabaCdn, '{"DomainConfigs":{"DomainConfig":[]}}'],
      [alibabaEsa, '{"Configs":[]}'],
    ] as const
  ).map(([target, text]) => {
    const read = target.read(text);
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    return [target.name, read.value];
  });
  const B = 'https://b.example.com';
  const cached = (rules: CompiledRules, deployed: Deployed) =>
    auditOf(rules, deployed).findings.map(({ direction, audited, methods, origins }) => [
      audited.kind,
      direction,
      methods.join(),
      origins.flatMap(({ origin, isUsual }) => (isUsual ? [origin] : [])).join(),
    ]);

  test.each(bare)(
    'answers one origin with the copy of another: %s without any configuration',
    (_, deployed) => {
      const rules = rulesOf(rule({ allowedOrigins: [A, B], allowedMethods: ['GET', 'HEAD', 'PUT'] }));
      expect(cached(rules, deployed)).toEqual([['cached', 'narrower', 'GET,HEAD', `${A},${B}`]]);
    },
  );

  test.each(bare)('answers HEAD with the copy of a GET: %s without any configuration', (_, deployed) => {
    const rules = rulesOf(rule({ allowedOrigins: [A], allowedMethods: ['GET'] }));
    expect(cached(rules, deployed)).toContainEqual(['cached', 'wider', 'HEAD', A]);
  });

  test.each(bare)(
    'lets more be read, where another origin may: %s without any configuration',
    (_, deployed) => {
      const rules = rulesOf(
        rule({ allowedOrigins: [A], allowedMethods: ['GET'] }),
        rule({ allowedOrigins: ['*'], allowedMethods: ['GET'], exposeHeaders: ['ETag'] }),
      );
      expect(cached(rules, deployed)).toContainEqual(['cached', 'wider', 'GET,HEAD', A]);
    },
  );

  test.each(bare)(
    'answers all alike by rules that begin with `*`: %s without any configuration',
    (_, deployed) => {
      const rules = rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] }));
      expect(cached(rules, deployed)).toEqual([]);
    },
  );

  test('has no finding where Vary counts', () => {
    const [, deployed] = bare[0]!;
    const rules = rulesOf(rule({ allowedOrigins: [A, B], allowedMethods: ['GET', 'HEAD'] }));
    expect(cached(rules, { ...deployed, ignoresVary: false })).toEqual([]);
  });
});

describe('an audit', () => {
  test.each(SETS.map((set) => [set.name, set] as const))(
    'of the same rules finds nothing: %s',
    (_, { rules }) => {
      for (const isExact of [true, false])
        expect(auditOf(rules, deployedAs(rules, isExact))).toEqual({ findings: [], complete: true });
    },
  );

  test('by answers finds wider and narrower exactly where the comparison of rules does', () => {
    let differing = 0;
    for (const [{ name, rules }, other] of PAIRS) {
      const { changes } = changesOf(rules, other.rules);
      const { findings, complete } = auditOf(rules, deployedAs(other.rules, false));
      expect(complete).toBe(true);
      const about = `${name} and ${other.name}`;
      const has = (direction: string) => findings.some((finding) => finding.direction === direction);
      expect([has('wider'), has('narrower')], about).toEqual([
        changes.some(({ isWider }) => isWider),
        changes.some(({ isNarrower }) => isNarrower),
      ]);
      differing += findings.some(isGrant) ? 1 : 0;
    }
    expect(differing).toBeGreaterThan(60);
  });

  test('misses no request that a page notices', () => {
    for (const [{ rules }, other] of PAIRS.slice(0, 40)) {
      const { findings } = auditOf(rules, deployedAs(other.rules, false));
      if (findings.some(isGrant)) continue;
      for (const { origin, method } of [...requestsFor(rules, 200, 1), ...requestsFor(other.rules, 200, 2)]) {
        if (origin === null || method === 'OPTIONS') continue;
        const page = { origin, method, headers: [], credentials: false };
        const [one, two] = [rules, other.rules].map((set) => pageVerdict(asked(set), page));
        expect([one?.passes, one?.readable]).toEqual([two?.passes, two?.readable]);
      }
    }
  });

  test('names origins and methods that really differ', () => {
    let replays = 0;
    for (const [{ rules }, other] of PAIRS)
      for (const isExact of [true, false])
        for (const finding of auditOf(rules, deployedAs(other.rules, isExact)).findings) {
          const [first] = finding.origins;
          const audited =
            finding.audited.kind === 'exposed'
              ? { ...finding.audited, names: finding.audited.names.map((name) => name.toLowerCase()) }
              : finding.audited;
          if (first === undefined || finding.direction === 'other') continue;
          const [bucket, deployed] = [rules, other.rules].map((set) =>
            replayed({ ...finding, audited }, first.origin, asked(set)),
          );
          const [less, more] = finding.direction === 'wider' ? [bucket, deployed] : [deployed, bucket];
          for (const [at, value] of (more ?? []).entries()) {
            expect(Number(value)).toBeGreaterThan(Number(less?.[at]));
            replays += 1;
          }
        }
    expect(replays).toBeGreaterThan(500);
  });

  test('is sorted: what lets pages do more stands first', () => {
    const before = rulesOf(
      rule({ allowedOrigins: [A], allowedMethods: ['GET', 'PUT'], exposeHeaders: ['ETag'] }),
    );
    const after = rulesOf(
      rule({ allowedOrigins: [A], allowedMethods: ['GET', 'DELETE'], maxAgeSeconds: 60 }),
    );
    for (const isExact of [true, false])
      expect(
        auditOf(before, deployedAs(after, isExact)).findings.map(({ direction, audited }) => [
          direction,
          audited.kind,
        ]),
      ).toEqual([
        ['wider', 'method'],
        ['narrower', 'method'],
        ['narrower', 'exposed'],
        ...(isExact ? [['other', 'answer']] : []),
      ]);
  });

  test('of too many rules says that it is not complete', () => {
    const rules = rulesOf(
      ...Array.from({ length: 700 }, (_, at) =>
        rule({
          allowedOrigins: [`https://a${at}.example`, `https://*.b${at}.example`],
          allowedMethods: [...METHODS],
          allowedHeaders: [`x-a${at}`, 'content-type'],
        }),
      ),
    );
    const { complete, findings } = auditOf(rules, deployedAs(rules, false));
    expect([complete, findings]).toEqual([false, []]);
  });

  test('names at most a hundred origins, and a thousand findings', () => {
    const origins = Array.from({ length: 300 }, (_, at) => `https://a${at}.example`);
    const rules = rulesOf(rule({ allowedOrigins: origins, allowedMethods: ['GET'] }));
    const [finding] = auditOf(rules, deployedAs(rulesOf(), true)).findings;
    expect(finding?.origins).toHaveLength(100);
  });
});

describe('headers that a CDN adds to every answer', () => {
  const read = rulesOf(rule({ allowedOrigins: [A], allowedMethods: ['GET'], exposeHeaders: ['ETag'] }));
  const open = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': '*',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Expose-Headers': '*',
  };

  test.each<[string, CompiledRules, Answering, readonly object[]]>([
    [
      'Allow-Origin alone: every origin reads, and Vary is not needed for that',
      rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD', 'POST'] })),
      constant({ 'Access-Control-Allow-Origin': '*' }),
      [],
    ],
    [
      'Allow-Origin of one origin, while the bucket allows it',
      read,
      constant({ 'Access-Control-Allow-Origin': A, Vary: 'Accept, Origin' }),
      [
        { direction: 'wider', audited: { kind: 'method' }, methods: ['POST', 'HEAD'] },
        { direction: 'narrower', audited: { kind: 'exposed', names: ['etag'] } },
      ],
    ],
    [
      'wildcards for everything',
      rulesOf(),
      constant(open),
      [{ direction: 'wider', audited: { kind: 'method' }, methods: [...METHODS, 'PATCH'] }],
    ],
    [
      'a wildcard of headers, without Authorization',
      rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: [...METHODS], allowedHeaders: ['*'] })),
      constant({
        ...open,
        'Access-Control-Allow-Methods': 'GET, PUT, DELETE, POST, HEAD',
        'Access-Control-Expose-Headers': '',
      }),
      [{ direction: 'narrower', audited: { kind: 'headers', names: ['authorization'], together: false } }],
    ],
    [
      'a wildcard of what scripts read',
      rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: [...METHODS] })),
      constant({
        ...open,
        'Access-Control-Allow-Methods': 'PUT, DELETE',
        'Access-Control-Allow-Headers': '',
      }),
      [{ direction: 'wider', audited: { kind: 'exposed', names: ['*'] } }],
    ],
    [
      'cookies',
      rulesOf(rule({ allowedOrigins: [A], allowedMethods: ['GET', 'HEAD', 'POST'] })),
      constant({ 'Access-Control-Allow-Origin': A, 'Access-Control-Allow-Credentials': 'true', Vary: '*' }),
      [{ direction: 'wider', audited: { kind: 'credentials' }, methods: ['GET', 'POST', 'HEAD'] }],
    ],
    [
      'a wildcard of what scripts read, which with cookies is the name *',
      rulesOf(
        rule({ allowedOrigins: [A], allowedMethods: ['GET', 'HEAD', 'POST'], exposeHeaders: ['ETag'] }),
      ),
      constant({
        'Access-Control-Allow-Origin': A,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': '*',
        Vary: 'Origin',
      }),
      [
        { direction: 'wider', audited: { kind: 'exposed', names: ['*'] } },
        { direction: 'wider', audited: { kind: 'credentials' } },
      ],
    ],
    [
      'no Vary, while answers depend on the origin',
      rulesOf(rule({ allowedOrigins: [A], allowedMethods: ['GET', 'HEAD', 'POST'] })),
      constant({ 'Access-Control-Allow-Origin': A }),
      [{ direction: 'other', audited: { kind: 'vary', deployed: false }, methods: ['GET', 'HEAD'] }],
    ],
    [
      'preflights that let a PUT through, whose answer no script reads',
      rulesOf(),
      ({ method }) =>
        method === 'OPTIONS' ? { status: 204, headers: Object.entries(open) } : { status: null, headers: [] },
      [{ direction: 'wider', audited: { kind: 'sent' }, methods: [...METHODS, 'PATCH'] }],
    ],
    [
      'preflights with an error status',
      rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: [...METHODS] })),
      constant({ ...open, 'Access-Control-Expose-Headers': '' }, 404),
      [{ direction: 'narrower', audited: { kind: 'method' }, methods: ['PUT', 'DELETE'] }],
    ],
    [
      'a longer time',
      rulesOf(rule({ allowedOrigins: ['*'], allowedMethods: [...METHODS], maxAgeSeconds: 60 })),
      constant({
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Methods': 'PUT, DELETE',
        'Access-Control-Max-Age': '600',
      }),
      [
        {
          direction: 'other',
          audited: { kind: 'answer', name: 'Access-Control-Max-Age', bucket: '60', deployed: '600' },
          methods: ['PUT', 'DELETE'],
        },
      ],
    ],
  ])('%s', (_, rules, answer, findings) => {
    expect(found(rules, answer)).toMatchObject(findings);
    expect(found(rules, answer)).toHaveLength(findings.length);
  });
});

/** A CDN has one list for all rules, and no rules that say which names it has. */
describe('a list of headers on every preflight', () => {
  const divided = rulesOf(rule({ allowedOrigins: [ONE], allowedMethods: [...METHODS] }));
  const LISTS = [
    '',
    'x-a',
    'x-a, x-b',
    'X-A, X-B, X-C',
    'x-b, authorization, x-own',
    '*',
    '*, authorization',
  ];
  const pages = METHODS.flatMap((method) =>
    [...NAME_SETS, ['x-own']].map((headers) => ({ origin: ONE, method, headers, credentials: false })),
  );

  test('is wider, or of another time, exactly where some set of names is', () => {
    const count = { none: 0, wider: 0, other: 0 };
    for (const rules of headerRules(60, 21))
      for (const list of LISTS) {
        const answer = constant({
          'Access-Control-Allow-Origin': ONE,
          'Access-Control-Allow-Methods': 'GET, PUT, HEAD',
          'Access-Control-Allow-Headers': list,
          'Access-Control-Max-Age': '60',
        });
        const verdicts = pages.map(
          (page) => [pageVerdict(asked(rules), page), pageVerdict(answer, page)] as const,
        );
        const expected = {
          wider: verdicts.some(([bucket, edge]) => edge.passes && !bucket.passes),
          other: verdicts.some(
            ([{ cache }, edge]) =>
              cache !== null && edge.cache !== null && JSON.stringify(cache) !== JSON.stringify(edge.cache),
          ),
        };
        const findings = auditOf(rules, deployedAs(divided, false, answer)).findings.filter(({ origins }) =>
          origins.some(({ origin }) => origin === ONE),
        );
        const kinds = {
          wider: findings.some(
            ({ direction, audited: { kind } }) =>
              direction === 'wider' && (kind === 'method' || kind === 'headers'),
          ),
          other: findings.some(({ audited }) => audited.kind === 'answer'),
        };
        expect(kinds, JSON.stringify([rules.rules.map((one) => one.rule), list])).toEqual(expected);
        count[expected.wider ? 'wider' : expected.other ? 'other' : 'none'] += 1;
      }
    expect(Object.values(count).every((times) => times > 5)).toBe(true);
  });
});
