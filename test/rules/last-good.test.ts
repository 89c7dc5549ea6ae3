import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METHODS, NO_RULES, type Rule } from '../../src/cors/rule.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../src/document/read.ts';
import {
  decodeLastGood,
  encodeLastGood,
  headOf,
  type LastGood,
  MAX_COPY_BYTES,
} from '../../src/rules/last-good.ts';
import { versionOf } from '../../src/rules/version.ts';
import { rule } from '../helpers/rules.ts';

const lastGood = async (rules: readonly Rule[], about: Partial<LastGood> = {}): Promise<LastGood> => {
  const ruleSet = { rules, responseVary: false };
  return {
    outcome: 'rules',
    ruleSet,
    version: await versionOf(ruleSet),
    warnings: [],
    loadedAt: 1_000,
    confirmedAt: 2_000,
    ...about,
  };
};

const full = rule({
  id: 'Ünï "quoted" <&>',
  allowedOrigins: ['https://a.example', 'https://*.b.example'],
  allowedMethods: METHODS,
  allowedHeaders: ['*', 'x-oss-*'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 0,
});

const warning = { place: 'CORSRule[1]/AllowedMethod[2]', value: 'COPY', reason: 'unknown', write: 'GET' };

describe('a stored copy', () => {
  test.each<[string, Partial<LastGood>]>([
    ['rules', {}],
    ['rules with warnings', { warnings: [warning, { place: 'p', reason: 'r', write: 'w' }] }],
    ['rules with warnings of a code', { warnings: [{ ...warning, code: 'BC007', severity: 'error' }] }],
    ['times with fractions', { loadedAt: 0, confirmedAt: 1.5 }],
  ])('of %s is read back unchanged', async (_, about) => {
    const kept = await lastGood([full, rule()], about);
    expect(await decodeLastGood('b', encodeLastGood('b', kept))).toEqual(kept);
  });

  test.each<[string, object]>([
    ['a code that is not known here', { code: 'BC999' }],
    ['a name of an object as its code', { code: 'toString' }],
    ['a code that is no text', { code: 7 }],
    ['a severity that is not known here', { severity: 'fatal' }],
  ])('with a warning of %s is read without it', async (_, about) => {
    const kept = await lastGood([full], { warnings: [{ ...warning, ...about } as never] });
    expect(await decodeLastGood('b', encodeLastGood('b', kept))).toEqual({ ...kept, warnings: [warning] });
  });

  test('of an edge that did not check rules is read', async () => {
    const kept = await lastGood([full], { warnings: [warning] });
    const { version } = kept;
    const text = `{"format":1,"bucket":"b","outcome":"rules","version":"${version}","loadedAt":1000,"confirmedAt":2000,"ruleSet":${JSON.stringify(kept.ruleSet)},"warnings":[{"place":"CORSRule[1]/AllowedMethod[2]","value":"COPY","reason":"unknown","write":"GET"}]}\n`;
    expect(await decodeLastGood('b', text)).toEqual(kept);
    expect(headOf('b', text)).toEqual({ version, confirmedAt: 2_000 });
  });

  test.each(['none', 'missing'] as const)('of the outcome %s is read back unchanged', async (outcome) => {
    const version = await versionOf(NO_RULES, outcome);
    const kept = await lastGood([], { outcome, version, ruleSet: NO_RULES });
    expect(await decodeLastGood('bücket/ñ', encodeLastGood('bücket/ñ', kept))).toEqual(kept);
  });

  test('of the longest document fits into half of the limit, warnings included', async () => {
    const origin = '"'.repeat(60);
    const one = `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>*</AllowedMethod><Odd${'d'.repeat(200)}/></CORSRule>`;
    const count = Math.floor((MAX_DOCUMENT_BYTES - 100) / one.length);
    const document = readDocument(`<CORSConfiguration>${one.repeat(count)}</CORSConfiguration>`, 'store');
    if (!document.ok) throw new Error('the document is refused');
    const { ruleSet, warnings } = document;
    expect(warnings.length).toBeGreaterThan(count);
    const kept = await lastGood([], { ruleSet, warnings, version: await versionOf(ruleSet) });
    const text = encodeLastGood('b', kept);
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_COPY_BYTES / 2);
    expect(await decodeLastGood('b', text)).toEqual(kept);
  });

  const rules = fc.array(
    fc.record({
      allowedOrigins: fc.array(fc.constantFrom('*', 'https://a', 'null'), { minLength: 1 }),
      allowedMethods: fc.array(fc.constantFrom(...METHODS), { minLength: 1 }),
      allowedHeaders: fc.array(fc.constantFrom('*', 'x-a')),
      exposeHeaders: fc.array(fc.constantFrom('ETag', 'x-b')),
      maxAgeSeconds: fc.nat(),
    }),
  );

  test('of any rule set is read back unchanged, and a truncated copy is rejected', async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.nat(), async (some, at) => {
        const kept = await lastGood(some);
        const text = encodeLastGood('b', kept);
        expect(await decodeLastGood('b', text)).toEqual(kept);
        // Without the last two characters, the closing brace and the line break.
        const cut = text.slice(0, at % (text.length - 1));
        expect(await decodeLastGood('b', cut)).toHaveProperty('fault');
      }),
      { numRuns: 50 },
    );
  });

  test('is never read from random text or JSON, and decoding never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        expect(await decodeLastGood('b', text)).toEqual({ fault: expect.any(String) });
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['another format', '"format":1', '"format":2', /^not of format 1$/],
    ['another bucket', '"bucket":"b"', '"bucket":"c"', /another bucket/],
    ['an unknown outcome', '"outcome":"rules"', '"outcome":"unknown"', /outcome/],
    ['rules and the outcome none', '"outcome":"rules"', '"outcome":"none"', /contradictory/],
    ['a time as text', '"loadedAt":1000', '"loadedAt":"1000"', /times/],
    ['a time before 1970', '"loadedAt":1000', '"loadedAt":-1', /times/],
    ['a time after the last date', '"confirmedAt":2000', '"confirmedAt":1e300', /times/],
    ['no rule set', '"ruleSet"', '"rules"', /rule set/],
    ['a wider rule', '["https://a.example",', '["*",', /version/],
    ['a rule removed', /"rules":\[\{.*\}\],"resp/, '"rules":[],"resp', /version/],
    ['another version', /"version":"\w+"/, '"version":"0123456789abcdef"', /version/],
    ['no version', '"version"', '"hash"', /version/],
    ['ResponseVary as text', '"responseVary":false', '"responseVary":"false"', /rule set/],
    ['no warnings', '"warnings"', '"faults"', /warnings/],
    ['a warning without a place', '"place"', '"at"', /warnings/],
  ])('with %s is rejected', async (_, from, to, fault) => {
    const text = encodeLastGood('b', await lastGood([full], { warnings: [warning] }));
    const altered = text.replace(from, to);
    expect(altered).not.toBe(text);
    expect(await decodeLastGood('b', altered)).toEqual({ fault: expect.stringMatching(fault) });
  });

  test.each<[string, object]>([
    ['no origin', { allowedOrigins: [] }],
    ['no method', { allowedMethods: [] }],
    ['an origin that is not a string', { allowedOrigins: [null] }],
    ['an origin with two *', { allowedOrigins: ['*.*'] }],
    ['an origin with surrounding spaces', { allowedOrigins: [' https://a'] }],
    ['an unknown method', { allowedMethods: ['TRACE'] }],
    ['a header name with a line break', { allowedHeaders: ['x\r\ny'] }],
    ['a wildcard among exposed headers', { exposeHeaders: ['*'] }],
    ['a max age as text', { maxAgeSeconds: '5' }],
    ['a negative max age', { maxAgeSeconds: -1 }],
    ['an id with a control character', { id: 'a\u0000' }],
  ])('with a rule with %s is rejected, although its version matches', async (_, about) => {
    const kept = await lastGood([{ ...full, ...about } as Rule]).catch(() => lastGood([full]));
    const text = encodeLastGood('b', {
      ...kept,
      ruleSet: { ...NO_RULES, rules: [{ ...full, ...about } as Rule] },
    });
    expect(await decodeLastGood('b', text)).toEqual({ fault: 'without a valid rule set' });
  });

  test('that is too long is rejected', async () => {
    expect(await decodeLastGood('b', ' '.repeat(MAX_COPY_BYTES + 1))).toEqual({
      fault: `over ${MAX_COPY_BYTES} bytes`,
    });
  });
});
