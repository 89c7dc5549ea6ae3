import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METHODS, NO_RULES } from '../../src/cors/rule.ts';
import { faultsOf, fixture, ruleSetOf, warningsOf, xml, xmlRule } from './_help.ts';

const valid = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
const five = 'GET, PUT, DELETE, POST, HEAD';

describe('a strict reading', () => {
  test('lists all faults at once, in the order of the document', () => {
    const text = xml(`
      ${valid}
      <CORSRule>
        <AllowedOrigin>https://*.a.*</AllowedOrigin>
        <AllowedOrigin>https://a.example</AllowedOrigin>
        <AllowedMethod>get</AllowedMethod>
        <AllowedMethod>GET</AllowedMethod>
        <AllowedMethod>OPTIONS</AllowedMethod>
        <AllowedHeader>x-a, x-b</AllowedHeader>
        <ExposeHeader>x-*</ExposeHeader>
        <MaxAgeSeconds>soon</MaxAgeSeconds>
      </CORSRule>
      <CORSRule/>
      <ResponseVary>maybe</ResponseVary>`);
    expect(faultsOf(text).map(({ place, value, write }) => [place, value, write])).toEqual([
      ['CORSRule[2]/AllowedOrigin[1]', 'https://*.a.*', 'at most one * in each value'],
      ['CORSRule[2]/AllowedMethod[1]', 'get', 'GET'],
      ['CORSRule[2]/AllowedMethod[3]', 'OPTIONS', 'the list without it: preflights need no rule for OPTIONS'],
      ['CORSRule[2]/AllowedHeader[1]', 'x-a, x-b', 'each as its own value: "x-a", "x-b"'],
      ['CORSRule[2]/ExposeHeader[1]', 'x-*', 'each header by its full name'],
      ['CORSRule[2]/MaxAgeSeconds[1]', 'soon', expect.stringContaining('2147483647')],
      ['CORSRule[3]/AllowedOrigin', undefined, 'at least one AllowedOrigin, such as https://www.example.com'],
      ['CORSRule[3]/AllowedMethod', undefined, 'at least one AllowedMethod, such as GET'],
      ['ResponseVary[1]', 'maybe', 'true or false'],
    ]);
  });

  const values: [string, string, string, string][] = [
    ['a method in lower case', 'AllowedMethod', 'delete', 'upper case'],
    ['OPTIONS in lower case', 'AllowedMethod', 'options', 'not one of the five methods'],
    ['a method outside the five', 'AllowedMethod', 'PATCH', 'not one of the five methods'],
    ['a wildcard for methods', 'AllowedMethod', '*', 'no wildcard'],
    ['two wildcards in an origin', 'AllowedOrigin', 'http*://*.a.example', 'more than one *'],
    ['two wildcards side by side', 'AllowedOrigin', '**', 'more than one *'],
    ['a space in an origin', 'AllowedOrigin', 'https://a.example https://b.example', 'white space'],
    ['a no-break space around an origin', 'AllowedOrigin', '\u00a0https://a.example', 'white space'],
    ['a zero-width space in an origin', 'AllowedOrigin', 'https://a\u200b.example', 'invisible'],
    ['a control character in an origin', 'AllowedOrigin', 'https://a\u0007.example', 'invisible'],
    ['a lone surrogate in an origin', 'AllowedOrigin', 'https://\ud800.example', 'invisible'],
    ['two wildcards in a header', 'AllowedHeader', 'x-*-*', 'more than one *'],
    ['a colon in a header', 'AllowedHeader', 'x-a:', 'not a header name'],
    ['two headers in one', 'AllowedHeader', 'x-a,x-b', 'several header names'],
    ['two methods in one', 'AllowedMethod', 'GET, PUT', 'several methods'],
    ['a letter outside ASCII in a header', 'AllowedHeader', 'x-ä', 'not a header name'],
    ['a tab between headers', 'AllowedHeader', 'x\ta', 'several header names'],
    ['a no-break space in a header', 'AllowedHeader', 'x-ä\u00a0a', 'white space'],
    ['a wildcard to expose', 'ExposeHeader', '*', 'no wildcard'],
    ['a wildcard at the end of a name to expose', 'ExposeHeader', 'x-oss-*', 'no wildcard'],
    ['a slash in a header to expose', 'ExposeHeader', 'x/a', 'not a header name'],
    ['a negative age', 'MaxAgeSeconds', '-1', 'not a number of seconds'],
    ['a fraction of a second', 'MaxAgeSeconds', '0.5', 'not a number of seconds'],
    ['an age with its unit', 'MaxAgeSeconds', '60s', 'not a number of seconds'],
    ['an age beyond 31 bits', 'MaxAgeSeconds', '2147483648', 'not a number of seconds'],
    ['an age of many digits', 'MaxAgeSeconds', '9'.repeat(150), 'not a number of seconds'],
    ['a control character in an ID', 'ID', 'a\u0001b', 'control character'],
  ];
  test.each(values)('refuses %s with its place and reason', (_name, field, value, reason) => {
    const faults = faultsOf(xmlRule(`<${field}>${value}</${field}>`));
    const index = field === 'AllowedOrigin' || field === 'AllowedMethod' ? 2 : 1;
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ place: `CORSRule[1]/${field}[${index}]`, value });
    expect(faults[0]?.reason).toContain(reason);
  });

  test.each(values)('drops %s with a warning at the same place in a store reading', (_name, field, value) => {
    const text = xmlRule(`<${field}>${value}</${field}>`);
    const place = faultsOf(text)[0]?.place;
    expect(warningsOf(text).map((warning) => warning.place)).toEqual([place]);
    if (field !== 'AllowedMethod' || value !== '*')
      expect(ruleSetOf(text, 'store')).toEqual(ruleSetOf(xmlRule('')));
  });

  test.each([
    ['AllowedMethod', '*', `each by its name: ${five}`],
    ['AllowedMethod', 'COPY', `one of ${five}`],
    ['AllowedMethod', 'post', 'POST'],
    ['AllowedMethod', 'options', 'the list without it: preflights need no rule for OPTIONS'],
  ])('for %s %s suggests: %s', (field, value, write) => {
    expect(faultsOf(xmlRule(`<${field}>${value}</${field}>`))[0]?.write).toBe(write);
  });

  test.each([
    ['MaxAgeSeconds', '5'],
    ['ID', 'again'],
  ])('refuses %s given twice', (field, value) => {
    const twice = `<${field}>${value}</${field}>`.repeat(2);
    expect(faultsOf(xmlRule(twice))).toMatchObject([
      { code: 'BC005', place: `CORSRule[1]/${field}[2]`, value, reason: 'is given twice', write: 'it once' },
    ]);
  });

  test('refuses ResponseVary given twice', () => {
    expect(
      faultsOf(xml(`${valid}<ResponseVary>true</ResponseVary><ResponseVary>true</ResponseVary>`)),
    ).toMatchObject([
      { code: 'BC005', place: 'ResponseVary[2]', value: 'true', reason: 'is given twice', write: 'it once' },
    ]);
  });

  test('accepts 100 rules and refuses 101', () => {
    expect(ruleSetOf(xml(valid.repeat(100))).rules).toHaveLength(100);
    expect(faultsOf(xml(valid.repeat(101)))).toMatchObject([
      { code: 'BC012', place: 'CORSRule', value: '101', reason: 'is too many rules', write: 'at most 100' },
    ]);
  });

  test('accepts the origins that stores accept: slashes, paths, bare hosts, null, capitals, duplicates', () => {
    const origins = [
      'https://a.example/',
      'https://a.example/x',
      'www.aliyun.com',
      'null',
      'HTTPS://A',
      '*a',
      '*',
      '*',
    ];
    const text = xmlRule(origins.map((origin) => `<AllowedOrigin>${origin}</AllowedOrigin>`).join(''));
    expect(ruleSetOf(text).rules[0]?.allowedOrigins).toEqual(['https://a.example', ...origins]);
  });

  test.each(['True', 'FALSE', ' true '])('accepts ResponseVary %j', (value) => {
    expect(ruleSetOf(xml(`${valid}<ResponseVary>${value}</ResponseVary>`)).responseVary).toBe(
      /true/i.test(value),
    );
  });

  test.each([0, 2147483647])('accepts a MaxAgeSeconds of %d', (age) => {
    expect(ruleSetOf(xmlRule(`<MaxAgeSeconds>${age}</MaxAgeSeconds>`)).rules[0]?.maxAgeSeconds).toBe(age);
  });
});

