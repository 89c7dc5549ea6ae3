import { describe, expect, test } from 'vitest';
import { judge } from '../../../src/analysis/browser/judge.ts';
import { neverAllowsMore } from '../../../src/analysis/diff.ts';
import { modelOf } from '../../../src/analysis/model.ts';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import type { Facts } from '../../../src/cors/decide.ts';
import { alibabaCdn } from '../../../src/export/alibaba-cdn/alibaba-cdn.ts';
import type { CdnFunction } from '../../../src/export/alibaba-cdn/functions.ts';
import { isGlob } from '../../../src/export/alibaba-cdn/glob.ts';
import { argOf } from '../../../src/export/alibaba-cdn/model.ts';
import { auditOf } from '../../../src/export/audit.ts';
import type { Deployed } from '../../../src/export/deployed.ts';
import { differenceOf, type Outcome, outcomeOf } from '../../../src/export/outcome.ts';
import { requestsFor } from '../../../src/export/requests.ts';
import type { Compiled } from '../../../src/export/target.ts';
import { exportOptions, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const SETS = ruleSets();
const compiled = SETS.map(({ name, rules }) => ({ name, rules, export: compileOf(rules) }));
const said = compiled.filter((one) => one.export.ok);
const refused = compiled.filter((one) => !one.export.ok);

function compileOf(rules: CompiledRules, allowNarrower = false): Compiled {
  return alibabaCdn.compile(rules, exportOptions({ allowNarrower }));
}

/** Both bodies as one list: their conditions are found by name. */
function functionsOf(written: Compiled): readonly CdnFunction[] {
  if (!written.ok) throw new Error(written.refused.map(({ what }) => what).join('\n'));
  return written.files.flatMap(({ text }) => JSON.parse(text) as CdnFunction[]);
}

function deployed(functions: readonly CdnFunction[]): Deployed {
  const read = alibabaCdn.read(JSON.stringify(functions));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

/** How many answers differ from the engine's, before a bucket that decides by the same rules. */
function differencesOf(
  rules: CompiledRules,
  domain: Deployed,
  sendsOwn: boolean,
  count = 250,
): readonly string[] {
  return requestsFor(rules, count, 14).flatMap((request) => {
    const expected = outcomeOf(rules, request, ['Accept-Encoding, Origin']);
    const bare: Outcome = { status: null, headers: [['Vary', 'Accept-Encoding']] };
    const bucket = sendsOwn || request.method === 'OPTIONS' ? expected : bare;
    const what = differenceOf(rules, request, expected, domain.answer(request, bucket), 'same verdict');
    return what === null ? [] : [`${JSON.stringify(request)}: ${what}`];
  });
}

/** What a page gets: whether it passes, and what scripts can read. */
function judged(request: Facts, { headers }: Outcome, credentials: boolean) {
  const asked = { origin: request.origin ?? '', method: 'GET', headers: [], credentials };
  return judge(asked, { preflight: { status: 200, headers }, actual: { headers } });
}

/** Whether a page gets more by one answer than by another. */
function allowsMore(request: Facts, expected: Outcome, seen: Outcome): boolean {
  return [false, true].some((credentials) => {
    const [may, can] = [judged(request, expected, credentials), judged(request, seen, credentials)];
    if (!can.passes) return false;
    const readable = can.readable === '*' ? ['*'] : can.readable;
    return !may.passes || (may.readable !== '*' && readable.some((name) => !may.readable.includes(name)));
  });
}

/** Answers from copies that were stored for another origin, or for GET in place of HEAD, which allow more than the rules. */
function widenings(rules: CompiledRules, domain: Deployed): readonly string[] {
  const known = [...new Set(modelOf([rules]).origins.flatMap(({ origins }) => origins))];
  const stored = (method: string) =>
    [...known, null].map((origin) => outcomeOf(rules, { ...ASKED, method, origin }));
  const copies = { GET: stored('GET'), HEAD: [...stored('GET'), ...stored('HEAD')] };
  return (['GET', 'HEAD'] as const).flatMap((method) =>
    known.flatMap((origin) => {
      const request = { ...ASKED, method, origin };
      const expected = outcomeOf(rules, request);
      const found = copies[method].find((copy) =>
        allowsMore(request, expected, domain.answer(request, copy)),
      );
      return found === undefined ? [] : [JSON.stringify([request, found])];
    }),
  );
}

describe('a domain with the exported functions', () => {
  test.each(said)('answers like the edge: $name', ({ rules, export: written }) => {
    const domain = deployed(functionsOf(written));
    expect(differencesOf(rules, domain, true)).toEqual([]);
    expect(differencesOf(rules, domain, false)).toEqual([]);
  });

  test.each(SETS)(
    'never allows more where a copy in the cache is of another origin, or of GET: $name',
    (one) => {
      for (const allowNarrower of [false, true]) {
        const written = compileOf(one.rules, allowNarrower);
        if (written.ok) expect(widenings(one.rules, deployed(functionsOf(written)))).toEqual([]);
      }
    },
  );

  test('never allows more in 100 other rule sets where a copy in the cache is another', () => {
    for (const { name, rules } of ruleSets(160).slice(60)) {
      const written = compileOf(rules, true);
      if (written.ok) expect([name, widenings(rules, deployed(functionsOf(written)))]).toEqual([name, []]);
    }
  });

  test('never allows more by a narrower export where the bucket has the wider rules', () => {
    const rules = oss(
      { allowedOrigins: ['https://a$b.example'], allowedMethods: ['GET'] },
      { allowedOrigins: ['null'], allowedMethods: ['GET'] },
      { allowedOrigins: ['*'], allowedMethods: ['GET'], exposeHeaders: ['ETag'] },
    );
    const written = compileOf(rules, true);
    expect(written.ok && written.lost.length).toBeGreaterThan(0);
    expect(widenings(rules, deployed(functionsOf(written)))).toEqual([]);
  });

  test('refuses HEAD from the copy of a GET where no rule lists it', () => {
    const rules = oss({
      allowedOrigins: ['https://app.example', 'https://*.x.example'],
      allowedMethods: ['GET'],
    });
    const origin = 'https://app.example';
    const copy = outcomeOf(rules, { ...ASKED, origin });
    const { headers } = deployed(functionsOf(compileOf(rules))).answer(
      { ...ASKED, method: 'HEAD', origin },
      copy,
    );
    expect(copy.headers.some(([name]) => name === ORIGIN)).toBe(true);
    expect(headers.some(([name]) => name === ORIGIN)).toBe(false);
  });

  test('answers like the edge: 500 other rule sets, as they are or narrower', () => {
    for (const { name, rules } of ruleSets(560).slice(60)) {
      const found = compileOf(rules, true);
      if (!found.ok) throw new Error(`${name} is refused`);
      const domain = deployed(functionsOf(found));
      expect([name, differencesOf(found.enforced, domain, true, 40)]).toEqual([name, []]);
    }
  });

  test("leaves the bucket's credentials to a preflight by a rule that no actual request reaches", () => {
    const rules = compileRules(
      {
        rules: [
          rule({ allowedOrigins: ['*'], allowedMethods: ['GET'] }),
          rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'], allowedHeaders: ['*'] }),
        ],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    expect(differencesOf(rules, deployed(functionsOf(compileOf(rules))), true, 500)).toEqual([]);
  });

  test('says rule sets of each kind, and those of the OSS guide', () => {
    expect(said.length).toBeGreaterThan(40);
    const names = said.map(({ name }) => name);
    for (const name of [
      'static site, OSS',
      'direct upload, OSS',
      'authentication, OSS',
      'several environments, OSS',
      'authentication, S3',
      'static site, S3',
      'direct upload, S3',
    ])
      expect(names).toContain(name);
  });

  test.each(said)('respects the limits that are documented: $name', ({ export: written }) => {
    const functions = functionsOf(written);
    const parents = functions.flatMap(({ parentId }) => parentId ?? []);
    for (const one of Map.groupBy(parents, (parent) => parent).values())
      expect(one.length).toBeLessThanOrEqual(5);
    expect(functions.filter(({ functionName }) => functionName === 'condition').length).toBeLessThanOrEqual(
      50,
    );
    for (const one of functions) {
      if (one.functionName === 'condition') {
        expect(one.parentId).toBeUndefined();
        const { match } = JSON.parse(argOf(one, 'rule') ?? '');
        expect(match.criteria.length).toBeLessThanOrEqual(20);
        for (const { matchValue } of match.criteria)
          expect([matchValue].flat().length).toBeLessThanOrEqual(32);
        continue;
      }
      expect(one.functionName).toBe('set_resp_header');
      if (argOf(one, 'key') !== 'Access-Control-Allow-Origin') continue;
      expect(argOf(one, 'value')).toMatch(/^(?:\*|null|https?:\/\/[^*]+)$/);
      expect(argOf(one, 'duplicate') ?? 'off').toBe('off');
    }
  });
});

describe('rules that the CDN cannot say', () => {
  test.each(refused)('are refused with a reason: $name', ({ export: written }) => {
    if (written.ok) throw new Error('is written');
    expect(written.refused.length).toBeGreaterThan(0);
    for (const { rules, what, nearest } of written.refused) {
      expect(rules.length).toBeGreaterThan(0);
      expect(what).toMatch(/\.$/);
      expect(nearest).toMatch(/\.$/);
    }
  });

  const many = (count: number, first: string) =>
    oss({
      allowedOrigins: [first, ...Array.from({ length: count }, (_, at) => `https://x${at}.example`)],
      allowedMethods: ['GET'],
    });

  test('are those with too many origins beside one with `*`', () => {
    expect(compileOf(many(200, 'https://x.example')).ok).toBe(true);
    expect(compileOf(many(30, 'https://*.x.example')).ok).toBe(true);
    expect(compileOf(many(32, 'https://*.x.example'))).toMatchObject({
      ok: false,
      refused: [{ rules: [1], methods: ['GET'], what: expect.stringContaining('32 values') }],
    });
  });

  test('are not those whose rules alternate', () => {
    const rules = oss(
      ...Array.from({ length: 30 }, (_, at) => ({
        allowedOrigins: [`https://x${at}.example`],
        allowedMethods: ['GET' as const],
        exposeHeaders: at % 2 === 0 ? ['ETag'] : [],
      })),
    );
    const written = compileOf(rules);
    expect(differencesOf(rules, deployed(functionsOf(written)), true)).toEqual([]);
  });

  test.each(refused)('are written narrower on demand: $name', ({ rules }) => {
    const written = compileOf(rules, true);
    if (!written.ok) throw new Error('is refused');
    expect(written.lost.length).toBeGreaterThan(0);
    expect(neverAllowsMore(rules, written.enforced)).toBe(true);
    const domain = deployed(functionsOf(written));
    expect(differencesOf(written.enforced, domain, true)).toEqual([]);
    // The bucket decides by its own rules, which are wider.
    for (const request of requestsFor(rules, 150, 5)) {
      if (request.method === 'OPTIONS' || request.origin === null || /[, ]/.test(request.origin)) continue;
      const own = outcomeOf(rules, request);
      expect(allowsMore(request, own, domain.answer(request, own)), JSON.stringify(request)).toBe(false);
    }
  });
});

function oss(...rules: Parameters<typeof rule>[0][]): CompiledRules {
  return compileRules({ rules: rules.map(rule), responseVary: false }, behaviourOf('oss'));
}

const PATTERNS = oss({
  allowedOrigins: ['https://*.app.example', 'https://app.*', 'null'],
  allowedMethods: ['GET', 'HEAD'],
  exposeHeaders: ['ETag'],
});
const EXACT = oss({
  allowedOrigins: ['https://app.example', 'https://my-app.example'],
  allowedMethods: ['GET', 'HEAD'],
  exposeHeaders: ['ETag'],
});
const TWO = oss(
  { allowedOrigins: ['https://app.example'], allowedMethods: ['GET', 'PUT'], exposeHeaders: ['ETag'] },
  { allowedOrigins: ['*'], allowedMethods: ['GET'] },
);
const S3 = compileRules(
  {
    rules: [
      rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['HEAD'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);
const DANGEROUS = compileRules(
  {
    rules: [
      rule({ allowedOrigins: ['https://www.app.example', 'https://*.app.example'], allowedMethods: ['GET'] }),
    ],
    responseVary: false,
  },
  behaviourOf('oss', true),
);

type Change = (one: CdnFunction) => CdnFunction | null;
const withArg =
  (name: string, key: string | null, change: (value: string) => string): Change =>
  (one) =>
    key !== null && argOf(one, 'key') !== key
      ? one
      : {
          ...one,
          functionArgs: one.functionArgs.map((arg) =>
            arg.argName === name ? { ...arg, argValue: change(arg.argValue) } : arg,
          ),
        };
const inRule = (from: string | RegExp, to: string): Change =>
  withArg('rule', null, (text) => text.replace(from, to));
const ORIGIN = 'Access-Control-Allow-Origin';
const without =
  (key: string): Change =>
  (one) =>
    argOf(one, 'key') === key ? null : one;
const everywhere =
  (key: string): Change =>
  ({ parentId, ...one }) =>
    argOf(one, 'key') === key ? one : { ...one, ...(parentId === undefined ? {} : { parentId }) };

describe('a wrong exporter is caught: one that', () => {
  test.each<[string, CompiledRules, Change]>([
    ['folds the case of origins', PATTERNS, inRule(/"caseSensitive":true/g, '"caseSensitive":false')],
    ['forgets the beginning of a pattern', PATTERNS, inRule('https://*.app', '*.app')],
    ['forgets the end of a pattern', PATTERNS, inRule('https://*.app.example', 'https://*.app.example*')],
    ['takes a list of origins for one', PATTERNS, inRule(/,\{[^{]*"\*,\*"[^}]*\}/, '')],
    ['forgets the method of a condition', PATTERNS, inRule(/\{"matchType":"method"[^}]*\},/, '')],
    ['writes Allow-Origin for every method', EXACT, everywhere(ORIGIN)],
    ['forgets the origin check', EXACT, withArg('access_origin_control', null, () => 'off')],
    ['allows duplicates', EXACT, withArg('duplicate', ORIGIN, () => 'on')],
    ['leaves an origin out', EXACT, withArg('value', ORIGIN, (list) => list.replace(/,.*/, ''))],
    ['adds an origin', EXACT, withArg('value', ORIGIN, (list) => `${list},https://unknown.example`)],
    ['forgets Vary', EXACT, without('Vary')],
    ['writes Vary in place of the own', EXACT, withArg('duplicate', 'Vary', () => 'off')],
    ['forgets Expose-Headers', EXACT, without('Access-Control-Expose-Headers')],
    ['exposes more', EXACT, withArg('value', 'Access-Control-Expose-Headers', (list) => `${list},x-more`)],
    ['answers a request without Origin', TWO, inRule(/\{[^{]*"exists"[^}]*\},/, '')],
    ['exposes by the wrong rule', TWO, inRule(/"negate":true(?=[^}]*\}\]\})/, '"negate":false')],
    ['exposes the same to all', TWO, everywhere('Access-Control-Expose-Headers')],
    ['forgets credentials', S3, without('Access-Control-Allow-Credentials')],
    ['sends `*` where cookies are sent', S3, withArg('value', ORIGIN, () => '*')],
    [
      'forgets to compare with earlier entries',
      DANGEROUS,
      inRule(/,\{[^{]*\["https:\/\/www\.app\.example"\],"negate":true[^}]*\}/, ''),
    ],
    [
      'sends credentials to a pattern',
      DANGEROUS,
      inRule('["https://www.app.example"]', '["https://www.app.example","https://*.app.example"]'),
    ],
  ])('%s', (_, rules, change) => {
    const functions = functionsOf(writtenFor(alibabaCdn, rules));
    const changed = functions.flatMap((one) => change(one) ?? []);
    expect(changed).not.toEqual(functions);
    expect(differencesOf(rules, deployed(functions), false)).toEqual([]);
    const domain = deployed(changed);
    const found = [true, false].flatMap((sendsOwn) => differencesOf(rules, domain, sendsOwn, 1_500));
    expect(found.length).toBeGreaterThan(0);
  });
});

const ASKED: Facts = {
  method: 'GET',
  origin: 'https://a.example',
  requestMethod: null,
  requestHeaders: null,
};
const header = (key: string, value: string, more: Readonly<Record<string, string>> = {}): CdnFunction => ({
  functionName: 'set_resp_header',
  functionArgs: Object.entries({ header_operation_type: 'add', key, value, duplicate: 'off', ...more }).map(
    ([argName, argValue]) => ({ argName, argValue }),
  ),
});
const CHECK = { access_origin_control: 'on' };
const LIST = 'https://a.example,http://b.example:8080,https://*.c.example';
const OWN: Outcome = { status: null, headers: [['Access-Control-Allow-Origin', 'https://own.example']] };

describe('the model of a domain', () => {
  test.each<[string, readonly CdnFunction[], string | null, readonly string[]]>([
    ['`*` names no origin', [header(ORIGIN, '*', CHECK)], null, ['*']],
    [
      'a fixed value ignores the origin',
      [header(ORIGIN, 'https://a.example')],
      'https://b.example',
      ['https://a.example'],
    ],
    [
      'a listed origin is named',
      [header(ORIGIN, LIST, CHECK)],
      'http://b.example:8080',
      ['http://b.example:8080'],
    ],
    ['no other origin is', [header(ORIGIN, LIST, CHECK)], 'http://b.example', []],
    ['a request without Origin gets none', [header(ORIGIN, LIST, CHECK)], null, []],
    ['a subdomain is named', [header(ORIGIN, LIST, CHECK)], 'https://x.c.example', ['https://x.c.example']],
    ['by its scheme', [header(ORIGIN, LIST, CHECK)], 'http://x.c.example', []],
    [
      'the check is void beside duplicates',
      [header(ORIGIN, LIST, { ...CHECK, duplicate: 'on' })],
      'https://x.example',
      ['https://own.example', LIST],
    ],
    [
      'the later entry wins',
      [header(ORIGIN, '*'), header(ORIGIN, LIST, CHECK)],
      'https://a.example',
      ['https://a.example'],
    ],
    [
      '`%-` is `-`',
      [header(ORIGIN, 'https://a%-b.example', CHECK)],
      'https://a-b.example',
      ['https://a-b.example'],
    ],
    ['deletes', [header(ORIGIN, 'null')], 'https://a.example', []],
    [
      'changes what is there',
      [header('Vary', 'Origin', { header_operation_type: 'modify' })],
      null,
      ['https://own.example'],
    ],
  ])('%s', (_, functions, origin, expected) => {
    const { headers } = deployed(functions).answer({ ...ASKED, origin }, OWN);
    expect(headers.filter(([name]) => name === ORIGIN).map(([, value]) => value)).toEqual(expected);
    expect(headers.some(([name]) => name === 'Vary')).toBe(false);
  });
});

/** The functions as DescribeCdnDomainConfigs answers them. */
function describeAnswer(functions: readonly CdnFunction[]): string {
  const names = functions.map((one, at) => ({ one, id: String(51_000_000_000_000 + at) }));
  const idOf = (parent: unknown) =>
    names.find(({ one }) => argOf(one, 'rule')?.includes(`"name":"${parent}"`))?.id ?? '-1';
  const DomainConfig = names.map(({ one, id }) => ({
    Status: 'success',
    ConfigId: id,
    ...(one.functionName === 'condition' ? {} : { ParentId: idOf(one.parentId) }),
    FunctionName: one.functionName,
    FunctionArgs: {
      FunctionArg: one.functionArgs.map((arg) => ({ ArgName: arg.argName, ArgValue: arg.argValue })),
    },
  }));
  return JSON.stringify({ RequestId: 'F80705FE', DomainConfigs: { DomainConfig } });
}

describe('a deployed domain is read', () => {
  test.each(said)('from what the API answers: $name', ({ rules, export: written }) => {
    const read = alibabaCdn.read(describeAnswer(functionsOf(written)));
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    expect(read.value).toMatchObject({ isExact: false, isEdited: false });
    expect(read.value.notes).toHaveLength(2);
    expect(read.value.notes[1]).toMatch(/DeleteSpecificConfig with the ConfigId 51\d+/);
    expect(differencesOf(rules, read.value, true)).toEqual([]);
    expect(auditOf(rules, read.value)).toEqual({ findings: [], complete: true });
  });

  test('with the entries that its answers depend on', () => {
    expect(deployed(functionsOf(compileOf(PATTERNS))).rules.rules[0]?.allowedOrigins).toEqual(
      expect.arrayContaining(['https://*.app.example', 'https://app.*', 'null']),
    );
    expect(deployed([header(ORIGIN, LIST, CHECK)]).rules.rules[0]?.allowedOrigins).toEqual(LIST.split(','));
  });

  test('with notes on what it does not follow', () => {
    const { notes } = deployed([
      header(ORIGIN, LIST, CHECK),
      header(ORIGIN, '*', { ...CHECK, duplicate: 'on' }),
      { ...header(ORIGIN, '*'), parentId: '12' },
      header('Access-Control-Expose-Headers', 'etag', { header_operation_type: 'rewrite' }),
    ]);
    expect(notes.join(' ')).toMatch(/OPTIONS.*condition 12.*replaces parts.*any characters.*void/s);
  });

  test('not from another text', () => {
    for (const text of ['', '{}', '{"DomainConfigs":{}}', '[1]', '[{"functionName":"x"}]'])
      expect(alibabaCdn.read(text).ok).toBe(false);
  });

  test('leaves out a function that failed', () => {
    const answer = describeAnswer([header(ORIGIN, '*')]).replace('success', 'failed');
    const read = alibabaCdn.read(answer);
    expect(read.ok && read.value.answer(ASKED).headers).toEqual([]);
  });
});

describe('Terraform', () => {
  test.each(said)('has the same functions: $name', ({ rules, export: written }) => {
    const { files } = writtenFor(alibabaCdn, rules, { format: 'terraform' });
    expect(files).toHaveLength(1);
    const text = files[0]?.text ?? '';
    const blocks = text.split('\nresource ').slice(1);
    const seen = blocks.map((block) => ({
      values: [...block.matchAll(/arg_value = (".*")$/gm)].map(([, value]) => JSON.parse(value ?? '')),
      parent: /parent_id +=\s+alicloud_cdn_domain_config\.(\w+)\.config_id/.exec(block)?.[1],
    }));
    const expected = functionsOf(written).map((one) => ({
      values: one.functionArgs.map(({ argValue }) => argValue),
      parent: one.parentId,
    }));
    const sorted = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort();
    expect(sorted(seen)).toEqual(sorted(expected));
    for (const { parent } of seen)
      if (parent !== undefined) expect(text).toContain(`resource "alicloud_cdn_domain_config" "${parent}" {`);
    const read = alibabaCdn.read(text);
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    expect(read.value).toMatchObject({ isExact: true, isEdited: false });
    const edited = alibabaCdn.read(text.replace('variable "cors_domain"', 'variable "other"'));
    expect(edited.ok && edited.value.isEdited).toBe(true);
  });

  test('has no templates in strings', () => {
    const rules = oss({
      allowedOrigins: ['*'],
      allowedMethods: ['GET'],
      exposeHeaders: [`x-${'$'}{a}`, 'x-%{b}'],
    });
    const [file] = writtenFor(alibabaCdn, rules, { format: 'terraform' }).files;
    expect(file?.text).toContain(`x-${'$$'}{a},x-%%{b}`);
  });
});

test.each<[string, string, boolean]>([
  ['a*', 'a', true],
  ['*a', 'ba', true],
  ['*a*b', 'xaxbxb', true],
  ['*a*b', 'xaxbxc', false],
  ['ab*ba', 'aba', false],
  ['a?c', 'abc', true],
  ['a?', 'a', false],
  ['*', '', true],
  ['', '', true],
  ['a', 'A', false],
])('the value %s and the text %s', (pattern, text, expected) => {
  expect(isGlob(pattern, text)).toBe(expected);
  expect(isGlob(pattern, text.toUpperCase(), true)).toBe(isGlob(pattern, text) || text === 'A');
});
