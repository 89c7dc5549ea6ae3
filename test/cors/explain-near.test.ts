import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWebOrigin } from '../../src/analysis/alphabet.ts';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import { sentInstead } from '../../src/cors/near-origin.ts';
import { ask, behaviour, compiled, preflight, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const listing = (...allowedOrigins: string[]) => compiled([rule({ allowedOrigins })]);
const hintOf = (rules: CompiledRules, facts: Facts) => explain(rules, facts, 'OBJECT').hint;
/** Does to an entry what browsers do, by the words of the hint. */
function correctedBy(reason: string, entry: string, origin: string): string {
  let text = entry;
  if (reason.includes('send the scheme too')) text = `${origin.slice(0, origin.indexOf(':'))}://${text}`;
  if (/send no (?:slash|path|query)/.test(reason)) text = text.replace(/(\w|\*)[/?][^/]*$/, '$1');
  if (reason.includes('leave out :')) text = text.replace(/:\d+$/, '');
  return reason.includes('in lower case') ? text.toLowerCase() : text;
}
const because = (rules: CompiledRules, facts: Facts) => explain(rules, facts, 'OBJECT').because;

describe('the closest origin of the rules is named', () => {
  test.each([
    ['a slash', APP, `${APP}/`, `rule 1 lists ${APP}/, and browsers send no slash`],
    ['a path', APP, `${APP}/photos`, `rule 1 lists ${APP}/photos, and browsers send no path`],
    ['a path with *', APP, `${APP}/*`, `rule 1 lists ${APP}/*, and browsers send no path`],
    ['a query', APP, `${APP}?a=1`, `rule 1 lists ${APP}?a=1, and browsers send no query`],
    ['no scheme', APP, 'app.example.com', 'rule 1 lists app.example.com, and browsers send the scheme too'],
    [
      'only slashes',
      APP,
      '//app.example.com',
      'rule 1 lists //app.example.com, and browsers send the scheme too',
    ],
    ['the default port', APP, `${APP}:443`, `rule 1 lists ${APP}:443, and browsers leave out :443`],
    [
      'port 80',
      'http://a.example',
      'http://a.example:80',
      'rule 1 lists http://a.example:80, and browsers leave out :80',
    ],
    [
      'capitals',
      APP,
      'https://App.Example.com',
      'rule 1 lists https://App.Example.com, and browsers send scheme and host in lower case',
    ],
    [
      'capitals in the scheme',
      APP,
      'HTTPS://app.example.com',
      'rule 1 lists HTTPS://app.example.com, and browsers send scheme and host in lower case',
    ],
    [
      'several slips',
      APP,
      'App.example.com:443/',
      'rule 1 lists App.example.com:443/, and browsers send the scheme too, send no slash, leave out :443 and send scheme and host in lower case',
    ],
    [
      'a slip in a pattern',
      APP,
      'https://*.example.com/',
      'rule 1 lists https://*.example.com/, and browsers send no slash',
    ],
    [
      'a list',
      APP,
      `https://b.example, ${APP}`,
      `rule 1 lists "https://b.example, ${APP}", as one value, and each origin needs an entry of its own`,
    ],
    ['http', APP, 'http://app.example.com', 'rule 1 lists http://app.example.com, and http is not https'],
    [
      'https',
      'http://localhost:3000',
      'https://localhost:3000',
      'rule 1 lists https://localhost:3000, and https is not http',
    ],
    [
      'another port',
      'http://localhost:5173',
      'http://localhost:3000',
      'rule 1 lists http://localhost:3000, and the port is 5173',
    ],
    ['a port too many', APP, `${APP}:8443`, `rule 1 lists ${APP}:8443, and the origin has no port`],
    [
      'no port',
      'http://localhost:5173',
      'http://localhost',
      'rule 1 lists http://localhost, without the port 5173',
    ],
    [
      'any port',
      'http://localhost',
      'http://localhost:*',
      'rule 1 lists http://localhost:*, and the origin has no port',
    ],
    [
      'subdomains of any scheme',
      'https://example.com',
      '*.example.com',
      'rule 1 lists *.example.com, and example.com is not a subdomain of itself',
    ],
    [
      'subdomains only',
      'https://example.com',
      'https://*.example.com',
      'rule 1 lists https://*.example.com, and example.com is not a subdomain of itself',
    ],
    [
      'www',
      'https://example.com',
      'https://www.example.com',
      'rule 1 lists https://www.example.com, and www.example.com is another host than example.com',
    ],
    [
      'no www',
      'https://www.example.com',
      'https://example.com',
      'rule 1 lists https://example.com, and example.com is another host than www.example.com',
    ],
  ])('for %s', (_, origin, entry, clause) => {
    const set = listing('https://unrelated.example', entry);
    expect(because(set, ask({ origin }))).toBe(
      `No rule lists the origin ${origin}. Origins are compared letter by letter, with scheme and port; ${clause}.`,
    );
    expect(hintOf(set, ask({ origin }))).toBe(`R${clause.slice(1)}.`);
  });

  test.each([
    ['another host', APP, 'https://api.example.com'],
    ['a host that ends alike', APP, 'https://my-app.example.com'],
    ['a pattern of another domain', APP, 'https://*.example.org'],
    ['the origin null', 'null', 'https://null'],
    ['another scheme and another port', APP, 'http://app.example.com:3000'],
    ['a longer path of another host', APP, 'https://cdn.example/app.example.com'],
  ])('but not %s', (_, origin, entry) => {
    expect(hintOf(listing(entry), ask({ origin }))).toBeUndefined();
  });

  test('the closer one of two, and a rule that fits otherwise before one that does not', () => {
    expect(hintOf(listing('http://app.example.com', `${APP}/`), ask({ origin: APP }))).toMatch(/no slash/);
    const set = compiled([
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] }),
      rule({ allowedOrigins: [`${APP}/a`] }),
    ]);
    expect(hintOf(set, ask({ origin: APP }))).toBe(`Rule 2 lists ${APP}/a, and browsers send no path.`);
  });

  test('two that are equally close', () => {
    const set = listing(`${APP}/`, `${APP}:443`, `${APP}/x`);
    expect(hintOf(set, ask({ origin: APP }))).toBe(
      `Rule 1 lists ${APP}/, and browsers send no slash; rule 1 lists ${APP}:443, and browsers leave out :443.`,
    );
  });

  test('also if another rule lists the origin without the method', () => {
    const set = compiled([
      rule({ allowedOrigins: [APP] }),
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] }),
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['POST'] }),
    ]);
    expect(because(set, preflight(APP, 'PUT'))).toBe(
      `Rule 1 allows the origin ${APP} but not the method PUT; rule 2 lists ${APP}/, and browsers send no slash.`,
    );
  });
});

