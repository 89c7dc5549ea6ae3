import { describe, expect, test } from 'vitest';
import { OPTIONS, type OptionName } from '../../src/config/options.ts';
import { readConfig } from '../../src/config/read.ts';
import { wrapping } from '../../src/config/wrapping.ts';

describe('characters around a value are reported with the value to write', () => {
  test.each([
    ['"8080"', 'has quotes around it', '8080'],
    ["'8080'", 'has quotes around it', '8080'],
    ['8080\r', 'ends in a carriage return', '8080'],
    ['8080\r\n', 'ends in a carriage return', '8080'],
    ['8080\n', 'ends in a line break', '8080'],
    ['"8080"\r', 'has quotes around it and ends in a carriage return', '8080'],
    ['./a\n./b', 'has a line break in it', './a'],
    ['""', 'has quotes around it', ''],
    ['`8080`', 'has quotes around it', '8080'],
    ['“8080”', 'has quotes around it', '8080'],
    [' 8080', 'has a blank before it', '8080'],
    ['8080\u00a0', 'has a blank after it', '8080'],
    ['\t8080\u200b ', 'has a blank before and after it', '8080'],
    ['\ufeff8080', 'has a blank before it', '8080'],
    [
      '" 8080" \r\n',
      'has quotes around it and has a blank after it and has a blank before it and ends in a carriage return',
      '8080',
    ],
    ['8080 \n', 'has a blank after it and ends in a line break', '8080'],
  ])('of %j: %s', (text, reason, bare) => {
    expect(wrapping(text)).toEqual({ reason, bare });
  });

  test.each([
    '8080',
    '"',
    'a"b',
    '"a',
    "it's",
    '<CORSConfiguration>\r\n</CORSConfiguration>\r\n',
    ' {"a":\n1}\n',
    '[1]\n',
    '',
    ' ',
    'a b',
  ])('are not found in %j', (text) => {
    expect(wrapping(text)).toBe(null);
  });
});

/** Options whose value may be a document. */
const DOCUMENTS: readonly OptionName[] = ['rules'];

describe.each(Object.keys(OPTIONS) as OptionName[])('the option %s', (name) => {
  const place = OPTIONS[name].variable;
  const { example } = OPTIONS[name];
  const faultsOf = (text: string) => {
    const read = readConfig({ [name]: { place, text } });
    return !read.ok ? read.faults.filter((fault) => fault.place === place) : [];
  };

  test.each([
    [`"${example}"`, 'has quotes around it'],
    [`${example}\r`, 'ends in a carriage return'],
    [`${example}\n`, 'ends in a line break'],
    [`${example} `, 'has a blank after it'],
  ])('%j is exactly one fault', (text, reason) => {
    const faults = faultsOf(text);
    expect(faults).toMatchObject([{ place, reason }]);
    // A value with CR in it would be printed over its own line.
    expect(faults[0]).not.toHaveProperty('value');
  });
});

test.each(DOCUMENTS)('%s may be a document with line breaks', (name) => {
  const text =
    '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\r\n<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>\r\n';
  expect(readConfig({ [name]: { place: 'CORS_RULES', text } })).toMatchObject({ ok: true });
});

test.each(['redis', 'rulesToken', 'credentials'] as const)(
  'a fault of %s does not show its value',
  (name) => {
    const read = readConfig({ [name]: { place: 'X', text: '"hush-7f3a"' } });
    expect(read).toMatchObject({ faults: [{ place: 'X', write: 'it without them' }] });
    expect(JSON.stringify(read)).not.toContain('hush');
  },
);
