import { describe, expect, test } from 'vitest';
import { explain } from '../../src/cors/explain.ts';
import { ask, behaviour, compiled, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';

describe('the reason of Vary', () => {
  const star = rule();
  const named = rule({ allowedOrigins: [APP] });
  test.each([
    [
      'names the rule that does not list *',
      compiled([named, star]),
      'origins_differ',
      /^Origins are answered differently for GET: rule 1 is the first with GET, and it does not list the origin \*\.$/,
    ],
    [
      'names the rule that every origin gets',
      compiled([star, named]),
      'same_for_every_origin',
      /^No Vary is needed: every origin gets rule 1 for GET\.$/,
    ],
    [
      'is that no rule lists the method',
      compiled([rule({ allowedMethods: ['PUT'] })]),
      'same_for_every_origin',
      /no origin gets CORS headers for GET/,
    ],
    ['is that there are no rules', compiled([]), 'same_for_every_origin', /there are no rules/],
    [
      'is ResponseVary',
      compiled([star], behaviour('oss'), true),
      'response_vary',
      /^ResponseVary is true, although every origin gets rule 1 for GET\.$/,
    ],
    ['is the mode', compiled([named], behaviour('s3', 'store')), 'store', /S3 itself sends/],
  ])('%s', (_, set, reason, sentence) => {
    const { vary } = explain(set, ask({ origin: APP }), 'OBJECT');
    expect(vary.reason).toBe(reason);
    expect(vary.because).toMatch(sentence);
  });
});