describe('what browsers send in place of the origin is named', () => {
  test.each([
    [`${APP}/`, `browsers send no slash: ${APP}`],
    ['HTTPS://App.example.com', `browsers send scheme and host in lower case: ${APP}`],
    [`${APP}:443`, `browsers leave out :443: ${APP}`],
    ['app.example.com', `browsers send the scheme too: ${APP}`],
    ['localhost:3000', 'browsers send the scheme too: https://localhost:3000'],
  ])('for %s', (origin, clause) => {
    expect(because(listing(origin), ask({ origin }))).toMatch(new RegExp(`; ${clause}\\.$`));
  });

  test.each([
    'null',
    '*',
    'https://A\u001b[2J.example',
    'https://[::1]:3000',
    'a',
    'file',
    'a b',
    'https://a, https://b/',
    '',
    'x'.repeat(10_000),
  ])('but not for %j', (origin) => {
    expect(sentInstead(origin)).toBeNull();
  });

  test('never for an origin of the web, and what is named is one', () => {
    const scheme = fc.constantFrom('http', 'https', 'HTTP', 'Https');
    const port = fc.constantFrom('', ':80', ':443', ':8080');
    const tail = fc.constantFrom('', '/', '/a', '?q', '#f');
    const host = fc.constantFrom('a.example', 'A.example', 'localhost', '10.0.0.1');
    fc.assert(
      fc.property(scheme, host, port, tail, (...parts) => {
        const origin = `${parts[0]}://${parts.slice(1).join('')}`;
        const clause = sentInstead(origin);
        expect(clause === null).toBe(isWebOrigin(origin));
        if (clause !== null) expect(isWebOrigin(clause.slice(clause.lastIndexOf(': ') + 2))).toBe(true);
      }),
    );
  });
});

