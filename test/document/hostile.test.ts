import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMethod } from '../../src/cors/rule.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../src/document/read.ts';
import { faultsOf, fixture, ruleSetOf, warningsOf, xml, xmlRule } from './_help.ts';

const valid = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';

describe('a declaration anywhere in a document', () => {
  test.each([
    [
      'a billion laughs',
      `<?xml version="1.0"?>\n<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>${xmlRule('<ID>&c;</ID>')}`,
      'line 2, column 1',
    ],
    [
      'an external entity',
      `<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xmlRule('<ID>&x;</ID>')}`,
      'line 1, column 1',
    ],
    ['an external subset', `<!DOCTYPE c SYSTEM "http://a.example/c.dtd">${xmlRule('')}`, 'line 1, column 1'],
    ['a lower-case doctype', `<!doctype c>${xmlRule('')}`, 'line 1, column 1'],
    [
      'a doctype behind a quoted comment',
      `<CORSConfiguration a="<!--"><!DOCTYPE c><b c="-->"/></CORSConfiguration>`,
      'line 1, column 29',
    ],
    ['an entity inside the root', xml('<!ENTITY a "b">'), 'line 1, column 20'],
  ])('refuses %s in either reading', (_name, text, place) => {
    for (const reading of ['strict', 'store'] as const) {
      expect(faultsOf(text, reading)).toMatchObject([
        {
          code: 'BC001',
          place,
          reason: 'is a DOCTYPE or another declaration',
          write: 'the document without it',
        },
      ]);
    }
  });
});

describe('nesting', () => {
  test('of ten thousand elements is refused', () => {
    const nested = (depth: number) => xml('<a>'.repeat(depth) + '</a>'.repeat(depth) + valid);
    expect(faultsOf(nested(9000), 'store')[0]?.reason).toContain('nested');
    expect(ruleSetOf(nested(8), 'store').rules).toHaveLength(1);
    expect(faultsOf(xml('<a>'.repeat(10_000)), 'store')).toHaveLength(1);
  });

  test('of ten thousand lists or objects is refused', () => {
    expect(faultsOf('['.repeat(10_000) + ']'.repeat(10_000), 'store')).toMatchObject([
      { place: 'line 1, column 17', reason: 'is not JSON: it is nested deeper than 16 levels' },
    ]);
    expect(faultsOf('{"a":'.repeat(10_000), 'store')[0]?.reason).toContain('nested');
  });
});

describe('the size of a document', () => {
  const padded = (bytes: number): string => {
    const text = xmlRule('');
    return text.replace('</CORSRule>', `</CORSRule>${' '.repeat(bytes - text.length)}`);
  };

  test('may be 64 KB; one byte more is refused with the size and the limit', () => {
    expect(ruleSetOf(padded(MAX_DOCUMENT_BYTES)).rules).toHaveLength(1);
    expect(faultsOf(padded(MAX_DOCUMENT_BYTES + 1), 'store')).toEqual([
      {
        code: 'BC001',
        severity: 'error',
        place: 'document',
        reason: 'has 65537 bytes, more than the limit of 65536',
        write: 'a document of at most 65536 bytes',
      },
    ]);
  });

  test('is counted in bytes, not in characters', () => {
    expect(faultsOf(xmlRule(`<!--${'ä'.repeat(40_000)}-->`))[0]?.reason).toContain('bytes, more than');
  });

  test('does not grow its warnings without a limit', () => {
    const warnings = warningsOf(xml(`<${'a'.repeat(30_000)}/>${'<b/>'.repeat(5000)}${valid}`));
    expect(warnings).toHaveLength(501);
    expect(warnings.at(-1)).toMatchObject({
      place: 'CORSConfiguration',
      reason: 'has 4501 more faults',
      write: 'a document without the faults above',
    });
    expect(JSON.stringify(warnings).length).toBeLessThan(100_000);
    expect(faultsOf(xmlRule(`<ID>\u0001${'😀'.repeat(5000)}</ID>`))[0]?.value).toHaveLength(2 + 2 * 199);
  });
});

describe('names with a meaning in JavaScript', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

  test.each(names)('%s is an unknown name like any other name', (name) => {
    const inside = `<${name}><AllowedOrigin>*</AllowedOrigin></${name}><${name} ${name}="1"/>`;
    expect(ruleSetOf(xmlRule(inside))).toEqual(ruleSetOf(xmlRule('')));
    expect(warningsOf(xmlRule(inside), 'strict')).toMatchObject([{ value: name }, { value: name }]);
    expect(ruleSetOf(xml(`<${name}/>${valid}`)).rules).toHaveLength(1);
    expect(faultsOf(`<${name}><CORSConfiguration/></${name}>`)).toHaveLength(1);
    const json = `{"CORSRule":{"AllowedOrigin":"*","AllowedMethod":"GET","${name}":{"AllowedOrigin":"*"}},"${name}":1}`;
    expect(faultsOf(json).map((fault) => fault.place)).toEqual([`CORSRule[1]/${name}`, name]);
    expect(ruleSetOf(json, 'store').rules).toHaveLength(1);
    expect(({} as Record<string, unknown>).AllowedOrigin).toBeUndefined();
  });
});

