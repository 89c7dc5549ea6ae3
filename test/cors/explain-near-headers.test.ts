import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import { ask, behaviour, compiled, preflight, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const hintOf = (rules: CompiledRules, facts: Facts) => explain(rules, facts, 'OBJECT').hint;

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

describe('for many rules', () => {
  test('100 rules of 1,000 entries and long requests are explained in less than 5 seconds of CPU time', () => {
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
    const before = process.cpuUsage();
    expect(explain(set, preflight(APP, 'GET', names), 'OBJECT').reason).toBe('origin_not_allowed');
    expect(explain(allowed, preflight(APP, 'GET', names), 'OBJECT').reason).toBe('header_not_allowed');
    expect(explain(set, ask({ origin: `https://${'a.'.repeat(50_000)}` }), 'OBJECT').hint).toBeUndefined();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});
