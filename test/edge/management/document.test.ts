import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../../src/cors/behaviour.ts';
import { readDocument } from '../../../src/document/read.ts';
import { toXml } from '../../../src/document/xml.ts';
import { readRules } from '../../../src/edge/management/document.ts';
import { ruleSet } from '../../document/_arbitrary.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string, dialect: Dialect) => readRules(bytes(text), dialect);

const ORIGIN = '<AllowedOrigin>https://a.example</AllowedOrigin>';
const METHOD = '<AllowedMethod>GET</AllowedMethod>';
const RULE = `<CORSRule>${ORIGIN}${METHOD}</CORSRule>`;
const documentOf = (...rules: readonly string[]) =>
  `<CORSConfiguration>${rules.join('')}</CORSConfiguration>`;
const ruleOf = (more: string) => documentOf(`<CORSRule>${ORIGIN}${METHOD}${more}</CORSRule>`);
const times = (count: number) => documentOf(...Array.from({ length: count }, () => RULE));

const SCHEMA = 'The XML you provided was not well-formed or did not validate against our published schema.';
const NO_WILDCARD = 'contains wildcard. We currently do not support wildcard for ExposeHeader.';

type Row = readonly [what: string, document: string, code: string, begins: string, lists: string];

/** Refused by every store as MalformedXML. */
const MALFORMED: readonly (readonly [what: string, document: string, lists: string])[] = [
  ['nothing', '', 'document is empty'],
  ['text', 'rules', 'document is not XML'],
  ['JSON', '{"CORSRule":[]}', 'document is not XML'],
  ['XML that ends too early', '<CORSConfiguration><CORSRule>', 'ends before its elements are closed'],
  ['two roots', `${times(1)}${times(1)}`, 'is not well-formed XML'],
  ['another root', '<Rules/>', 'has the root element Rules'],
  [
    'the root of Google Cloud Storage',
    '<CorsConfig><Cors><Origins><Origin>*</Origin></Origins><Methods><Method>GET</Method></Methods></Cors></CorsConfig>',
    'has another root element',
  ],
  ['a DOCTYPE', `<!DOCTYPE a [<!ENTITY b "c">]>${times(1)}`, 'is a DOCTYPE'],
  ['no rule', documentOf(), 'CORSRule has no rule: write at least one rule'],
  ['a rule without an origin', documentOf(`<CORSRule>${METHOD}</CORSRule>`), 'AllowedOrigin is missing'],
  ['a rule without a method', documentOf(`<CORSRule>${ORIGIN}</CORSRule>`), 'AllowedMethod is missing'],
  [
    'a MaxAgeSeconds that is a word',
    ruleOf('<MaxAgeSeconds>hour</MaxAgeSeconds>'),
    'CORSRule[1]/MaxAgeSeconds[1] "hour" is not a number of seconds: write a whole number',
  ],
  [
    'a MaxAgeSeconds below zero',
    ruleOf('<MaxAgeSeconds>-1</MaxAgeSeconds>'),
    '"-1" is not a number of seconds',
  ],
  [
    'a MaxAgeSeconds beyond 32 bits',
    ruleOf('<MaxAgeSeconds>2147483648</MaxAgeSeconds>'),
    '"2147483648" is not a number of seconds',
  ],
  [
    'two MaxAgeSeconds',
    ruleOf('<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>2</MaxAgeSeconds>'),
    'is given twice',
  ],
  ['a header that is no name', ruleOf('<AllowedHeader>a b:</AllowedHeader>'), 'CORSRule[1]/AllowedHeader[1]'],
  [
    'a ResponseVary that is no Boolean',
    documentOf(RULE, '<ResponseVary>yes</ResponseVary>'),
    'is neither true nor false',
  ],
];

const UNSUPPORTED = 'Found unsupported HTTP method in CORS config. Unsupported method is';

