import { describe, expect, test } from 'vitest';
import { NO_RULES } from '../../src/cors/rule.ts';
import { faultsOf, fixture, ruleSetOf, warningsOf, xml, xmlRule } from './_help.ts';

describe('XML documents', () => {
  test("OSS's own sample is read, with the space before Authorization trimmed", () => {
    expect(ruleSetOf(fixture('oss.xml'))).toEqual({
      rules: [
        {
          allowedOrigins: ['*'],
          allowedMethods: ['PUT', 'GET'],
          allowedHeaders: ['Authorization'],
          exposeHeaders: [],
        },
        {
          allowedOrigins: ['http://example.com', 'http://example.net'],
          allowedMethods: ['GET'],
          allowedHeaders: ['Authorization'],
          exposeHeaders: ['x-oss-test', 'x-oss-test1'],
          maxAgeSeconds: 100,
        },
      ],
      responseVary: true,
    });
    expect(warningsOf(fixture('oss.xml'), 'strict')).toEqual([]);
  });

  test("S3's document is read in its namespace and in its own order", () => {
    expect(ruleSetOf(fixture('s3.xml'))).toEqual({
      rules: [
        {
          id: 'uploads',
          allowedOrigins: ['https://*.example.com'],
          allowedMethods: ['PUT', 'POST'],
          allowedHeaders: ['*'],
          exposeHeaders: ['x-amz-server-side-encryption', 'ETag'],
          maxAgeSeconds: 3000,
        },
        { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] },
      ],
      responseVary: false,
    });
  });

  const plain = ruleSetOf(xmlRule('<AllowedHeader>x-a</AllowedHeader>'));
  test.each([
    ['a byte order mark in front', `\uFEFF${xmlRule('<AllowedHeader>x-a</AllowedHeader>')}`],
    [
      'a line break before the declaration',
      `\n <?xml version="1.0"?>\n${xmlRule('<AllowedHeader>x-a</AllowedHeader>')}\n`,
    ],
    ['a declared __proto__', `<?xml __proto__="1"?>${xmlRule('<AllowedHeader>x-a</AllowedHeader>')}`],
    ['CRLF line ends', xmlRule('\r\n<AllowedHeader>\r\nx-a\r\n</AllowedHeader>\r\n')],
    ['CDATA', xmlRule('<AllowedHeader> <![CDATA[x-a]]> </AllowedHeader>')],
    ['a comment inside a value', xmlRule('<AllowedHeader>x<!-- -->-a</AllowedHeader>')],
    ['numeric references', xmlRule('<AllowedHeader>&#120;&#x2D;a</AllowedHeader>')],
    ['a reference to a space at the end', xmlRule('<AllowedHeader>x-a&#32;</AllowedHeader>')],
    ['attributes', xmlRule('<AllowedHeader a="b>c">x-a</AllowedHeader>')],
    [
      'comments and instructions around',
      `<!-- a --><?b c?>${xmlRule('<AllowedHeader>x-a</AllowedHeader>')}<!-- d -->`,
    ],
    [
      'prefixed elements',
      xmlRule('<AllowedHeader>x-a</AllowedHeader>')
        .replaceAll('</', '</s:')
        .replace(/<(?=[A-Z])/g, '<s:'),
    ],
  ])('%s does not change the rules', (_name, text) => {
    expect(ruleSetOf(text)).toEqual(plain);
  });

  test('the five entities are decoded once, and not at all in CDATA', () => {
    const id = (value: string) => ruleSetOf(xmlRule(`<ID>${value}</ID>`)).rules[0]?.id;
    expect(id('&lt;&gt;&amp;&quot;&apos;')).toBe(`<>&"'`);
    expect(id('&amp;lt;&#38;gt;')).toBe('&lt;&gt;');
    expect(id('<![CDATA[&lt;]]>')).toBe('&lt;');
    expect(id('&#x1F600;')).toBe('😀');
  });

  test.each([
    ['an entity XML does not have', '&nbsp;'],
    ['a reference to NUL', '&#0;'],
    ['a reference to a lone surrogate', '&#xD800;'],
    ['a reference beyond Unicode', '&#x110000;'],
    ['an empty reference', '&#;'],
  ])('%s is a fault at its value', (_name, reference) => {
    expect(
      faultsOf(xmlRule(`<ExposeHeader>ETag</ExposeHeader><ExposeHeader>${reference}</ExposeHeader>`)),
    ).toMatchObject([
      {
        code: 'BC001',
        place: 'CORSRule[1]/ExposeHeader[2]',
        value: reference,
        reason: `contains ${reference}, which stands for no character in XML`,
        write: expect.stringContaining('&amp;'),
      },
    ]);
  });

  test('an element inside a value is a fault; the texts around it are not joined', () => {
    expect(
      faultsOf(
        xml(
          '<CORSRule><AllowedOrigin>https://<b/>a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>',
        ),
      ),
    ).toMatchObject([
      { place: 'CORSRule[1]/AllowedOrigin[1]', reason: 'contains the element b', write: 'plain text' },
    ]);
  });

  test('text where only elements belong is a fault', () => {
    expect(
      faultsOf(`${xmlRule('oops').replace('</CORSConfiguration>', 'dear</CORSConfiguration>')}`),
    ).toMatchObject([
      { place: 'CORSConfiguration', value: 'dear' },
      { place: 'CORSRule[1]', value: 'oops' },
    ]);
  });

  test.each([
    ['AllowedHeaders', 'AllowedHeader'],
    ['allowedheader', 'AllowedHeader'],
    ['ExposedHeader', 'ExposeHeader'],
    ['Id', 'ID'],
    ['MaxAgeSecond', 'MaxAgeSeconds'],
    ['ExposedHeaders', 'ExposeHeader'],
    ['AllowHeader', 'AllowedHeader'],
  ])('the element %s is refused in a file and ignored from a store: %s is meant', (unknown, known) => {
    const text = xmlRule(`<${unknown}>1</${unknown}>`);
    const fault = { code: 'BC002', place: `CORSRule[1]/${unknown}[1]`, value: unknown, write: known };
    expect(faultsOf(text)).toMatchObject([{ ...fault, reason: 'is an unknown element', severity: 'error' }]);
    expect(ruleSetOf(text, 'store')).toEqual(ruleSetOf(xmlRule('')));
    expect(warningsOf(text)).toMatchObject([
      { ...fault, reason: 'is an unknown element and is ignored', severity: 'warning' },
    ]);
  });

  test.each(['MaxAge', 'MaxAgeInSeconds'])(
    'the element %s, which hides no more than an age, is ignored',
    (unknown) => {
      const text = xmlRule(`<${unknown}>1</${unknown}>`);
      expect(ruleSetOf(text)).toEqual(ruleSetOf(xmlRule('')));
      expect(warningsOf(text, 'strict')).toMatchObject([
        { code: 'BC002', reason: 'is an unknown element and is ignored', write: 'MaxAgeSeconds' },
      ]);
    },
  );

  test('an unknown element without a similar name gets the list of the known names', () => {
    expect(
      warningsOf(`${xml(`<Owner><ID>7</ID></Owner>${xmlRule('').slice(19, -20)}`)}`, 'strict'),
    ).toMatchObject([
      {
        place: 'Owner[1]',
        value: 'Owner',
        reason: 'is an unknown element and is ignored',
        write: 'only CORSRule, ResponseVary',
      },
    ]);
  });

  test('a misspelt element that leaves a rule without origins is named in the fault', () => {
    expect(
      faultsOf(
        xml('<CORSRule><AllowedOrigins>*</AllowedOrigins><AllowedMethod>GET</AllowedMethod></CORSRule>'),
      ),
    ).toMatchObject([
      {
        place: 'CORSRule[1]/AllowedOrigin',
        reason: 'is missing; AllowedOrigins is not a known element',
        write: 'at least one AllowedOrigin, such as https://www.example.com',
      },
      { place: 'CORSRule[1]/AllowedOrigins[1]', write: 'AllowedOrigin' },
    ]);
  });
});

