import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { apache } from '../../../src/export/apache/apache.ts';
import { apacheProver } from '../../../src/node/prove/apache.ts';
import { presence } from '../../helpers/program.ts';
import { differencesOf, expectProved } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';
import { type Change, differencesWhenDown, rawAnswers, reachesBucket } from './_alone.ts';
import { EQUAL, ORDERED } from './_mutant-rules.ts';

const { skipped, why } = presence('apache2', '-v', 'apache2');

/** Changes the directives of a rule. */
const inRule = (number: number, from: string | RegExp, to: string): Change => {
  const part = new RegExp(`# Rule ${number}\\n[\\s\\S]*?(?=\\n#|\\n\\n)`);
  return (text) => text.replace(part, (found) => found.replace(from, to));
};

const SWAPPED: Change = (text) => text.replace(/(# Rule 1\n[\s\S]*?)(# Rule 2\n[\s\S]*?)(?=\n\n)/, '$2\n$1');

const MUTANTS: readonly (readonly [name: string, change: Change])[] = [
  [
    'exact origins without case',
    inRule(1, /reqenv\('cors_origin'\) in/, "tolower(reqenv('cors_origin')) in"),
  ],
  ['patterns without case', inRule(1, /example\$#/, 'example$#i')],
  ['no check of the length', inRule(1, 'https://a[^,\\x20\\t]*a', 'https://(?:a[^,\\x20\\t]*)?a')],
  ['a pattern without its end', inRule(1, 'example$#', 'example#')],
  ['a dot that matches all', inRule(1, 'a\\.example', 'a.example')],
  ['header names with case', (text) => text.replace(/tolower\((req_novary\(.*?\))\)/, '$1')],
  [
    'the method that a GET requests',
    (text) =>
      text.replace(
        /-n reqenv\('cors_preflight'\)[ \\\n]*&& (?=req_novary\('Access-Control-Request-Method'\))/,
        '',
      ),
  ],
  ['header names that begin alike', inRule(1, '(?:,|$))*+$#', '(?:,|$))*+#')],
  ['rules in the wrong order', SWAPPED],
  ['every rule that matches', inRule(2, "-z reqenv('cors_rule')", "-z reqenv('none')")],
  ['credentials for null', (text) => text.replace("reqenv('cors_origin') != 'null'", "'a' == 'a'")],
  ['no Vary', (text) => text.replace('Header always set Vary Origin env=cors_varies', '')],
  ['no Vary for preflights', (text) => text.replace(/Header always set Vary "Origin, .*/, '')],
  ["the bucket's CORS headers", (text) => text.replace(/^Header unset Access-Control-.*\n/gm, '')],
  ['headers of success only', (text) => text.replaceAll('Header always set', 'Header set')],
  [
    'a list of origins',
    (text) =>
      text
        .replace("reqenv('cors_origin') =~ m#[,\\x20\\t]#", "'a' == 'b'")
        .replace('m#^[^,\\x20\\t]+$#', 'm#.#'),
  ],
];

/** Differences that no browser sees. */
const BYTES: readonly (readonly [name: string, change: Change])[] = [
  [
    'headers in both tables',
    (text) => text.replace(/Header always set (Access-Control-Max.*)/, '$&\nHeader set $1'),
  ],
  ["the bucket's Vary: Origin", (text) => text.replace(/Header edit\* Vary.*/, '')],
  ['200 for a refusal', (text) => text.replaceAll(/Redirect 40[03]/g, 'Redirect 200')],
];

const several = (count: number, text: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => text(at));

/** Apache reads at most 8,192 characters of a regular expression in an expression; `!` removes a variable. */
const LONG: readonly (readonly [name: string, given: Parameters<typeof rule>[0]])[] = [
  [
    '1,000 origins with *',
    {
      allowedOrigins: several(1_000, (at) => `https://*.o${at}.example.com`),
      allowedMethods: ['GET', 'PUT'],
    },
  ],
  [
    '1,000 odd origins',
    { allowedOrigins: several(1_000, (at) => `https://o${at}$.example.com`), allowedMethods: ['GET'] },
  ],
  [
    'a long origin',
    {
      allowedOrigins: [`https://${'a'.repeat(7_900)}`, `https://*${'a'.repeat(7_900)}`],
      allowedMethods: ['GET'],
    },
  ],
  [
    '800 headers',
    {
      allowedOrigins: ['https://a.example'],
      allowedMethods: ['GET'],
      allowedHeaders: several(800, (at) => `x-h-${at}`),
    },
  ],
  [
    'names that begin with !',
    { allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], exposeHeaders: ['!x', 'x$1'] },
  ],
];

describe.skipIf(skipped)(`Apache with an export${why}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules: %s',
    async (_, { rules }) => {
      await expectProved(apache, apacheProver, rules, 250);
    },
  );

  test.each(MUTANTS)('is not proved with %s', async (name, change) => {
    expect(
      await differencesOf(apache, apacheProver, { name, rules: ORDERED, change }, 2_000),
    ).toBeGreaterThan(0);
  });

  test.each(BYTES)('is not equal with %s', async (name, change) => {
    expect(await differencesOf(apache, apacheProver, { name, rules: EQUAL, change }, 5_000)).toBeGreaterThan(
      0,
    );
  });

  test('has the CORS headers in its own errors', async () => {
    expect(await differencesWhenDown(apache, apacheProver, ORDERED)).toBe(0);
    const onSuccess: Change = (text) => text.replaceAll('Header always set Access', 'Header set Access');
    expect(await differencesWhenDown(apache, apacheProver, ORDERED, onSuccess)).toBeGreaterThan(0);
  });

  test('sends neither CORS headers nor preflights to the bucket', async () => {
    expect(await reachesBucket(apache, apacheProver, ORDERED)).toEqual([]);
    const sent: Change = (text) => text.replace('RequestHeader unset Origin', '');
    expect(await reachesBucket(apache, apacheProver, ORDERED, sent)).toEqual(['origin']);
    const asked: Change = (text) => text.replace('Redirect 200 /', '');
    expect(await reachesBucket(apache, apacheProver, ORDERED, asked)).toEqual(['OPTIONS']);
  });

  test.each(LONG)('starts with %s, and answers as the rules', async (_, given) => {
    const rules = compileRules({ rules: [rule(given)], responseVary: false }, behaviourOf('s3'));
    await expectProved(apache, apacheProver, rules, 250);
  });

  test('reads two lines of Origin as a list, and every line of the Vary of the bucket', async () => {
    expect(await rawAnswers(apache, apacheProver, EQUAL)).toEqual({
      twoOrigins: [undefined, 403],
      vary: [
        ['accept-encoding', 'origin', 'origin-trial'],
        ['accept-encoding', 'origin-trial'],
      ],
    });
  });
});