/** What S3 has words of its own for; OSS says MalformedXML. */
const INVALID: readonly (readonly [what: string, document: string, words: string, lists: string])[] = [
  [
    'an unknown method',
    ruleOf('<AllowedMethod>PATCH</AllowedMethod>'),
    `${UNSUPPORTED} PATCH.`,
    'CORSRule[1]/AllowedMethod[2] "PATCH" is not one of the five methods',
  ],
  [
    'a method in lower case',
    ruleOf('<AllowedMethod>get</AllowedMethod>'),
    `${UNSUPPORTED} get.`,
    'is not in upper case: write GET',
  ],
  [
    'a wildcard among the methods',
    ruleOf('<AllowedMethod>*</AllowedMethod>'),
    `${UNSUPPORTED} *.`,
    'a method takes no wildcard',
  ],
  [
    'two wildcards in an origin',
    documentOf(RULE, `<CORSRule><AllowedOrigin>https://*.*</AllowedOrigin>${METHOD}</CORSRule>`),
    'AllowedOrigin "https://*.*" can not have more than one wildcard.',
    'CORSRule[2]/AllowedOrigin[1]',
  ],
  [
    'two wildcards in a header',
    ruleOf('<AllowedHeader>x-*-*</AllowedHeader>'),
    'AllowedHeader "x-*-*" can not have more than one wildcard.',
    'contains more than one *',
  ],
  [
    'a wildcard in ExposeHeader',
    ruleOf('<ExposeHeader>*</ExposeHeader>'),
    `ExposeHeader "*" ${NO_WILDCARD}`,
    'an exposed header takes no wildcard',
  ],
  [
    'several of these',
    ruleOf('<ExposeHeader>x-*</ExposeHeader><AllowedMethod>PATCH</AllowedMethod>'),
    `${UNSUPPORTED} PATCH.`,
    'CORSRule[1]/ExposeHeader[1] "x-*"',
  ],
];

const ROWS: Readonly<Record<Dialect, readonly Row[]>> = {
  oss: [
    ...MALFORMED.map(([what, document, lists]): Row => [what, document, 'MalformedXML', SCHEMA, lists]),
    ...INVALID.map(([what, document, , lists]): Row => [what, document, 'MalformedXML', SCHEMA, lists]),
    [
      'eleven rules',
      times(11),
      'CORSRuleBeyondLimit',
      'The CORS Rules num is beyond limit.',
      'CORSConfiguration "11" is too many rules: write at most 10 rules',
    ],
    [
      '101 rules',
      times(101),
      'CORSRuleBeyondLimit',
      'The CORS Rules num is beyond limit.',
      '"101" is too many rules: write at most 10 rules',
    ],
  ],
  s3: [
    ...MALFORMED.map(([what, document, lists]): Row => [what, document, 'MalformedXML', SCHEMA, lists]),
    ...INVALID.map(([what, document, words, lists]): Row => [what, document, 'InvalidRequest', words, lists]),
    [
      'an unknown method beside a missing origin',
      documentOf(`<CORSRule><AllowedMethod>PATCH</AllowedMethod></CORSRule>`),
      'MalformedXML',
      SCHEMA,
      '"PATCH" is not one of',
    ],
    ['101 rules', times(101), 'MalformedXML', SCHEMA, '"101" is too many rules: write at most 100 rules'],
  ],
};

describe.each(['oss', 's3'] as const)('a document that %s refuses:', (dialect) => {
  test.each(ROWS[dialect])('%s', (_, document, code, begins, lists) => {
    const refused = read(document, dialect);
    expect(refused).toMatchObject({ ok: false, refusal: { code, status: 400 } });
    const { message } = refused.ok ? { message: '' } : refused.refusal;
    expect(message.startsWith(`${begins} `)).toBe(true);
    expect(message).toContain(lists);
  });

  test('more bytes than the store takes', () => {
    const most = dialect === 'oss' ? 16 * 1024 : 64 * 1024;
    const padded = (length: number) => times(1).padEnd(length, ' ');
    expect(read(padded(most), dialect).ok).toBe(true);
    const message = expect.stringMatching(new RegExp(`allowed size\\. .* at most ${most} bytes here\\.$`));
    expect(read(padded(most + 1), dialect)).toMatchObject({
      refusal: { code: 'EntityTooLarge', status: 400, message },
    });
  });

  test('text that is not UTF-8', () => {
    const refused = readRules(Uint8Array.of(0x3c, 0xff, 0x3e), dialect);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'MalformedXML' } });
  });

  test('many faults, with a message of limited length', () => {
    const method = `<AllowedMethod>${'X'.repeat(60)}</AllowedMethod>`;
    const refused = read(ruleOf(method.repeat(150)), dialect);
    const { message } = refused.ok ? { message: '' } : refused.refusal;
    expect(message.length).toBeLessThan(2_600);
    expect(message).toMatch(/; and \d+ more$/);
  });
});