describe('a store reading', () => {
  test("drops Ceph's COPY, its ExposeHeader * and its MaxAgeSeconds of -1, and takes the rest", () => {
    expect(ruleSetOf(fixture('ceph.xml'), 'store')).toEqual({
      rules: [
        {
          allowedOrigins: ['https://app.example'],
          allowedMethods: ['GET'],
          allowedHeaders: [],
          exposeHeaders: ['ETag'],
        },
      ],
      responseVary: false,
    });
    expect(warningsOf(fixture('ceph.xml')).map(({ place, value }) => [place, value])).toEqual([
      ['CORSRule[1]/AllowedMethod[2]', 'COPY'],
      ['CORSRule[1]/ExposeHeader[1]', '*'],
      ['CORSRule[1]/MaxAgeSeconds[1]', '-1'],
    ]);
  });

  test('expands the method * to all five, with a warning', () => {
    const text = xml('<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>*</AllowedMethod></CORSRule>');
    expect(ruleSetOf(text, 'store').rules[0]?.allowedMethods).toEqual(METHODS);
    expect(warningsOf(text)).toEqual([
      {
        code: 'BC007',
        severity: 'error',
        place: 'CORSRule[1]/AllowedMethod[1]',
        value: '*',
        reason: 'is read as all five methods',
        write: five,
      },
    ]);
    const beside = xmlRule('<AllowedMethod> * </AllowedMethod>');
    expect(ruleSetOf(beside, 'store').rules[0]?.allowedMethods).toEqual(METHODS);
  });

  test.each([
    [
      'methods',
      '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>get</AllowedMethod>',
      'has no valid AllowedMethod',
    ],
    [
      'origins',
      '<AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>',
      'has no valid AllowedOrigin',
    ],
    ['fields', '', 'has no valid AllowedOrigin'],
  ])('drops a rule without valid %s and takes the rules beside it', (_name, fields, reason) => {
    const text = xml(`<CORSRule>${fields}</CORSRule>${valid}`);
    expect(ruleSetOf(text, 'store')).toEqual(ruleSetOf(xml(valid)));
    const warning = warningsOf(text).at(-1);
    expect(warning?.place).toBe('CORSRule[1]');
    expect(warning?.reason).toContain(reason);
  });

  test('succeeds with no rules if no rule is valid', () => {
    expect(ruleSetOf(xml('<CORSRule/>'), 'store')).toEqual(NO_RULES);
  });

  test.each([
    ['false', false],
    ['TRUE', true],
    ['', false],
    ['0', true],
    ['false</ResponseVary><ResponseVary>true', true],
  ])('reads ResponseVary %j as %j: in doubt Vary is sent', (value, responseVary) => {
    const text = xml(`${valid}<ResponseVary>${value}</ResponseVary>`);
    expect(ruleSetOf(text, 'store').responseVary).toBe(responseVary);
  });

  test('takes the least of several MaxAgeSeconds and the first of several IDs', () => {
    const text = xmlRule(
      '<MaxAgeSeconds>90</MaxAgeSeconds><MaxAgeSeconds>30</MaxAgeSeconds><ID>a</ID><ID>b</ID>',
    );
    expect(ruleSetOf(text, 'store').rules[0]).toMatchObject({ maxAgeSeconds: 30, id: 'a' });
    expect(warningsOf(text).map((warning) => warning.place)).toEqual([
      'CORSRule[1]/MaxAgeSeconds[2]',
      'CORSRule[1]/ID[2]',
    ]);
  });

  test('warns of more than 100 rules and refuses more than 1000', () => {
    expect(ruleSetOf(xml(valid.repeat(150)), 'store').rules).toHaveLength(150);
    expect(warningsOf(xml(valid.repeat(150)))).toMatchObject([{ value: '150', reason: 'is too many rules' }]);
    expect(faultsOf(xml('<CORSRule/>'.repeat(1001)), 'store')).toMatchObject([{ value: '1001' }]);
  });

  test('warns of stray text and of unknown elements', () => {
    expect(warningsOf(xmlRule('stray<Other/>')).map((warning) => warning.place)).toEqual([
      'CORSRule[1]',
      'CORSRule[1]/Other[1]',
    ]);
  });
});