describe('the closest method or header of the rules is named', () => {
  const named = (about: Parameters<typeof rule>[0]) => compiled([rule({ allowedOrigins: [APP], ...about })]);

  test.each([
    [
      'the methods of the rule',
      named({ allowedMethods: ['GET', 'PUT'] }),
      preflight(APP, 'DELETE'),
      'Rule 1 lists GET, PUT.',
    ],
    [
      'GET without HEAD',
      named({}),
      ask({ origin: APP, method: 'HEAD' }),
      'Rule 1 lists GET, and HEAD needs an entry of its own.',
    ],
    ['a method in lower case', named({}), preflight(APP, 'get'), 'Browsers send get as GET.'],
    ['PATCH', named({}), preflight(APP, 'PATCH'), undefined],
    ['a rule without headers', named({}), preflight(APP, 'GET', 'x-a'), 'Rule 1 lists no AllowedHeader.'],
    [
      'an underscore',
      named({ allowedHeaders: ['Content_Type'] }),
      preflight(APP, 'GET', 'content-type'),
      'Rule 1 lists Content_Type, not content-type.',
    ],
    [
      'a missing letter',
      named({ allowedHeaders: ['athorization'] }),
      preflight(APP, 'GET', 'authorization'),
      'Rule 1 lists athorization, not authorization.',
    ],
    [
      'a wrong letter',
      named({ allowedHeaders: ['x-oss-acs'] }),
      preflight(APP, 'GET', 'x-oss-acl'),
      'Rule 1 lists x-oss-acs, not x-oss-acl.',
    ],
    [
      'a pattern of the family',
      named({ allowedHeaders: ['x-oss-meta-*'] }),
      preflight(APP, 'GET', 'x-oss-acl'),
      'Rule 1 lists x-oss-meta-*, which does not cover x-oss-acl.',
    ],
    [
      'a header that is exposed',
      named({ allowedHeaders: ['range'], exposeHeaders: ['X-Trace'] }),
      preflight(APP, 'GET', 'x-trace'),
      'Rule 1 lists x-trace as ExposeHeader, which is for response headers.',
    ],
    [
      'the second refused header',
      named({ allowedHeaders: ['content_type'] }),
      preflight(APP, 'GET', 'x-a, content-type'),
      'Rule 1 lists content_type, not content-type.',
    ],
    ['nothing close', named({ allowedHeaders: ['content-type'] }), preflight(APP, 'GET', 'x-a'), undefined],
    ['a short name', named({ allowedHeaders: ['x-a'] }), preflight(APP, 'GET', 'x-b'), undefined],
  ])('%s', (_, set, facts, hint) => {
    expect(hintOf(set, facts)).toBe(hint);
  });
});

describe('a later rule that also fits is named', () => {
  const first = rule({ allowedOrigins: ['*'] });
  test.each([
    [
      'if it exposes more',
      rule({ exposeHeaders: ['ETag'] }),
      'Rule 2 also fits and would expose ETag, but rule 1 comes first.',
    ],
    [
      'if it names the origin',
      rule({ allowedOrigins: [APP] }),
      'Rule 2 also fits and would answer with the origin in place of *, but rule 1 comes first.',
    ],
    ['but not if it says the same', rule(), undefined],
    ['but not for another method', rule({ allowedMethods: ['PUT'], exposeHeaders: ['ETag'] }), undefined],
  ])('%s', (_, later, hint) => {
    expect(hintOf(compiled([first, later], behaviour('s3')), ask({ origin: APP }))).toBe(hint);
  });
});

