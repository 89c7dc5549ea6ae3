import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import { apache } from '../../src/export/apache/apache.ts';
import { exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const textFor = (...given: Parameters<typeof rule>[0][]): string => {
  const rules = compileRules({ rules: given.map(rule), responseVary: false }, behaviourOf('oss'));
  return writtenFor(apache, rules).files[0]?.text ?? '';
};
const bodyOf = (text: string): string => text.slice(text.indexOf('# What the request has'));

describe('an Apache export', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('is read back: %s', (_, { rules }) => {
    const text = writtenFor(apache, rules).files[0]?.text ?? '';
    const read = apache.read(text);
    expect(read.ok && read.value).toMatchObject({
      isExact: true,
      isEdited: false,
      behaviour: rules.behaviour,
    });
    expect(read.ok && read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
    const edited = apache.read(text.replace('RequestHeader unset Origin', ''));
    expect(edited.ok && edited.value.isEdited).toBe(true);
  });

  test('writes each odd character of an origin by its number', () => {
    const odd = 'https://a$b.example\'{}|^`%"\\#$$PATH}%{x}(<*>)'.replace('$$', '$' + '{');
    const text = bodyOf(textFor({ allowedOrigins: [odd], allowedMethods: ['GET'] }));
    expect(text).toContain(
      'm#^https://a\\x24b\\.example\\x27\\x7b\\x7d\\x7c\\x5e\\x60\\x25\\x22\\x5c\\x23\\x24\\x7bPATH',
    );
    expect(text).not.toContain('${');
  });

  test('escapes the dollar of a header name, which would stand for a part of a match', () => {
    const text = textFor({ allowedOrigins: ['*'], allowedMethods: ['GET'], exposeHeaders: ['x$1'] });
    expect(text).toContain('"cors_expose=x\\$1"');
  });

  test('compares exact origins as strings, and others by one expression', () => {
    const text = textFor({
      allowedOrigins: ['https://a.example', 'https://*.b.example'],
      allowedMethods: ['GET'],
    });
    expect(text).toContain("reqenv('cors_origin') == 'https://a.example'");
    expect(text).toContain("reqenv('cors_origin') =~ m#^https://[^,\\x20\\t]*\\.b\\.example$#");
  });

  test('removes each CORS header from both tables, and writes each in one', () => {
    for (const { rules } of ruleSets()) {
      const lines = (writtenFor(apache, rules).files[0]?.text ?? '').split('\n');
      const headers = lines.filter((line) => /^Header .*Access-Control/.test(line));
      const unset = headers.filter((line) => line.startsWith('Header unset '));
      expect(unset.map((line) => line.replace('Header', 'Header always'))).toEqual(
        headers.filter((line) => line.startsWith('Header always unset ')),
      );
      const others = headers.filter((line) => !line.includes('unset'));
      expect(others.every((line) => /^Header always (?:set|edit\*) /.test(line))).toBe(true);
    }
  });

  test.each([
    ['AllowedOrigin', { allowedOrigins: [`https://${'a'.repeat(8_100)}`] }],
    ['AllowedHeader', { allowedHeaders: Array.from({ length: 3_000 }, (_, at) => `x-h-${at}`) }],
  ])('refuses what no regular expression of Apache compares: %s', (name, given) => {
    const rules = compileRules(
      {
        rules: [
          rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], ...given }),
          rule({ allowedOrigins: ['https://b.example'], allowedMethods: ['PUT'] }),
        ],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    const refused = apache.compile(rules, exportOptions());
    expect(refused.ok ? [] : refused.refused.map(({ what, rules: numbers }) => [what, numbers])).toEqual([
      [expect.stringContaining(name), [1]],
    ]);
    const narrower = apache.compile(rules, exportOptions({ allowNarrower: true }));
    expect(narrower.ok && narrower.enforced.rules.map((one) => one.rule)).toEqual([rules.rules[1]?.rule]);
  });

  test('gives null no credentials', () => {
    const rules = compileRules(
      {
        rules: [rule({ allowedOrigins: ['null', 'https://a.example'], allowedMethods: ['GET'] })],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    const [file] = writtenFor(apache, rules).files;
    expect(file?.text).toContain(
      "reqenv('cors_rule') == '1' && reqenv('cors_origin') != 'null'\" cors_credentials",
    );
  });

  test('is equal unless preflights may ask for headers', () => {
    const grades = ruleSets().map(({ rules }) => {
      const asks = rules.rules.some((one) => one.rule.allowedHeaders.length > 0);
      const { grade, notes } = writtenFor(apache, rules);
      return grade === (asks ? 'same verdict' : 'equal') && notes.length === (asks ? 1 : 0);
    });
    expect(grades).not.toContain(false);
  });

  test('has the name of the export in each variable, and the bucket in the example', () => {
    const rules = compileRules(
      {
        rules: [rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'] })],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    const [file] = writtenFor(apache, rules, { name: 'media', bucketUrl: 'https://b.example' }).files;
    expect(file?.name).toBe('media.conf');
    expect(file?.text).toContain('ProxyPass / https://b.example/ nocanon');
    expect(file?.text.slice(file.text.indexOf('#\n'))).not.toMatch(/\bcors_/);
  });
});