describe('the rules of a store reading', () => {
  const value = fc.constantFrom(
    '*',
    '**',
    'a*b',
    'a*b*',
    '',
    ' GET ',
    'GET',
    'get',
    'POST',
    'COPY',
    'x-a',
    'x a',
    'é',
    '-1',
    '7',
    '&x;',
  );
  const names = ['AllowedOrigin', 'AllowedMethod', 'AllowedHeader', 'ExposeHeader', 'MaxAgeSeconds'];
  const field = fc.tuple(fc.constantFrom(...names), value);

  test('contain only values of the document, unchanged and in its order; only the method * is expanded', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        const text = xmlRule(fields.map(([name, inside]) => `<${name}>${inside}</${name}>`).join(''));
        const written = (name: string) => fields.filter((one) => one[0] === name).map((one) => one[1].trim());
        const [rule] = ruleSetOf(text, 'store').rules;
        const isInOrder = (name: string, list: readonly string[] = []) => {
          const left = written(name);
          return list.every((one) => left.splice(0, left.indexOf(one) + 1).includes(one));
        };
        expect(isInOrder('AllowedOrigin', rule?.allowedOrigins.slice(1))).toBe(true);
        expect(isInOrder('AllowedHeader', rule?.allowedHeaders)).toBe(true);
        expect(isInOrder('ExposeHeader', rule?.exposeHeaders)).toBe(true);
        if (!written('AllowedMethod').includes('*')) {
          expect(isInOrder('AllowedMethod', rule?.allowedMethods.slice(1))).toBe(true);
        }
        expect(rule?.maxAgeSeconds).toBe(written('MaxAgeSeconds').includes('7') ? 7 : undefined);
      }),
      { numRuns: 500 },
    );
  });
});