describe('a text that is not a CORSConfiguration', () => {
  const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
  test.each([
    ['an empty text', '', 'document', 'empty'],
    ['white space', '\uFEFF \n', 'document', 'empty'],
    ['plain words', 'allow everything', 'document', 'neither XML nor JSON'],
    ['an HTML page', '<!DOCTYPE html><html><body>404<br></body></html>', 'document', 'HTML'],
    ['an HTML page without a DOCTYPE', '\n<html lang="en"></html>', 'document', 'HTML'],
    [
      "a store's error",
      '<?xml version="1.0"?>\n<Error><Code>NoSuchBucket</Code></Error>',
      'document',
      'Error',
    ],
    ['another root around it', `<a>${xml(rule)}</a>`, 'document', 'has the root element a'],
    [
      'an unclosed element',
      '<CORSConfiguration>\n  <CORSRule>\n</CORSConfiguration>',
      'line 3, column 1',
      'CORSRule',
    ],
    ['an unclosed root', `<?xml version="1.0"?>\n<CORSConfiguration>${rule}`, 'line 2, column 1', 'Unclosed'],
    ['a document cut short', xml(rule).slice(0, 44), 'line 1, column 45', 'it ends before'],
    ['two roots', xml(rule) + xml(rule), 'line 1', 'root'],
    ['a root after an empty root', `<CORSConfiguration/>${xml(rule)}`, 'document', 'follows'],
    ['text after the root', `${xml(rule)}x`, 'line 1', 'text after the end'],
    ['text and a comment after the root', `${xml(rule)}x<!-- -->`, 'line 1', 'text after the end'],
    ['text after an empty root', '<CORSConfiguration/>x', 'document', 'follows'],
    ['text and a comment after an empty root', '<CORSConfiguration/>x<!-- -->', 'document', 'follows'],
    ['CDATA after the root', `${xml(rule)}<![CDATA[x]]>`, 'document', 'follows'],
    ['a comment that never ends', `${xml(rule)}<!-- `, 'line 1', ''],
    ['a bare ampersand', xml('<CORSRule><ID>a & b</ID></CORSRule>'), 'line 1', '&'],
    ['an attribute given twice', '<CORSConfiguration a="1" a="2"/>', 'line 1', 'repeated'],
    ['no element at all', '<!-- nothing -->', 'line 1', 'Start tag'],
    ['a lone bracket', '<', 'line 1', ''],
  ])('is refused in either reading: %s', (_name, text, place, reason) => {
    for (const reading of ['strict', 'store'] as const) {
      const faults = faultsOf(text, reading);
      expect(faults).toHaveLength(1);
      expect(faults[0]?.place).toContain(place);
      expect(faults[0]?.reason).toContain(reason);
      expect(faults[0]?.write).not.toBe('');
    }
  });

  test.each([xml(''), '<CORSConfiguration/>', '<CORSConfiguration>\n</CORSConfiguration>'])(
    'but an empty configuration such as %j means no rules from a store, and is a fault in a file',
    (text) => {
      expect(ruleSetOf(text, 'store')).toEqual(NO_RULES);
      expect(warningsOf(text)).toEqual([]);
      expect(faultsOf(text)).toMatchObject([
        {
          code: 'BC003',
          place: 'CORSRule',
          reason: 'has no rule',
          write: expect.stringContaining('none.invalid'),
        },
      ]);
    },
  );
});
