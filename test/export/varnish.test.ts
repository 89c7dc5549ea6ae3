import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { BUCKET_HEADERS } from '../../src/export/bucket-headers.ts';
import type { ExportOptions } from '../../src/export/target.ts';
import { compileFor } from '../../src/export/targets.ts';
import { equals, oneOf, regex } from '../../src/export/varnish/quote.ts';
import { varnish } from '../../src/export/varnish/varnish.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const written = (rules: readonly Rule[], given: Partial<ExportOptions> = {}, responseVary = false) =>
  writtenFor(varnish, compileRules({ rules, responseVary }, behaviourOf('oss')), given);
const textOf = (rules: readonly Rule[], given: Partial<ExportOptions> = {}, responseVary = false): string =>
  written(rules, given, responseVary).files[0]?.text ?? '';
const app = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] });
const any = rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] });

/** The lines of a subroutine, without indentation. */
const sub = (text: string, name: string): readonly string[] => {
  const [, body = ''] = new RegExp(`^sub ${name} \\{[^\\n]*\\n(.*?)^\\}`, 'ms').exec(text) ?? [];
  return body.split('\n').map((line) => line.trim());
};

describe('VCL', () => {
  test('compares origins by case and whole', () => {
    const lines = sub(
      textOf([{ ...app, allowedOrigins: ['https://a.example', 'https://*.a.example'] }]),
      'bucket_cors_answer',
    );
    const at = lines.indexOf('if (req.http.bucket-cors-method ~ "^GET$"');
    expect(lines.slice(at, at + 7)).toEqual([
      'if (req.http.bucket-cors-method ~ "^GET$"',
      '&& (req.http.bucket-cors-origin == "https://a.example"',
      '|| req.http.bucket-cors-origin ~ "^https://.*\\.a\\.example$")',
      '&& req.http.bucket-cors-names == "") {',
      '# Rule 1',
      'set resp.http.Access-Control-Allow-Origin = req.http.bucket-cors-origin;',
      'set resp.http.Access-Control-Allow-Methods = "GET";',
    ]);
  });

  test('answers a request without Origin where every origin gets the same', () => {
    expect(textOf([any])).toContain('|| req.method ~ "^(GET|HEAD)$")');
    expect(textOf([app, any])).toContain('|| req.method ~ "^HEAD$")');
    expect(textOf([app])).not.toContain('|| req.method');
  });

  test('varies where origins differ, and not where they do not', () => {
    expect(textOf([any])).not.toContain('"Origin"');
    expect(sub(textOf([app, any]), 'bucket_cors_answer')).toContain('if (req.method ~ "^GET$") {');
    expect(textOf([any], {}, true)).toContain('set resp.http.Vary = "Origin";');
    expect(textOf([any], {}, true)).not.toContain('if (req.method ~');
  });

  test('stores objects without CORS headers', () => {
    const lines = sub(textOf([app]), 'vcl_backend_response');
    expect(lines.filter((line) => line.startsWith('unset beresp.http.Access-Control-'))).toHaveLength(
      BUCKET_HEADERS.length,
    );
    expect(lines.some((line) => line.startsWith('set beresp.http.Access-Control-'))).toBe(false);
  });

  test('without rules refuses every preflight', () => {
    const lines = sub(textOf([]), 'vcl_synth');
    expect(lines.filter((line) => line.includes('status'))).toEqual([
      'set resp.status = 400;',
      'set resp.status = 400;',
      'set resp.status = 403;',
    ]);
    expect(lines.join('\n')).toContain('CORS is not enabled for this bucket.');
  });

  test('is equal to the edge, but where names are requested', () => {
    const notesOf = (rules: readonly Rule[]) => written(rules).notes.map(({ about }) => about);
    expect(written([app]).grade).toBe('equal');
    expect(notesOf([app]).join()).not.toContain('duplicates');
    const named = [{ ...app, allowedHeaders: ['*'] }];
    expect(written(named).grade).toBe('same verdict');
    expect(notesOf(named).join()).toContain('duplicates');
  });

  test('says that it rules every site of its VCL, and that nothing is piped', () => {
    expect(written([app]).notes).toMatchObject([
      { about: expect.stringContaining('every request of the VCL') },
      { about: expect.stringContaining('405') },
    ]);
  });

  test.each(['media', 'vcl', 'vcl_deliver', `${'long_'.repeat(60)}`])(
    'is the same for every name: two exports in one VCL are a fault; %s',
    (name) => {
      const [text, other] = [textOf([app], { name }), textOf([app])];
      const codeOf = (vcl: string) => vcl.slice(vcl.indexOf('\nvcl 4.1;'));
      expect(codeOf(text)).toBe(codeOf(other));
    },
  );

  test('copies no list of requested names for a rule: the copies would fill the workspace', () => {
    const text = textOf([{ ...app, allowedHeaders: ['x-a', 'x-b-*'] }]);
    expect(text).toContain('&& req.http.bucket-cors-names ~ "^((x-a|x-b-[^,]*),)*+$") {');
  });

  test.each([
    [
      'names that no preflight could request at once',
      { allowedHeaders: Array.from({ length: 5_000 }, (_, at) => `x-${at}`) },
    ],
    ['exposed names that do not fit beside a preflight', { exposeHeaders: ['x'.repeat(4_001)] }],
  ])('refuses %s', (_, given) => {
    const rules = compileRules({ rules: [{ ...app, ...given }], responseVary: false }, behaviourOf('oss'));
    expect(compileFor(varnish, rules, exportOptions())).toMatchObject({
      ok: false,
      refused: [{ rules: [1] }],
    });
  });

  test('is read back', () => {
    for (const { rules } of ruleSets(20)) {
      const text = writtenFor(varnish, rules, { name: 'media' }).files[0]?.text ?? '';
      const read = varnish.read(text);
      if (!read.ok) throw new Error(read.faults[0]?.reason);
      expect(read.value).toMatchObject({ isExact: true, isEdited: false });
      expect(read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
      const edited = varnish.read(text.replace('unset bereq.http.Origin;', ''));
      expect(edited).toMatchObject({ value: { isEdited: true } });
    }
  });
});

test.each([
  ['a name that is no name', '"name":"cors"', '"name":"a {}"'],
  ['no name', '"name":"cors"', '"nome":"cors"'],
  ['an unknown dialect', '"oss"', '"xyz"'],
])('a file whose record has %s is not read', (_, from, to) => {
  const text = textOf([app]);
  const record = text.replaceAll('\n# bucket-cors-export: ', '');
  expect(record).toContain(from);
  const [head = '', rest = ''] = record.split('audit`.');
  const read = (given: string) => varnish.read(`${head}\n# bucket-cors-export: ${given}`);
  expect(read(rest).ok).toBe(true);
  expect(read(rest.replace(from, to)).ok).toBe(false);
});

describe('a string of VCL', () => {
  test('has no escapes, so that a quotation mark is a regular expression', () => {
    expect(equals('o', 'a$\\b')).toBe('o == "a$\\b"');
    expect(equals('o', 'a"}.b')).toBe('o ~ "^a\\x22\\}\\.b$"');
  });

  test('is a regular expression of whole words', () => {
    expect(oneOf(['GET'])).toBe('"^GET$"');
    expect(oneOf(['GET', 'PUT'])).toBe('"^(GET|PUT)$"');
    expect(regex('"')).toBe('"\\x22"');
  });
});
