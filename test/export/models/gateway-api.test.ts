import { describe, expect, test } from 'vitest';
import { isWebOrigin } from '../../../src/analysis/alphabet.ts';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import { requestedNames } from '../../../src/cors/decide.ts';
import { METHODS, type Rule } from '../../../src/cors/rule.ts';
import { type Answering, pageVerdict } from '../../../src/export/audit/verdict.ts';
import { auditOf } from '../../../src/export/audit.ts';
import { bannerOf } from '../../../src/export/banner.ts';
import type { Deployed } from '../../../src/export/deployed.ts';
import { gatewayApi } from '../../../src/export/gateway-api/gateway-api.ts';
import { differenceOf, type Outcome, outcomeOf } from '../../../src/export/outcome.ts';
import { requestsFor } from '../../../src/export/requests.ts';
import { headerRules, NAME_SETS, ONE } from '../_header-lists.ts';
import { exportOptions, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const A = 'https://app.example.com';
const ALL = [...METHODS];

const rulesOf = (rules: readonly Rule[], dialect: 'oss' | 's3' = 'oss', credentials = false): CompiledRules =>
  compileRules({ rules, responseVary: false }, behaviourOf(dialect, credentials));

function readBack(text: string): Deployed {
  const read = gatewayApi.read(text);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

const compiled = (rules: CompiledRules, allowNarrower = false) =>
  gatewayApi.compile(rules, exportOptions({ allowNarrower }));

/** The route as kubectl prints it: the YAML that `writeRoute` writes, read by its indentation. */
function jsonOf(yaml: string): string {
  const lines = yaml
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
    .map((line) => line.replace(/ # .*$/, ''));
  const [value, rest] = blockOf(lines, 0);
  if (rest.length > 0) throw new Error(`left over: ${rest.join('\n')}`);
  return JSON.stringify(value);
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

const isItem = (line: string): boolean => line.trimStart().startsWith('- ');

/** A mapping or a list in block style at an indentation, and the lines behind it. */
function blockOf(lines: readonly string[], indent: number): readonly [unknown, readonly string[]] {
  const isList = isItem(lines[0] ?? '');
  const list: unknown[] = [];
  const map: Record<string, unknown> = {};
  let rest = lines;
  for (
    let [line] = rest;
    line !== undefined && indentOf(line) === indent && isItem(line) === isList;
    [line] = rest
  ) {
    rest = rest.slice(1);
    if (isList) {
      const text = line.trimStart().slice(2);
      if (/^[A-Za-z]+:/.test(text)) {
        const [item, more] = blockOf([`${' '.repeat(indent + 2)}${text}`, ...rest], indent + 2);
        list.push(item);
        rest = more;
      } else list.push(scalarOf(text));
      continue;
    }
    const [, name = '', text = ''] = /^\s*([A-Za-z]+):\s*(.*)$/.exec(line) ?? [];
    const [next = ''] = rest;
    if (name === '' || name in map) throw new Error(`no new field: ${line}`);
    if (text !== '') map[name] = scalarOf(text);
    else if (indentOf(next) > indent || isItem(next)) [map[name], rest] = blockOf(rest, indentOf(next));
  }
  return [isList ? list : map, rest];
}

/** A string in quotes, a plain one, a number, or a flow mapping or list of these. */
function scalarOf(text: string): unknown {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|[A-Za-z][\w.:/-]*/g, (word) =>
    word.startsWith('"') || /^(?:true|false)$/.test(word)
      ? word
      : word.endsWith(':')
        ? `"${word.slice(0, -1)}":`
        : `"${word}"`,
  );
  return JSON.parse(quoted);
}

/** Every request of a browser gets the same verdict. */
function expectSame(rules: CompiledRules, answer: Answering) {
  const bucket: Answering = (request) => outcomeOf(rules, request);
  for (const { method, origin, requestMethod, requestHeaders } of requestsFor(rules, 250, 14)) {
    const sent = method === 'OPTIONS' ? requestMethod : method;
    if (origin === null || !isWebOrigin(origin) || sent === null || !/^(?!OPTIONS)[A-Z]+$/.test(sent))
      continue;
    for (const credentials of [false, true]) {
      const page = { origin, method: sent, headers: requestedNames(requestHeaders), credentials };
      const [expected, seen] = [pageVerdict(bucket, page), pageVerdict(answer, page)];
      expect({ page, ...seen, maxAge: '', varies: true }).toEqual({
        page,
        ...expected,
        maxAge: '',
        varies: true,
      });
      expect(seen.varies || !expected.varies, JSON.stringify(page)).toBe(true);
    }
  }
}

describe('sixty rule sets', () => {
  const sets = ruleSets().map(({ name, rules }) => ({ name, rules, exact: compiled(rules) }));

  test('some can be said, and some cannot', () => {
    const count = sets.filter(({ exact }) => exact.ok).length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(60);
  });

  test.each(sets.filter(({ exact }) => exact.ok).map((set) => [set.name, set] as const))(
    'said exactly: %s',
    (_, { rules, exact }) => {
      if (!exact.ok) throw new Error('refused');
      const [file] = exact.files;
      const text = file?.text ?? '';
      for (const deployed of [readBack(text), readBack(jsonOf(text))]) {
        expect(deployed.isEdited).toBe(false);
        expect(auditOf(rules, deployed)).toEqual({ findings: [], complete: true });
        expectSame(rules, deployed.answer);
      }
      expect(exact.lost).toEqual([]);
    },
  );

  test.each(sets.filter(({ exact }) => !exact.ok).map((set) => [set.name, set] as const))(
    'refused with reasons, or narrower: %s',
    (_, { rules, exact }) => {
      if (exact.ok) throw new Error('written');
      expect(exact.refused.length).toBeGreaterThan(0);
      for (const { what, nearest } of exact.refused)
        expect([what, nearest].every((text) => text.endsWith('.'))).toBe(true);
      const narrower = compiled(rules, true);
      if (!narrower.ok) return;
      expect(narrower.lost.length).toBeGreaterThan(0);
      const { findings } = auditOf(rules, readBack(jsonOf(narrower.files[0]?.text ?? '')));
      const wider = findings.filter(({ direction }) => direction === 'wider');
      expect(wider.filter(({ origins }) => origins.some(({ isUsual }) => isUsual))).toEqual([]);
    },
  );
});

describe('rules of one origin with several lists of headers', () => {
  const sets = headerRules(900, 16).map((rules) => ({ rules, exact: compiled(rules) }));
  const preflights = METHODS.flatMap((requestMethod) =>
    NAME_SETS.map((names) => ({
      method: 'OPTIONS',
      origin: ONE,
      requestMethod,
      requestHeaders: names.join(',') || null,
    })),
  );

  test('are said exactly, or refused', () => {
    let said = 0;
    for (const { rules, exact } of sets) {
      if (!exact.ok) continue;
      said += 1;
      const { answer } = readBack(exact.files[0]?.text ?? '');
      for (const request of preflights) {
        const expected = outcomeOf(rules, request);
        const seen = answer(request, expected);
        // No cache stores the answer to an OPTIONS (RFC 9110 §9.3.7).
        const difference = differenceOf(
          rules,
          request,
          { ...expected, headers: withoutVary(expected) },
          seen,
          'same verdict',
        );
        if (difference !== null)
          expect.fail(`${JSON.stringify([rules.rules.map((one) => one.rule), request])}: ${difference}`);
      }
    }
    expect(said).toBeGreaterThan(100);
    expect(said).toBeLessThan(800);
  });

  test('let no page do more where the rules cannot be said', () => {
    let narrower = 0;
    for (const { rules, exact } of sets.slice(0, 80)) {
      const found = exact.ok ? null : compiled(rules, true);
      if (!found?.ok) continue;
      narrower += 1;
      const { answer } = readBack(found.files[0]?.text ?? '');
      const bucket: Answering = (request) => outcomeOf(rules, request);
      for (const method of METHODS)
        for (const headers of NAME_SETS)
          for (const credentials of [false, true]) {
            const page = { origin: ONE, method, headers, credentials };
            if (pageVerdict(answer, page).passes && !pageVerdict(bucket, page).passes)
              expect.fail(JSON.stringify([rules.rules.map((one) => one.rule), page]));
          }
    }
    expect(narrower).toBeGreaterThan(20);
  });
});

const withoutVary = ({ headers }: Outcome) => headers.filter(([name]) => name !== 'Vary');

describe('the filter', () => {
  const whole = (given: Partial<Rule> = {}) => rule({ allowedOrigins: [A], allowedMethods: ALL, ...given });

  test.each<[string, readonly Rule[], RegExp | null]>([
    ['all five methods', [whole()], null],
    ['GET alone, in a rule of its own', [whole({ allowedMethods: ['GET'] })], null],
    [
      'everyone reads, one writes',
      [whole({ allowedMethods: ['PUT'] }), whole({ allowedOrigins: ['*'], allowedMethods: ['GET'] })],
      null,
    ],
    ['subdomains', [whole({ allowedOrigins: ['https://*.example.com'] })], null],
    ['subdomains with a port', [whole({ allowedOrigins: ['https://*.example.com:8443'] })], null],
    ['every origin', [whole({ allowedOrigins: ['*', 'null'] })], null],
    ['null', [whole({ allowedOrigins: ['null', A] })], /has a scheme/],
    ['a part of a label', [whole({ allowedOrigins: ['https://*example.com'] })], /first labels/],
    ['any top domain', [whole({ allowedOrigins: ['https://app.*'] })], /first labels/],
    ['any host, whose ports a filter leaves out', [whole({ allowedOrigins: ['https://*'] })], /first labels/],
    ['any port', [whole({ allowedOrigins: ['http://localhost:*'] })], /first labels/],
    ['any scheme', [whole({ allowedOrigins: ['http*://app.example'] })], /first labels/],
    ['a scheme of an app', [whole({ allowedOrigins: ['capacitor://localhost'] })], /http:\/\//],
    ['capitals', [whole({ allowedOrigins: ['https://APP.example'] })], /byte for byte/],
    ['a default port', [whole({ allowedOrigins: ['https://app.example:443'] })], /byte for byte/],
    ['an IPv6 address', [whole({ allowedOrigins: ['http://[::1]:3000'] })], /host name/],
    ['a quote and a line', [whole({ allowedOrigins: [`https://a"b.example'{}|^\`%`] })], /byte for byte/],
    ['a header pattern', [whole({ allowedHeaders: ['x-oss-*'] })], /no patterns/],
    ['any header, without credentials', [whole({ allowedHeaders: ['*'] })], /Authorization/],
    ['no caching', [whole({ maxAgeSeconds: 0 })], /at least 1/],
    [
      'the default of browsers',
      [whole({ maxAgeSeconds: 5 }), whole({ allowedOrigins: ['https://b.example'] })],
      null,
    ],
    [
      'other times for other origins',
      [whole({ maxAgeSeconds: 60 }), whole({ allowedOrigins: ['https://b.example'] })],
      /one time/,
    ],
    [
      'other headers for other origins',
      [whole({ allowedHeaders: ['x-a'] }), whole({ allowedOrigins: ['https://b.example'] })],
      /request headers/,
    ],
    [
      'other exposed headers for other origins',
      [whole({ exposeHeaders: ['ETag'] }), whole({ allowedOrigins: ['*'] })],
      /scripts may read/,
    ],
    [
      'headers of two rules of one origin, never together',
      [whole({ allowedHeaders: ['x-a'] }), whole({ allowedHeaders: ['x-b'] })],
      /request headers/,
    ],
    [
      'a list of one method that is a part of the list of another, and of two rules',
      [
        whole({ allowedMethods: ['GET'], allowedHeaders: ['x-a', 'x-b', 'x-c'] }),
        whole({ allowedMethods: ['PUT'], allowedHeaders: ['x-a'] }),
        whole({ allowedMethods: ['PUT'], allowedHeaders: ['x-b'] }),
      ],
      /request headers/,
    ],
    [
      'other times for other headers, the longer first',
      [
        whole({ allowedMethods: ['PUT'], allowedHeaders: ['x-a'], maxAgeSeconds: 600 }),
        whole({ allowedMethods: ['PUT'], allowedHeaders: ['x-a', 'x-b'], maxAgeSeconds: 60 }),
      ],
      /time for which/,
    ],
    [
      'other times for other headers of a method without preflights of its own',
      [
        whole({ allowedMethods: ['GET'], allowedHeaders: ['x-a'], maxAgeSeconds: 1 }),
        whole({ allowedMethods: ['GET'], allowedHeaders: ['x-a', 'x-b'], maxAgeSeconds: 600 }),
      ],
      /time for which/,
    ],
    [
      '65 origins',
      [whole({ allowedOrigins: Array.from({ length: 65 }, (_, at) => `https://a${at}.example`) })],
      /at most 64/,
    ],
  ])('%s', (_, rules, refused) => {
    const found = compiled(rulesOf(rules));
    if (refused === null) expect(found).toMatchObject({ ok: true, grade: 'same verdict' });
    else expect(found.ok ? '' : found.refused.map(({ what }) => what).join('\n')).toMatch(refused);
  });

  test('echoes any header with credentials', () => {
    const rules = rulesOf([whole({ allowedHeaders: ['*'] })], 's3');
    const deployed = readBack(writtenFor(gatewayApi, rules).files[0]?.text ?? '');
    const page = { origin: A, method: 'PUT', headers: ['authorization', 'x-any'], credentials: true };
    expect(pageVerdict(deployed.answer, page).passes).toBe(true);
  });

  test('says what is lost of any header without credentials: Authorization', () => {
    const found = compiled(rulesOf([whole({ allowedHeaders: ['*'] })]), true);
    expect(found.ok && found.files[0]?.text).toContain('allowHeaders:\n        - "*"');
    expect(found.ok && found.lost.some(({ what }) => what.includes('Authorization'))).toBe(true);
  });

  test('leaves out the origins that it cannot say, and no page gets more', () => {
    const found = compiled(
      rulesOf([
        whole({ allowedOrigins: ['null', A] }),
        whole({ allowedOrigins: ['https://app.*'], allowedMethods: ['GET'] }),
      ]),
      true,
    );
    expect(found.ok && found.enforced.rules.map(({ rule: { allowedOrigins } }) => allowedOrigins)).toEqual([
      [A],
    ]);
    expect(found.ok && found.lost.map(({ rules }) => rules)).toContainEqual([2]);
  });
});

describe('a route', () => {
  const upload = rulesOf([
    rule({
      allowedOrigins: [A],
      allowedMethods: ['PUT'],
      allowedHeaders: ['Content-Type'],
      maxAgeSeconds: 600,
    }),
    rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], exposeHeaders: ['ETag'] }),
  ]);
  const written = writtenFor(gatewayApi, upload, { name: 'My_Files', bucketUrl: 'https://b.example:8443' });
  const yaml = written.files[0]?.text ?? '';

  test('is the text that an operator reads', () => {
    expect(
      yaml
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata:
        name: "my-files"
      spec:
        parentRefs:
        - name: my-gateway # the Gateway of the domain that serves the bucket
        rules:
        - matches:
          - method: GET
          - method: OPTIONS
            headers: [{name: Access-Control-Request-Method, value: GET}]
          - method: HEAD
          - method: OPTIONS
            headers: [{name: Access-Control-Request-Method, value: HEAD}]
          filters:
          - type: CORS
            cors:
              allowOrigins:
              - "*"
              allowMethods:
              - "GET"
              - "HEAD"
              exposeHeaders:
              - "ETag"
              allowCredentials: false
              maxAge: 5
          # The bucket sees no Origin, and adds no CORS headers of its own. CORS stands first, because it needs Origin.
          - type: RequestHeaderModifier
            requestHeaderModifier:
              remove: ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
          # The API says nothing of Vary: without it a cache would serve one origin the answer to another.
          - type: ResponseHeaderModifier
            responseHeaderModifier:
              add: [{name: Vary, value: Origin}]
          - type: URLRewrite
            urlRewrite: {hostname: "b.example"}
          backendRefs:
          - name: my-bucket # a Service that leads to b.example
            port: 8443
        - matches:
          - method: PUT
          - method: OPTIONS
            headers: [{name: Access-Control-Request-Method, value: PUT}]
          filters:
          - type: CORS
            cors:
              allowOrigins:
              - "https://app.example.com"
              allowMethods:
              - "PUT"
              allowHeaders:
              - "Content-Type"
              allowCredentials: false
              maxAge: 600
          - type: RequestHeaderModifier
            requestHeaderModifier:
              remove: ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
          - type: ResponseHeaderModifier
            responseHeaderModifier:
              add: [{name: Vary, value: Origin}]
          - type: URLRewrite
            urlRewrite: {hostname: "b.example"}
          backendRefs:
          - name: my-bucket # a Service that leads to b.example
            port: 8443
        # No page may send other methods.
        - filters:
          - type: RequestHeaderModifier
            requestHeaderModifier:
              remove: ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
          - type: ResponseHeaderModifier
            responseHeaderModifier:
              add: [{name: Vary, value: Origin}]
          - type: URLRewrite
            urlRewrite: {hostname: "b.example"}
          backendRefs:
          - name: my-bucket # a Service that leads to b.example
            port: 8443
      "
    `);
  });

  test('says once that its rules are for methods', () => {
    expect(
      written.notes.map(({ about }) => about).filter((about) => about.includes('HTTPRouteMethodMatching')),
    ).toHaveLength(1);
  });

  /** Wrong exporters: what an audit of their route must find. */
  test.each<[string, (yaml: string) => string, string]>([
    [
      'with subdomains of an origin',
      (text) => text.replaceAll(JSON.stringify(A), '"https://*.example.com"'),
      'wider',
    ],
    ['with another host', (text) => text.replaceAll(JSON.stringify(A), '"https://other.example"'), 'wider'],
    [
      'without the methods of its rules',
      (text) =>
        text
          .replaceAll(/ {2}- matches:\n[\s\S]*?( {4}filters:\n)/g, '  - filters:\n')
          .replace(/ {2}- filters:[\s\S]*? {2}- filters:/, '  - filters:'),
      'wider',
    ],
    ['with any header', (text) => text.replace('"Content-Type"', '"*"'), 'wider'],
    ['without a header', (text) => text.replace(/ {8}allowHeaders:\n.*\n/, ''), 'narrower'],
    [
      'with credentials',
      (text) => text.replace('allowCredentials: false', 'allowCredentials: true'),
      'wider',
    ],
    ['without what scripts read', (text) => text.replace(/ {8}exposeHeaders:\n.*\n/, ''), 'narrower'],
    ['with another time', (text) => text.replace('maxAge: 600', 'maxAge: 601'), 'other'],
    ['without a CORS filter', (text) => text.replace(/ {4}- type: CORS\n(?: {6,}.*\n)+/g, ''), 'narrower'],
  ])('%s differs', (_, change, direction) => {
    // The record in the banner stays.
    const [banner = '', body = ''] = yaml.split(/(?=^apiVersion)/m);
    const changed = banner + change(body);
    expect(changed).not.toBe(yaml);
    const found = auditOf(upload, readBack(jsonOf(changed)));
    expect(found.findings.map((finding) => finding.direction)).toContain(direction);
    expect(readBack(changed).isEdited).toBe(true);
  });

  test('with Vary left out differs only where answers depend on the origin', () => {
    const some = rulesOf([rule({ allowedOrigins: [A], allowedMethods: ['GET'] })]);
    const route = writtenFor(gatewayApi, some).files[0]?.text ?? '';
    const without = route.replace('name: Vary', 'name: Via');
    expect(auditOf(some, readBack(jsonOf(without))).findings).toMatchObject([
      { direction: 'other', audited: { kind: 'vary', deployed: false }, methods: ['GET'] },
    ]);
    const open = rulesOf([rule({ allowedOrigins: ['*'], allowedMethods: ALL })]);
    const text = writtenFor(gatewayApi, open).files[0]?.text ?? '';
    const bare = text.replaceAll('{name: Vary, value: Origin}', '{name: Via, value: Origin}');
    expect(auditOf(open, readBack(jsonOf(bare))).findings).toEqual([]);
  });
});

describe('reading', () => {
  const filter = (cors: object) => ({ type: 'CORS', cors });
  const route = (...rules: readonly object[]) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'files' },
    spec: { rules },
  });
  const read = (document: unknown) =>
    gatewayApi.read(typeof document === 'string' ? document : JSON.stringify(document));
  const one = route({ filters: [filter({ allowOrigins: [A] })] });

  const matched = (...matches: readonly object[]) =>
    route({ matches, filters: [filter({ allowOrigins: [A] })] });

  test.each<[string, object, RegExp, boolean]>([
    ['a path', matched({ path: { type: 'PathPrefix', value: '/files' } }), /Rule 1 .*path \/files/, true],
    ['an exact path', matched({ path: { type: 'Exact', value: '/' } }), /Rule 1 .*path \//, true],
    ['the path of all requests', matched({ path: { type: 'PathPrefix', value: '/' } }), /^$/, false],
    ['one match for all', matched({ path: { value: '/a' } }, { path: { value: '/' } }), /^$/, false],
    ['a header', matched({ headers: [{ name: 'x-tenant', value: 'a' }] }), /Rule 1 .*header x-tenant/, true],
    ['a query', matched({ queryParams: [{ name: 'a', value: 'b' }] }), /Rule 1 .*query/, true],
    ['a method without its preflights', matched({ method: 'GET' }), /Rule 1 .*method GET/, true],
    [
      'hostnames',
      { ...one, spec: { ...one.spec, hostnames: ['files.example'] } },
      /The route is for files\.example only/,
      false,
    ],
  ])('names %s', (_, document, note, isPartial) => {
    const found = read(document);
    if (!found.ok) throw new Error(JSON.stringify(found.faults));
    expect(found.value.notes.join('\n')).toMatch(note);
    expect(found.value.isPartial).toBe(isPartial);
  });

  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{"kind": "HTTPRoute", "spec"', /not whole JSON/],
    ['an Ingress', { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }, /has no HTTPRoute/],
    ['an empty list', { kind: 'List', items: [] }, /has no HTTPRoute/],
    ['two routes', { kind: 'List', items: [one, one] }, /has 2 routes \(files, files\)/],
    ['YAML of another author', 'kind: HTTPRoute\nspec: {}\n', /without the record/],
    ['an nginx file', 'server {}', /is not an HTTPRoute/],
    [
      'the export for another target',
      bannerOf(
        'nginx',
        rulesOf([rule({ allowedOrigins: [A], allowedMethods: ['GET'] })]),
        exportOptions(),
        '#',
        '',
      ),
      /was exported for nginx/,
    ],
    [
      'a string in place of a list',
      route({ filters: [filter({ allowOrigins: 'https://a.example' })] }),
      /allowOrigins .*not a list/,
    ],
    ['a number in quotes', route({ filters: [filter({ maxAge: '600' })] }), /maxAge .*not a number/],
    ['credentials in quotes', route({ filters: [filter({ allowCredentials: 'yes' })] }), /not true or false/],
    [
      'filters that differ by path',
      route({ filters: [filter({ allowOrigins: [A] })] }, { filters: [filter({ allowOrigins: ['*'] })] }),
      /differ for the same methods, in rules 1, 2/,
    ],
  ])('%s is a fault', (_, document, message) => {
    const found = read(document);
    expect(found.ok ? '' : found.faults.map(({ place, reason }) => `${place} ${reason}`).join('\n')).toMatch(
      message,
    );
  });

  test.each<[string, unknown, readonly RegExp[]]>([
    ['one in a list', { kind: 'HTTPRouteList', items: [one] }, []],
    ['without a filter', route({ filters: [] }), [/no CORS filter/]],
    ['without rules', { ...one, spec: undefined }, [/no CORS filter/]],
    [
      'with a rule without CORS',
      route({ filters: [filter({ allowOrigins: [A] })] }, {}),
      [/not compared: 2/],
    ],
    ['without origins', route({ filters: [filter({})] }), [/lists no origin/]],
    [
      'with a field of tomorrow',
      route({ filters: [filter({ allowOrigins: [A], allowPrivate: true })] }),
      [/not read: allowPrivate/],
    ],
    [
      'with an unclear origin',
      route({ filters: [filter({ allowOrigins: ['https://app.*'] })] }),
      [/does not say/],
    ],
    [
      'that is not accepted',
      {
        ...one,
        status: {
          parents: [
            {
              controllerName: 'x/y',
              conditions: [{ type: 'Accepted', status: 'False', reason: 'IncompatibleFilters' }],
            },
          ],
        },
      },
      [/x\/y reports Accepted: False \(IncompatibleFilters\)/],
    ],
  ])('a route %s', (_, document, notes) => {
    const found = read(document);
    if (!found.ok) throw new Error(JSON.stringify(found.faults));
    expect(found.value.notes).toHaveLength(notes.length);
    for (const [at, note] of notes.entries()) expect(found.value.notes[at]).toMatch(note);
  });

  test.each<[string, string, boolean]>([
    ['https://app.example', 'https://app.example', true],
    ['https://app.example', 'https://app.example:443', true],
    ['https://app.example:443', 'https://app.example', true],
    ['https://app.example', 'https://app.example:8443', false],
    ['https://app.example', 'http://app.example', false],
    ['https://*.example', 'https://a.b.example', true],
    ['https://*.example', 'https://example', false],
    ['https://*.example', 'https://.example', false],
    ['https://*.example', 'https://a.example:8443', false],
    ['https://*.example', 'https://evil.com/.example', false],
    ['https://*', 'https://any.example', true],
    ['https://ab*ba.example', 'https://aba.example', false],
    ['*', 'null', true],
    ['*', 'https://any.example:8443', true],
  ])('%s accepts %s: %s', (entry, origin, accepts) => {
    const deployed = readBack(JSON.stringify(route({ filters: [filter({ allowOrigins: [entry] })] })));
    const { headers } = deployed.answer({ method: 'GET', origin, requestMethod: null, requestHeaders: null });
    expect(headers.length > 0).toBe(accepts);
  });
});
