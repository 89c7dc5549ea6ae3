import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import { caddy } from '../../src/export/caddy/caddy.ts';
import { writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const textFor = (...given: Parameters<typeof rule>[0][]): string => {
  const rules = compileRules({ rules: given.map(rule), responseVary: false }, behaviourOf('oss'));
  return writtenFor(caddy, rules).files[0]?.text ?? '';
};
const bodyOf = (text: string): string => text.slice(text.indexOf('\n(cors'));

describe('a Caddy export', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('is read back: %s', (_, { rules }) => {
    const text = writtenFor(caddy, rules).files[0]?.text ?? '';
    const read = caddy.read(text);
    expect(read.ok && read.value).toMatchObject({
      isExact: true,
      isEdited: false,
      behaviour: rules.behaviour,
    });
    expect(read.ok && read.value.rules.rules).toEqual(rules.rules.map((one) => one.rule));
    const edited = caddy.read(text.replace('request_header -Origin', ''));
    expect(edited.ok && edited.value.isEdited).toBe(true);
  });

  test('has no character in a matcher that Caddy gives a meaning', () => {
    const odd = 'https://a$b.example\'{}|^`%"\\#{path}{$HOME}{args[0]}(<*>)';
    const text = bodyOf(
      textFor({ allowedOrigins: [odd], allowedMethods: ['GET'], allowedHeaders: ["x!#$%&'^`|~"] }),
    );
    const matchers = text.split('\n').filter((line) => line.includes('header_regexp'));
    expect(matchers.join('\n')).toContain('https://a\\x24b\\.example\\x27\\x7b\\x7d');
    for (const line of matchers) expect(line).not.toMatch(/["'`{}%#&~<>!](?!$)|\$(?![|)]|$)/);
  });

  test('escapes a dot, and compares whole origins with case', () => {
    const text = textFor({
      allowedOrigins: ['https://a.example', 'https://*.b.example'],
      allowedMethods: ['GET'],
    });
    expect(text).toContain('Origin ^(?:https://a\\.example|https://[^,\\x20\\t]*\\.b\\.example)$');
  });

  test('compares no origin where every origin has the same answer', () => {
    const text = bodyOf(textFor({ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: ['*'] }));
    expect(text).toContain('@cors_rule_1 header_regexp Access-Control-Request-Method ^GET$');
    expect(text).not.toContain('cors_varies');
    expect(text).not.toContain('{vars.');
  });

  test('compares no headers that are longer than the edge accepts', () => {
    const lines = bodyOf(textFor({ allowedOrigins: ['*'], allowedMethods: ['GET'] })).split('\n');
    const [long, compared] = ['respond @cors_long 431', 'header_regexp'].map((part) =>
      lines.findIndex((line) => line.includes(part)),
    );
    expect(long).toBeGreaterThan(0);
    expect(compared).toBeGreaterThan(long ?? 0);
  });

  test('gives null no credentials', () => {
    const rules = compileRules(
      {
        rules: [rule({ allowedOrigins: ['null', 'https://a.example'], allowedMethods: ['GET'] })],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    expect(writtenFor(caddy, rules).files[0]?.text).toContain(
      '@cors_rule_1_credentials not header_regexp Origin ^null$',
    );
  });

  test('is equal unless preflights may ask for headers', () => {
    const grades = ruleSets().map(({ rules }) => {
      const asks = rules.rules.some((one) => one.rule.allowedHeaders.length > 0);
      const { grade, notes } = writtenFor(caddy, rules);
      return grade === (asks ? 'same verdict' : 'equal') && notes.length === (asks ? 1 : 0);
    });
    expect(grades).not.toContain(false);
  });

  test('has the name of the export in each of its names, and the bucket in the example', () => {
    const rules = compileRules(
      {
        rules: [rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'] })],
        responseVary: false,
      },
      behaviourOf('s3'),
    );
    const [file] = writtenFor(caddy, rules, { name: 'media', bucketUrl: 'https://b.example' }).files;
    expect(file?.name).toBe('media.caddyfile');
    expect(file?.text).toContain('reverse_proxy https://b.example {');
    expect(file?.text.slice(file.text.indexOf('#\n'))).not.toMatch(/cors[_)]/);
  });
});