const FULL = `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CORSRule>
    <ID>first &amp; second</ID>
    <AllowedOrigin>https://b.example</AllowedOrigin><AllowedOrigin>https://a.example</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>
    <AllowedHeader> Authorization </AllowedHeader><AllowedHeader>x-oss-*</AllowedHeader>
    <ExposeHeader></ExposeHeader><ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>0</MaxAgeSeconds>
  </CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>
  <ResponseVary>true</ResponseVary>
</CORSConfiguration>`;

const storedOf = (document: string, dialect: Dialect): string => {
  const stored = read(document, dialect);
  if (!stored.ok) throw new Error(stored.refusal.message);
  return stored.value;
};

describe.each(['oss', 's3'] as const)('a document that %s accepts', (dialect) => {
  test('is stored with its rules, values and IDs in their order', () => {
    expect(storedOf(FULL, dialect)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://b.example</AllowedOrigin>
    <AllowedOrigin>https://a.example</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>Authorization</AllowedHeader>
    <AllowedHeader>x-oss-*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>0</MaxAgeSeconds>
    <ID>first &amp; second</ID>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>HEAD</AllowedMethod>
  </CORSRule>
  <ResponseVary>true</ResponseVary>
</CORSConfiguration>
`);
  });

  test('may begin with a byte order mark', () => expect(read(`\uFEFF${times(1)}`, dialect).ok).toBe(true));
  test('may have as many rules as the store takes', () =>
    expect(read(times(dialect === 'oss' ? 10 : 100), dialect).ok).toBe(true));

  test('is stored so that it can be read again, also if it is as large as a document may be', () => {
    const origin = (at: number) => `<AllowedOrigin>https://${at}.example</AllowedOrigin>`;
    const many = Array.from({ length: dialect === 'oss' ? 315 : 1_270 }, (_, at) => origin(at + 1000)).join(
      '',
    );
    const large = `<CORSConfiguration><CORSRule>${many}${METHOD}</CORSRule></CORSConfiguration>`;
    expect(large.length).toBeGreaterThan(dialect === 'oss' ? 15_000 : 63_000);
    const again = readDocument(storedOf(large, dialect), 'strict');
    const first = readDocument(large, 'strict');
    expect(again.ok && again.ruleSet).toEqual(first.ok && first.ruleSet);
  });
});

test('OSS answers with a ResponseVary that the client has left out, and S3 does not', () => {
  expect(storedOf(times(1), 'oss')).toContain('</CORSRule>\n  <ResponseVary>false</ResponseVary>\n</CORS');
  expect(storedOf(times(1), 's3')).not.toContain('ResponseVary');
});

test.each(['oss', 's3'] as const)(
  'every rule set that a client of %s writes is read from the stored text',
  (dialect) => {
    fc.assert(
      fc.property(ruleSet, (written) => {
        const stored = read(toXml(written), dialect);
        if (written.rules.length === 0) return expect(stored.ok).toBe(false);
        const again = readDocument(stored.ok ? stored.value : '', 'strict');
        expect(again.ok && again.ruleSet).toEqual(written);
      }),
    );
  },
);

test.each(['oss', 's3'] as const)(
  'any text for %s is refused, or stored as a text that is stored unchanged',
  (dialect) => {
    const cut = fc.tuple(fc.nat(FULL.length), fc.nat(60), fc.string({ unit: 'binary', maxLength: 8 }));
    const damaged = cut.map(([at, length, text]) => FULL.slice(0, at) + text + FULL.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (text) => {
        const first = read(text, dialect);
        if (first.ok) expect(read(first.value, dialect)).toEqual(first);
        else expect(first.refusal.status).toBe(400);
      }),
      { numRuns: 500 },
    );
  },
);

test('a document whose stored text would be too long to be read again is too large', () => {
  const ids = Array.from(
    { length: 100 },
    () => `<CORSRule>${ORIGIN}${METHOD}<ID><![CDATA[${'<'.repeat(400)}]]></ID></CORSRule>`,
  );
  expect(documentOf(...ids).length).toBeLessThan(64 * 1024);
  expect(read(documentOf(...ids), 's3')).toMatchObject({
    ok: false,
    refusal: { code: 'EntityTooLarge', status: 400, message: expect.stringContaining('shorten its values') },
  });
});
