import { describe, expect, test } from 'vitest';
import { neverAllowsMore } from '../../src/analysis/diff.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { METHODS, type Rule } from '../../src/cors/rule.ts';
import { haproxy } from '../../src/export/haproxy/haproxy.ts';
import { linesOf, quote, quoteFormat } from '../../src/export/haproxy/quote.ts';
import type { ExportOptions } from '../../src/export/target.ts';
import { compileFor } from '../../src/export/targets.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const written = (rules: readonly Rule[], given: Partial<ExportOptions> = {}) =>
  writtenFor(haproxy, compileRules({ rules, responseVary: false }, behaviourOf('oss')), given);
const textOf = (rules: readonly Rule[], given: Partial<ExportOptions> = {}): string =>
  written(rules, given).files[0]?.text ?? '';
const app = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] });

/** The lines of a section's rules, without comments. */
const linesIn = (text: string, word: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith(word));

describe('HAProxy configuration', () => {
  test('compares origins by case and whole', () => {
    const origins = ['https://app.example', 'https://*.app.example', 'http*://a'];
    expect(linesIn(textOf([{ ...app, allowedOrigins: origins }]), 'acl')).toEqual([
      'acl cors_origins_1 var(txn.cors_origin) -m str https://app.example',
      "acl cors_origins_1 var(txn.cors_origin) -m reg '^https://.{0,300}\\.app\\.example$' '^http.{0,300}://a$'",
      'acl cors_found var(txn.cors_rule) -m found',
    ]);
  });

  test('shares the acls of rules that have the same origins and names', () => {
    const one = { ...app, allowedHeaders: ['X-A'] };
    const text = textOf([one, { ...one, allowedMethods: ['PUT'], exposeHeaders: ['ETag'] }]);
    expect(linesIn(text, 'acl cors_origins')).toHaveLength(1);
    expect(linesIn(text, 'acl cors_lacks')).toHaveLength(1);
    expect(linesIn(text, 'http-after-response set-header Access-Control-Allow-Origin')).toEqual([
      'http-after-response set-header Access-Control-Allow-Origin %[var(txn.cors_origin)] if cors_found',
    ]);
  });

  // HAProxy does not start with a condition that names no acl.
  test.each<[what: string, rules: readonly Partial<Rule>[], allowsCredentials?: boolean]>([
    ['the same origin beside `*`', [{ allowedOrigins: ['*', 'https://app.example'] }, {}]],
    ['the same header beside `*`', [{ allowedHeaders: ['*', 'x-a'] }, { allowedHeaders: ['x-a'] }]],
    [
      'the same named origin without a wildcard',
      [{}, { allowedOrigins: ['https://app.example', 'https://*.b.example'] }],
      true,
    ],
  ])('a rule writes its own acl where an earlier one has %s', (_, [first, second], allowsCredentials) => {
    const rules = [
      { ...app, ...first },
      { ...app, allowedMethods: ['PUT' as const], ...second },
    ];
    const behaviour = behaviourOf('oss', allowsCredentials);
    const text = writtenFor(haproxy, compileRules({ rules, responseVary: false }, behaviour)).files[0]?.text;
    const lines = linesIn(text ?? '', '');
    const defined = lines.flatMap((line) => /^acl (\w+) /.exec(line)?.[1] ?? []);
    const used = lines.flatMap((line) => [...line.matchAll(/ !?(cors_(?:origins|named|lacks)_\d+)/g)]);
    expect(used.filter((one) => !one.input.startsWith('acl')).length).toBeGreaterThan(0);
    for (const [, name] of used) expect(defined).toContain(name);
  });

  test('escapes what is special in a name', () => {
    const text = textOf([{ ...app, allowedHeaders: ["x.y'z$", 'a^*|b'], exposeHeaders: ['100%'] }]);
    expect(text).toContain('(x[.]y\\\\x27z\\\\x24|a\\\\x5e[^,]*\\\\x7cb),');
    expect(text).toContain('Access-Control-Expose-Headers 100%% if');
  });

  test('divides long lists into lines that HAProxy reads', () => {
    const many = Array.from({ length: 100 }, (_, at) => ({
      ...app,
      allowedOrigins: Array.from({ length: 10 }, (__, one) => `https://r${at}.o${one}.example.com`),
      allowedMethods: METHODS.filter((_method, one) => one !== at % 5),
      exposeHeaders: at % 2 === 0 ? ['ETag'] : [],
    }));
    const wide = { ...app, allowedOrigins: many.flatMap(({ allowedOrigins }) => allowedOrigins) };
    for (const line of textOf([...many, wide]).split('\n')) {
      expect(line.length).toBeLessThan(1_300);
      expect(line.startsWith('#') ? 0 : line.split(' ').length).toBeLessThan(60);
    }
  });

  test('is equal to the edge, but where names are requested', () => {
    expect(written([app], { bucketUrl: 'https://b.example' })).toMatchObject({ grade: 'equal', notes: [] });
    expect(written([{ ...app, allowedHeaders: ['*'] }], { bucketUrl: 'https://b.example' })).toMatchObject({
      grade: 'same verdict',
      notes: [
        { about: expect.stringContaining('duplicates') },
        { about: expect.stringContaining('several lines, or have more than 7500 bytes') },
      ],
    });
  });

  const exposing = (bytes: number, given: Partial<Rule> = {}) =>
    rule({ ...app, exposeHeaders: ['x'.repeat(bytes)], ...given });

  test('makes room for headers that do not fit beside a long body', () => {
    const note = { about: expect.stringContaining('tune.maxrewrite 4096') };
    expect(textOf([exposing(500)])).not.toContain('tune.maxrewrite');
    for (const rules of [[exposing(750)], [exposing(400, { allowedOrigins: ['https://*.app.example'] })]]) {
      expect(textOf(rules)).toMatch(/^global\n {4}tune\.maxrewrite 4096\n\nbackend cors$/m);
      expect(written(rules).notes).toContainEqual(note);
    }
  });

  test.each([
    ['headers that have no room', exposing(3_900), 'HAProxy has room for 3840'],
    ['an origin that has no room', { ...app, allowedOrigins: ['x'.repeat(4_000)] }, 'HAProxy has room'],
    [
      'names that no preflight could request at once',
      { ...app, allowedHeaders: Array.from({ length: 2_000 }, (_, at) => `x-${at}`) },
      'AllowedHeader of rule 1',
    ],
  ])('refuses %s', (_, long, what) => {
    const rules = compileRules({ rules: [long, exposing(10)], responseVary: false }, behaviourOf('oss'));
    expect(compileFor(haproxy, rules, exportOptions())).toMatchObject({
      ok: false,
      refused: [{ rules: [1], what: expect.stringContaining(what) }],
    });
    const narrower = compileFor(haproxy, rules, exportOptions({ allowNarrower: true }));
    if (!narrower.ok) throw new Error('refused');
    expect(neverAllowsMore(rules, narrower.enforced)).toBe(true);
    expect(narrower.lost).toHaveLength(1);
  });

  test('says that a `*` of an origin has a limit', () => {
    const note = { about: expect.stringContaining('at most 300 characters') };
    expect(written([{ ...app, allowedOrigins: ['https://*.app.example'] }]).notes).toContainEqual(note);
    expect(written([app]).notes).not.toContainEqual(note);
  });

  test('names the section, variables and acls after the export', () => {
    const text = textOf([app], { name: 'media' });
    expect(text).toMatch(/^backend media$/m);
    expect(text).not.toMatch(/\bcors_/);
  });

  test.each([
    [
      'https://my-bucket.oss-cn-hangzhou.aliyuncs.com',
      'my-bucket.oss-cn-hangzhou.aliyuncs.com:443 ssl verify required ca-file @system-ca sni str(my-bucket.oss-cn-hangzhou.aliyuncs.com) resolvers default init-addr last,libc,none',
    ],
    ['http://127.0.0.1:9000/media', '127.0.0.1:9000'],
    ['https://[::1]:8443', '[::1]:8443 ssl verify required ca-file @system-ca verifyhost ::1'],
    ['https://192.0.2.7', '192.0.2.7:443 ssl verify required ca-file @system-ca verifyhost 192.0.2.7'],
    [
      null,
      'bucket.example:443 ssl verify required ca-file @system-ca sni str(bucket.example) resolvers default init-addr last,libc,none',
    ],
    [
      'no URL',
      'bucket.example:443 ssl verify required ca-file @system-ca sni str(bucket.example) resolvers default init-addr last,libc,none',
    ],
  ])('the server for %s', (bucketUrl, server) => {
    expect(linesIn(textOf([app], { bucketUrl }), 'server')).toEqual([`server bucket ${server}`]);
  });

  test('says what the certificate of an IP address must have', () => {
    const note = { about: expect.stringContaining('The bucket is an IP address') };
    expect(written([app], { bucketUrl: 'https://192.0.2.7' }).notes).toContainEqual(note);
    expect(written([app], { bucketUrl: 'http://192.0.2.7' }).notes).not.toContainEqual(note);
    expect(written([app], { bucketUrl: 'https://b.example' }).notes).not.toContainEqual(note);
  });

  test('has a path of the bucket before the path of the request', () => {
    const [line] = linesIn(textOf([app], { bucketUrl: "http://a/b%20c/$x'y" }), 'http-request set-path');
    expect(line).toBe(`http-request set-path "/b%%20c/\\$x'y%[path]"`);
  });

  test('is read back', () => {
    for (const { rules } of ruleSets(20)) {
      const text = writtenFor(haproxy, rules, { name: 'media' }).files[0]?.text ?? '';
      const read = haproxy.read(text);
      if (!read.ok) throw new Error(read.faults[0]?.reason);
      expect(read.value).toMatchObject({ isExact: true, isEdited: false });
      expect(read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
      const edited = haproxy.read(text.replace('del-header Origin', 'del-header Cookie'));
      expect(edited).toMatchObject({ value: { isEdited: true } });
    }
  });
});

describe('a word of haproxy.cfg', () => {
  test.each([
    ['https://app.example:8443', 'https://app.example:8443'],
    ['a b', "'a b'"],
    ['a#b', "'a#b'"],
    ['$HOME', "'$HOME'"],
    ['a\\b', "'a\\b'"],
    ['', "''"],
    [`it's "$\\`, `"it's \\"\\$\\\\"`],
  ])('%s', (text, word) => {
    expect(quote(text)).toBe(word);
  });

  test('does not expand', () => {
    expect(quoteFormat('%[src]')).toBe('%%[src]');
  });

  test('longer than a line is alone', () => {
    expect(linesOf(['a', 'x'.repeat(3_000), 'b'])).toEqual(['a', 'x'.repeat(3_000), 'b']);
  });
});
