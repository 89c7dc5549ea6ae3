import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { cloudfront } from '../../src/export/cloudfront/cloudfront.ts';
import { errorPolicyOf } from '../../src/export/cloudfront/error-policy.ts';
import { FUNCTION_LIMIT } from '../../src/export/cloudfront/function.ts';
import type { Written } from '../../src/export/target.ts';
import { openFunction } from '../../src/node/prove/cloudfront-runtime.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const rulesOf = (rules: readonly Rule[], dialect: 'oss' | 's3' = 'oss'): CompiledRules =>
  compileRules({ rules, responseVary: false }, behaviourOf(dialect));

/** Rules of ten origins each. */
const many = (count: number): CompiledRules =>
  rulesOf(
    Array.from({ length: count }, (_, at) =>
      rule({
        allowedOrigins: Array.from({ length: 10 }, (__, other) => `https://app-${other}.site-${at}.example`),
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag'],
      }),
    ),
  );

const fileOf = ({ files }: Written, end: string): string =>
  files.find(({ name }) => name.endsWith(end))?.text ?? '';

const READ = { allowedMethods: ['GET', 'HEAD'] } as const;
const WRITE = { allowedMethods: ['GET', 'HEAD', 'POST', 'PUT'] } as const;
const A = 'https://a.example';
const B = 'https://b.example';

describe('the policy for errors', () => {
  test.each<[string, readonly Rule[], 'oss' | 's3', Partial<ReturnType<typeof errorPolicyOf>>]>([
    [
      'every origin reads',
      [rule({ allowedOrigins: ['*'], ...READ })],
      's3',
      { origins: ['*'], credentials: false, lost: [] },
    ],
    [
      'one origin reads',
      [rule({ allowedOrigins: [A], ...READ })],
      'oss',
      { origins: [A], methods: ['GET', 'HEAD'], lost: [] },
    ],
    [
      'with credentials',
      [rule({ allowedOrigins: [A], ...READ })],
      's3',
      { origins: [A], credentials: true, lost: [] },
    ],
    [
      'PUT and POST',
      [rule({ allowedOrigins: [A], ...WRITE, exposeHeaders: ['ETag'] })],
      'oss',
      { origins: [A], exposeHeaders: ['ETag'], lost: [] },
    ],
    [
      'GET without HEAD',
      [rule({ allowedOrigins: [A], allowedMethods: ['GET'] })],
      'oss',
      { origins: [], lost: [A] },
    ],
    [
      'PUT without POST',
      [rule({ allowedOrigins: [A], allowedMethods: ['GET', 'HEAD', 'PUT'] })],
      'oss',
      { origins: [], lost: [A] },
    ],
    [
      'what all methods expose',
      [
        rule({ allowedOrigins: [A], allowedMethods: ['GET'], exposeHeaders: ['ETag', 'X-A'] }),
        rule({ allowedOrigins: [A], allowedMethods: ['HEAD'], exposeHeaders: ['x-a', 'X-B'] }),
      ],
      'oss',
      { origins: [A], exposeHeaders: ['X-A'], lost: [A] },
    ],
    [
      'what all origins expose',
      [
        rule({ allowedOrigins: [A], ...READ, exposeHeaders: ['ETag'] }),
        rule({ allowedOrigins: ['*'], ...READ }),
      ],
      's3',
      { origins: ['*'], exposeHeaders: [], credentials: false, lost: [A, '*'] },
    ],
    [
      'a pattern, and null',
      [rule({ allowedOrigins: [A, 'https://*.b.example', 'null', 'www.example', `${B}/`], ...READ })],
      'oss',
      { origins: [A], lost: ['https://*.b.example', 'null', 'www.example', `${B}/`] },
    ],
    ['no rules', [], 'oss', { origins: [], lost: [] }],
  ])('%s', (_, rules, dialect, expected) => {
    expect(errorPolicyOf(rulesOf(rules, dialect))).toMatchObject(expected);
  });
});