describe('any text at all', () => {
  const pieces = [
    ...[
      '<',
      '>',
      '</',
      '/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!DOCTYPE',
      '&',
      '&#',
      ';',
      '"',
      "'",
      '=',
    ],
    ...[
      '<CORSConfiguration>',
      '</CORSConfiguration>',
      '<CORSRule>',
      '</CORSRule>',
      '<CORSRule/>',
      '<__proto__>',
    ],
    ...[
      '<AllowedOrigin>',
      '</AllowedOrigin>',
      '*',
      '<AllowedMethod>',
      '</AllowedMethod>',
      'GET',
      valid,
      ' ',
      '\n',
    ],
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"CORSRule"',
      '"CORSRules"',
      '"AllowedOrigins"',
      '"*"',
      '1',
      'null',
      '\ud800',
      '\uFEFF',
    ],
  ];
  const start = fc.constantFrom(
    '',
    '<CORSConfiguration>',
    `<CORSConfiguration>${valid}`,
    '{"CORSRule":',
    '[',
  );
  const texts = fc.oneof(
    fc
      .tuple(start, fc.array(fc.constantFrom(...pieces), { maxLength: 20 }))
      .map(([head, parts]) => head + parts.join('')),
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.nat({ max: 900 }), fc.constantFrom(...pieces)).map(([at, piece]) => {
      const text = fixture('oss.xml');
      return text.slice(0, at) + piece + text.slice(at);
    }),
  );

  test('is read or refused without throwing, and a rule contains only valid values', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const strict = readDocument(text, 'strict');
        const store = readDocument(text, 'store');
        if (!strict.ok) expect(strict.faults.length).toBeGreaterThan(0);
        // A document that is valid in a strict reading means the same in a store reading.
        if (strict.ok) expect(store).toMatchObject({ ok: true, ruleSet: strict.ruleSet });
        for (const rule of store.ok ? store.ruleSet.rules : []) {
          expect(rule.allowedOrigins.length).toBeGreaterThan(0);
          expect(rule.allowedMethods.length).toBeGreaterThan(0);
          expect(rule.allowedMethods.every(isMethod)).toBe(true);
          expect(rule.allowedOrigins.every((origin) => /^[^\s*]*\*?[^\s*]*$/.test(origin))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  // Time is not asserted: a quadratic reader would take minutes and reach the timeout of the test.
  test.each([
    ['spaces inside a value', xmlRule(`<ID>a${' '.repeat(60_000)}b</ID>`)],
    ['spaces inside a tag', xml(`<a${' '.repeat(60_000)}/>${valid}`)],
    ['ampersands', xmlRule(`<ID>${'&amp;'.repeat(12_000)}</ID>`)],
    ['open comments', '<CORSConfiguration>'.padEnd(65_000, '<!--')],
    ['open quotes', `<CORSConfiguration a="${`" b="`.repeat(10_000)}`],
    ['open brackets', '<CORSConfiguration>'.padEnd(65_000, '<')],
    ['keys given twice', `{"CORSRule":[{${'"a":1,\n'.repeat(9_000)}"a":1}]}`],
    ['backslashes', `["${'\\'.repeat(60_000)}"]`],
    ['unclosed texts', `[${'"'.repeat(60_001)}`],
    ['unknown elements', xml('<Allowed/>'.repeat(6_000))],
    ['unknown keys', `[{${Array.from({ length: 6_000 }, (_, at) => `"k${at}":1`).join()}}]`],
    ['methods', `[{"origin":"*","method":[${'"OPTIONS",'.repeat(6_000)}"*"]}]`],
    ['wildcards', `[{"origin":"*","method":"GET","responseHeader":[${'"*",'.repeat(15_000)}"*"]}]`],
    ['empty values', `[{"AllowedOrigins":[${'"",'.repeat(20_000)}""]}]`],
    ['commas in a value', `[{"AllowedMethods":"${','.repeat(60_000)}"}]`],
    [
      'keys around the rules',
      `{${Array.from({ length: 6_000 }, (_, at) => `"k${at}":1,`).join('')}"result":{"rules":[]}}`,
    ],
  ])('thousands of %s are read or refused in linear time', (_name, text) => {
    for (const reading of ['strict', 'store'] as const)
      expect(readDocument(text, reading)).toHaveProperty('ok');
  });
});
