import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import type { ExportOptions } from '../../src/export/target.ts';
import { equals, oneOf, regex } from '../../src/export/varnish/quote.ts';
import { varnish } from '../../src/export/varnish/varnish.ts';
import { writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const written = (rules: readonly Rule[], given: Partial<ExportOptions> = {}, responseVary = false) =>
  writtenFor(varnish, compileRules({ rules, responseVary }, behaviourOf('oss')), given);
const textOf = (rules: readonly Rule[], given: Partial<ExportOptions> = {}, responseVary = false): string =>
  written(rules, given, responseVary).files[0]?.text ?? '';
const app = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] });
const any = rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] });

/** The lines of a subroutine, without indentation. */
const sub = (text: string, name: string): readonly string[] => {
  const [, body = ''] = new RegExp(`^sub ${name} \\{\\n(.*?)^\\}`, 'ms').exec(text) ?? [];
  return body.split('\n').map((line) => line.trim());
};

describe('VCL', () => {
  test('compares origins by case and whole', () => {
    const lines = sub(
      textOf([{ ...app, allowedOrigins: ['https://a.example', 'https://*.a.example'] }]),
      'cors_answer',
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
    expect(sub(textOf([app, any]), 'cors_answer')).toContain('if (req.method ~ "^GET$") {');
    expect(textOf([any], {}, true)).toContain('set resp.http.Vary = "Origin";');
    expect(textOf([any], {}, true)).not.toContain('if (req.method ~');
  });

  test('stores objects without CORS headers', () => {
    const lines = sub(textOf([app]), 'vcl_backend_response');
    expect(lines.filter((line) => line.startsWith('unset beresp.http.Access-Control-'))).toHaveLength(7);
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
    expect(written([app])).toMatchObject({ grade: 'equal', notes: [] });
    expect(written([{ ...app, allowedHeaders: ['*'] }])).toMatchObject({
      grade: 'same verdict',
      notes: [{ about: expect.stringContaining('duplicates') }],
    });
  });

  test('names its subroutine and facts after the export', () => {
    const text = textOf([app], { name: 'media_1' });
    expect(text).toContain('sub media_1_answer {');
    expect(text).toContain('req.http.bucket-media-1-origin');
    expect(text).not.toMatch(/\bcors[_-](?:answer|origin)/);
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
