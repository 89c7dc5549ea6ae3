import { describe, expect, test } from 'vitest';
import { type BucketCorsOptions, readOwnApp } from '../../src/config/middleware.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { rule } from '../helpers/rules.ts';

const RULES = { rules: [rule()], responseVary: false };

/** Whatever a program without types may give. */
const read = (options: unknown) => readOwnApp(options as BucketCorsOptions);

function messageOf(options: unknown): string {
  try {
    read(options);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was thrown';
}

const circle: { rules: unknown[] } = { rules: [] };
circle.rules.push(circle);

describe('the options of bucketCors', () => {
  test('have the defaults of the flags', () => {
    const config = read({ rules: RULES });
    expect(config).toMatchObject({
      store: 'oss',
      vary: OPTIONS.vary.default,
      dangerouslyAllowCredentials: false,
      debugReason: false,
      rulesTtl: 60_000,
      maxStale: 7 * 86_400_000,
    });
  });

  test('are read like the flags, with numbers as seconds', () => {
    const config = read({ rules: RULES, store: 's3', vary: 'store', rulesTtl: 300, maxStale: '12h' });
    expect(config).toMatchObject({ store: 's3', vary: 'store', rulesTtl: 300_000, maxStale: 43_200_000 });
  });

  test.each<[string, unknown, RegExp[]]>([
    ['none at all', undefined, [/rules is missing; write a document/]],
    ['an unknown word', { rules: RULES, store: 'r2' }, [/store "r2" .*; write oss or s3/]],
    ['an invalid time', { rules: RULES, rulesTtl: '5 min' }, [/rulesTtl "5 min" .*; write seconds/]],
    [
      'a time of another kind',
      { rules: RULES, maxStale: [1] },
      [/maxStale is not a text, number or boolean/],
    ],
    [
      'a misspelt name',
      { rules: RULES, debugReasons: true },
      [/debugReasons is not an option; write debugReason/],
    ],
    ['a warn that is not a function', { rules: RULES, warn: true }, [/warn is not a function/]],
    [
      'credentials that the store allows by itself',
      { rules: RULES, store: 's3', dangerouslyAllowCredentials: true },
      [/dangerouslyAllowCredentials "true" has no meaning with store s3/],
    ],
    ['a parsed document', { rules: { CORSRules: [] } }, [/rules is neither .*JSON\.stringify/]],
    ['rules as a list', { rules: [rule()] }, [/rules is neither/]],
    ['rules in a circle', { rules: circle }, [/contains a cycle/]],
    ['text that is not a document', { rules: './cors.xml' }, [/rules: document .*neither XML nor JSON/]],
    [
      'a rule set with wrong values',
      { rules: { rules: [{ ...rule(), allowedMethods: ['get'] }, { allowedOrigin: ['*'] }] } },
      [/rules\[1\]\/allowedMethods\[1\] "get"/, /rules\[2\]\/allowedOrigins is missing/],
    ],
    [
      'several faults at once',
      { rules: '<CORSConfiguration/>', vary: 'origin', rulesTtl: 0 },
      [/rules: /, /vary "origin"/, /rulesTtl "0"/],
    ],
    [
      'the address of a document',
      { rules: 'https://u:s3cr3t@h/c.xml?k=s3cr3t' },
      [/rules is an address, not a document; write urlSource\(…\)/, /^(?!.*s3cr3t)/s],
    ],
    ['one of another kind', { rules: ' s3+x://u:s3cr3t@h' }, [/rules is an address/, /^(?!.*s3cr3t)/s]],
  ])('are refused with every fault: %s', (_, options, lines) => {
    const message = messageOf(options);
    expect(message).toMatch(/^bucketCors cannot be used with these options:\n/);
    for (const line of lines) expect(message).toMatch(line);
  });
});