describe('for all rules', () => {
  test('a mangled entry of the origin is always named, with its rule and its text', () => {
    const mangled = fc.constantFrom(
      `${APP}/`,
      `${APP}/a`,
      `${APP}:443`,
      'App.Example.com',
      'app.example.com/',
      'http://app.example.com',
      `${APP}:8443`,
      'https://www.app.example.com',
    );
    const others = fc.array(
      fc.constantFrom('https://other.example', 'https://*.other.example', 'http://localhost:*'),
    );
    fc.assert(
      fc.property(others, others, mangled, fc.nat(3), (before, after, entry, empty) => {
        const rules = [
          ...Array.from({ length: empty }, () => rule({ allowedOrigins: ['https://other.example'] })),
          rule({ allowedOrigins: [...before, entry, ...after] }),
        ];
        expect(hintOf(compiled(rules), ask({ origin: APP }))).toMatch(
          new RegExp(`^Rule ${empty + 1} lists ${entry.replace(/[.?*]/g, '\\$&')}, `),
        );
      }),
    );
  });

  test('what is named stands in that rule, does not fit, and would fit without the slips', () => {
    const word = fc.constantFrom(
      'example.com',
      'app.example.com',
      'www.example.com',
      '*.example.com',
      'Example.com',
    );
    const entry = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTPS://', ''),
        word,
        fc.constantFrom('', ':443', ':80', ':8080', ':*'),
        fc.constantFrom('', '/', '/a', '?q'),
      )
      .map((parts) => parts.join(''))
      .filter((text) => text.split('*').length < 3);
    const asked = fc.constantFrom(
      APP,
      'https://example.com',
      'http://www.example.com',
      'https://example.com:8080',
      'http://app.example.com:80',
    );
    const rules = fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rules, asked, (lists, origin) => {
        const set = compiled(lists.map((allowedOrigins) => rule({ allowedOrigins })));
        const explained = explain(set, ask({ origin }), 'OBJECT');
        const [, number, text, reason] =
          /^Rule (\d+) lists (\S+), ([^;]+?)(?:;.*)?\.$/.exec(explained.hint ?? '') ?? [];
        if (text === undefined || reason === undefined) return;
        expect(explained.reason).toBe('origin_not_allowed');
        expect(lists[Number(number) - 1]).toContain(text);
        if (!reason.startsWith('and browsers ')) return;
        const corrected = correctedBy(reason, text, origin);
        expect(decide(listing(corrected), ask({ origin })).reason).toBe('matched');
      }),
      { numRuns: 2_000 },
    );
  });

  test('100 rules of 1,000 entries and long requests are explained in less than 5 seconds', () => {
    const rules = Array.from({ length: 100 }, (_, at) =>
      rule({
        allowedOrigins: Array.from(
          { length: 1_000 },
          (__, entry) => `https://*app.example.com:${at}${entry}/x`,
        ),
        allowedHeaders: Array.from({ length: 1_000 }, (__, entry) => `x-oss-meta-${at}-${entry}`),
      }),
    );
    const set = compileRules({ rules, responseVary: false }, behaviour('oss'));
    const allowed = compileRules(
      { rules: rules.map((one) => ({ ...one, allowedOrigins: ['*'] })), responseVary: false },
      behaviour('oss'),
    );
    const names = Array.from({ length: 1_000 }, (_, at) => `x-oss-meta-x${at}`).join();
    const started = performance.now();
    expect(explain(set, preflight(APP, 'GET', names), 'OBJECT').reason).toBe('origin_not_allowed');
    expect(explain(allowed, preflight(APP, 'GET', names), 'OBJECT').reason).toBe('header_not_allowed');
    expect(explain(set, ask({ origin: `https://${'a.'.repeat(50_000)}` }), 'OBJECT').hint).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('the reason of Vary', () => {
  const star = rule();
  const named = rule({ allowedOrigins: [APP] });
  test.each([
    [
      'names the rule that does not list *',
      compiled([named, star]),
      'origins_differ',
      /^Origins are answered differently for GET: rule 1 is the first with GET, and it does not list the origin \*\.$/,
    ],
    [
      'names the rule that every origin gets',
      compiled([star, named]),
      'same_for_every_origin',
      /^No Vary is needed: every origin gets rule 1 for GET\.$/,
    ],
    [
      'is that no rule lists the method',
      compiled([rule({ allowedMethods: ['PUT'] })]),
      'same_for_every_origin',
      /no origin gets CORS headers for GET/,
    ],
    ['is that there are no rules', compiled([]), 'same_for_every_origin', /there are no rules/],
    [
      'is ResponseVary',
      compiled([star], behaviour('oss'), true),
      'response_vary',
      /^ResponseVary is true, although every origin gets rule 1 for GET\.$/,
    ],
    ['is the mode', compiled([named], behaviour('s3', 'store')), 'store', /S3 itself sends/],
  ])('%s', (_, set, reason, sentence) => {
    const { vary } = explain(set, ask({ origin: APP }), 'OBJECT');
    expect(vary.reason).toBe(reason);
    expect(vary.because).toMatch(sentence);
  });
});