describe('an export for CloudFront', () => {
  test('has the fields that the API asks for', () => {
    for (const { rules } of ruleSets()) {
      const written = writtenFor(cloudfront, rules, { name: 'media' });
      const policy = JSON.parse(fileOf(written, '.response-headers-policy.json'));
      expect(policy.Name).toBe('media');
      expect(policy.Comment.length).toBeLessThanOrEqual(128);
      expect(policy.RemoveHeadersConfig.Quantity).toBe(6);
      const cors = policy.CorsConfig;
      if (cors !== undefined) {
        for (const name of ['AllowOrigins', 'AllowHeaders', 'AllowMethods'] as const)
          expect(cors[`AccessControl${name}`].Items.length).toBe(cors[`AccessControl${name}`].Quantity);
        expect(cors.AccessControlAllowOrigins.Quantity).toBeGreaterThan(0);
        expect(cors.OriginOverride).toBe(true);
        if (cors.AccessControlAllowCredentials)
          expect(cors.AccessControlAllowOrigins.Items).not.toContain('*');
      }
      const behavior = JSON.parse(fileOf(written, '.cache-behavior.json'));
      // CloudFront takes three lists of methods.
      expect([3, 7]).toContain(behavior.AllowedMethods.Quantity);
      expect(behavior.AllowedMethods.Items).toContain('OPTIONS');
      expect(behavior.FunctionAssociations.Quantity).toBe(2);
      const { ParametersInCacheKeyAndForwardedToOrigin: key } = JSON.parse(
        fileOf(written, '.cache-policy.json'),
      );
      expect(key.HeadersConfig).toEqual({ HeaderBehavior: 'none' });
    }
  });

  test('is a function that CloudFront takes, whatever the source is called', () => {
    for (const { rules } of ruleSets()) {
      const text = fileOf(writtenFor(cloudfront, rules, { source: 's'.repeat(2_000) }), '.js');
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(FUNCTION_LIMIT);
      expect(() => openFunction(text)).not.toThrow();
    }
  });

  test('as Terraform has balanced blocks, and the function as it is', () => {
    const odd = rulesOf([rule({ allowedOrigins: ['https://$' + '{a}%' + '{b}.example"\\'], ...READ })]);
    for (const rules of [odd, ...ruleSets().map((set) => set.rules)]) {
      const written = writtenFor(cloudfront, rules, { format: 'terraform', name: 'media' });
      expect(written.files.map(({ name }) => name)).toEqual(['media.tf']);
      const text = fileOf(written, '.tf');
      const [, before = '', code = '', after = ''] =
        /^([\s\S]*)<<CODE\n([\s\S]*\n)CODE\n([\s\S]*)$/.exec(text) ?? [];
      // HCL: `$$` and `%%` before a brace stand for one.
      expect(code).not.toMatch(/(?:^|[^$])\$\{|(?:^|[^%])%\{/m);
      expect(() => openFunction(code.replace(/([$%])\1\{/g, '$1{'))).not.toThrow();
      const lines = `${before}""\n${after}`.replace(/^\s*#.*$/gm, '').replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
      expect(lines.match(/\{/g)?.length).toBe(lines.match(/\}/g)?.length);
      const known = /^\s*(?:resource "" "" \{|\w+ \{|\}|\w+ += (?:""|\d+|true|false|\[(?:"", )*""\]))?$/gm;
      expect(lines.replace(known, '').trim()).toBe('');
      expect(text).toContain('aws_cloudfront_function.media.arn');
    }
  });

  test('leaves comments out first, then the record, and then is refused with figures', () => {
    const [commented, compact] = [writtenFor(cloudfront, many(1)), writtenFor(cloudfront, many(5))];
    expect(fileOf(commented, '.js')).toContain('// The first rule that matches applies.');
    expect(fileOf(compact, '.js')).not.toContain('// The first rule that matches applies.');
    expect(fileOf(compact, '.js')).toContain('bucket-cors-export:');
    const bare = writtenFor(cloudfront, many(10));
    expect(fileOf(bare, '.js')).not.toContain('bucket-cors-export:');
    expect(fileOf(bare, '.export.txt')).toContain('bucket-cors-export:');
    const refused = cloudfront.compile(many(40), exportOptions());
    expect(refused).toMatchObject({ ok: false });
    const [{ what, nearest, rules, origins } = { what: '', nearest: '', rules: [], origins: [] }] = refused.ok
      ? []
      : refused.refused;
    expect(what).toMatch(/^The function has \d{5} bytes without comments; CloudFront takes 10240\.$/);
    const [, fit] = /^The first (\d+) of the 40 rules have room\.$/.exec(nearest) ?? [];
    expect(rules[0]).toBe(Number(fit) + 1);
    expect(origins).toHaveLength(10);
  });

  test('that is too large has the first rules with --allow-narrower', () => {
    const written = writtenFor(cloudfront, many(40), { allowNarrower: true });
    const fit = written.enforced.rules.length;
    expect(fit).toBeGreaterThan(5);
    expect(written.lost.flatMap(({ rules: numbers }) => numbers)).toEqual(
      Array.from({ length: 40 - fit }, (_, at) => fit + 1 + at),
    );
    const read = cloudfront.read(fileOf(written, '.export.txt'));
    expect(read.ok && read.value.rules.rules).toHaveLength(fit);
    const text = fileOf(written, '.js');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(FUNCTION_LIMIT);
    expect(() => openFunction(text)).not.toThrow();
  });

  test('says which error answers have fewer headers', () => {
    const notes = ({ notes: all }: Written) => all.map(({ about }) => about).join('\n');
    expect(notes(writtenFor(cloudfront, rulesOf([rule({ allowedOrigins: ['*'], ...READ })])))).not.toMatch(
      /can read less/,
    );
    const some = rulesOf([rule({ allowedOrigins: [A, 'https://*.b.example'], ...READ })]);
    expect(notes(writtenFor(cloudfront, some))).toMatch(/can read less .*: https:\/\/\*\.b\.example\.$/m);
  });
});

describe('a deployed', () => {
  test.each(['config', 'terraform'] as const)(
    'export as %s reads back, and notices a change by hand',
    (format) => {
      for (const { rules } of ruleSets()) {
        const [file] = writtenFor(cloudfront, rules, { format, source: 'a file' }).files;
        const text = file?.text ?? '';
        const read = cloudfront.read(text);
        expect(read).toMatchObject({ ok: true, value: { isExact: true, isEdited: false } });
        expect(read.ok && read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
        expect(cloudfront.read(`${text}x`)).toMatchObject({ ok: true, value: { isEdited: true } });
      }
    },
  );

  const policy = {
    ResponseHeadersPolicy: {
      Id: 'x',
      ResponseHeadersPolicyConfig: {
        Name: 'CORS',
        CorsConfig: {
          AccessControlAllowOrigins: { Quantity: 3, Items: [A, 'https://*.b.example', 'c.example'] },
          AccessControlAllowHeaders: { Quantity: 1, Items: ['content-type'] },
          AccessControlAllowMethods: { Quantity: 1, Items: ['ALL'] },
          AccessControlAllowCredentials: true,
          AccessControlExposeHeaders: { Quantity: 1, Items: ['ETag'] },
          AccessControlMaxAgeSec: 600,
          OriginOverride: false,
        },
      },
    },
    ETag: 'y',
  };

  test('policy answers as documented', () => {
    const read = cloudfront.read(JSON.stringify(policy));
    if (!read.ok) throw new Error(read.faults[0]?.reason);
    const { answer, isExact, notes, rules, name } = read.value;
    expect(name).toBe('the response headers policy CORS');
    expect(isExact).toBe(false);
    expect(notes.join(' ')).toContain('OriginOverride is false');
    expect(rules.rules[0]).toMatchObject({ allowedMethods: ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'] });
    const asked = { method: 'GET', requestMethod: null, requestHeaders: null };
    const origins = [A, 'https://x.b.example', 'http://c.example', 'https://c.example'];
    for (const origin of origins)
      expect(answer({ ...asked, origin }).headers).toEqual([
        ['Access-Control-Allow-Origin', origin],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', 'ETag'],
      ]);
    for (const origin of [
      null,
      'https://b.example',
      'https://a.example:8443',
      'https://c.example.org',
      `${A},${A}`,
    ])
      expect(answer({ ...asked, origin }).headers).toEqual([]);
    const preflight = answer({ method: 'OPTIONS', origin: A, requestMethod: 'PUT', requestHeaders: null });
    expect(preflight.headers).toContainEqual(['Access-Control-Max-Age', '600']);
  });

  test('policy without CORS is refused', () => {
    expect(cloudfront.read('{"Name":"x"}')).toMatchObject({ ok: false, faults: [{ place: 'CorsConfig' }] });
    expect(cloudfront.read('{')).toMatchObject({ ok: false });
  });

  test.each([[[A]], [['https://*.b.example']]])('policy of an export is refused: %s', (allowedOrigins) => {
    const written = writtenFor(cloudfront, rulesOf([rule({ allowedOrigins, ...READ })], 's3'));
    const config = JSON.parse(fileOf(written, '.response-headers-policy.json'));
    for (const text of [
      config,
      { ResponseHeadersPolicy: { ResponseHeadersPolicyConfig: config }, ETag: 'x' },
    ])
      expect(cloudfront.read(JSON.stringify(text))).toMatchObject({
        ok: false,
        faults: [
          { reason: expect.stringContaining('400 and more'), write: expect.stringContaining('the function') },
        ],
      });
  });

  describe.each([
    ['beside', false],
    ['in place of', true],
  ])("policy writes %s the bucket's headers", (_, overrides) => {
    const config = structuredClone(policy);
    config.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.CorsConfig.OriginOverride = overrides;
    const read = cloudfront.read(JSON.stringify(config));
    const answer = read.ok ? read.value.answer : () => ({ status: null, headers: [] });
    const bucket = {
      status: 403,
      headers: [
        ['Access-Control-Allow-Origin', '*'],
        ['Vary', 'Origin'],
      ] as const,
    };
    const asked = { method: 'OPTIONS', requestMethod: 'PUT', requestHeaders: null };

    test('to a listed origin, with its status', () => {
      const { status, headers } = answer({ ...asked, origin: A }, bucket);
      expect(status).toBe(403);
      expect(headers).toContainEqual(['Vary', 'Origin']);
      const allowed = headers.filter(([name]) => name === 'Access-Control-Allow-Origin');
      expect(allowed).toEqual([['Access-Control-Allow-Origin', overrides ? A : '*']]);
    });

    test('but not to another', () => {
      expect(answer({ ...asked, origin: 'https://other.example' }, bucket)).toEqual(bucket);
    });
  });
});

describe('the runtime of CloudFront', () => {
  const BODY = 'function handler(event) { return event.request; }';

  test.each([
    ['spread', '[...[1]]'],
    ['for of', 'for (const a of []) {}'],
    ['destructuring', 'const { a } = {}'],
    ['optional chaining', 'BODY?.x'],
    ['classes', 'class A {}'],
    ['import', 'import cf from "cloudfront"'],
  ])('does not have %s', (_, text) => {
    expect(() => openFunction(`${text};\n${BODY}`)).toThrow(/does not have/);
  });

  test.each([
    ['eval', 'globalThis["ev" + "al"]("1")'],
    ['Function', 'Function("return 1")()'],
    ['timers', 'setTimeout(handler, 1)'],
    ['process', 'process.exit()'],
    ['replaceAll', '"a".replaceAll("a", "b")'],
    ['flatMap', '[1].flatMap((one) => [one])'],
    ['Map', 'new Map()'],
  ])('cannot run %s', (_, text) => {
    expect(() => openFunction(`${text};\n${BODY}`)).toThrow();
  });

  test('refuses read-only and disallowed headers', () => {
    const event = {
      request: { headers: {} },
      response: { statusCode: 200, headers: { via: { value: 'a' } } },
    };
    const changed = (code: string) => () =>
      openFunction(`function handler(event) { ${code} return event.response; }`)('viewer-response', event);
    expect(changed('')).not.toThrow();
    expect(changed('delete event.response.headers.via;')).toThrow(/read-only/);
    expect(changed("event.response.headers['x-cache'] = { value: 'a' };")).toThrow(/not allowed/);
    expect(changed("event.response.headers.Vary = { value: 'a' };")).toThrow(/lower case/);
  });
});
