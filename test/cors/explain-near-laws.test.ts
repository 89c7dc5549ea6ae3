import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import { ask, compiled, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const listing = (...allowedOrigins: string[]) => compiled([rule({ allowedOrigins })]);
/** Does to an entry what browsers do, by the words of the hint. */
function correctedBy(reason: string, entry: string, origin: string): string {
  let text = entry;
  if (reason.includes('send the scheme too')) text = `${origin.slice(0, origin.indexOf(':'))}://${text}`;
  if (/send no (?:slash|path|query)/.test(reason)) text = text.replace(/(\w|\*)[/?][^/]*$/, '$1');
  if (reason.includes('leave out :')) text = text.replace(/:\d+$/, '');
  return reason.includes('in lower case') ? text.toLowerCase() : text;
}

describe('the closest origin, for all rules', () => {
  test('a mangled entry of the origin is always named, with its rule and its text', () => {
    const mangled = fc.constantFrom(
      `${APP}/`,
      `${APP}/a`,
      `${APP}:443`,
      'App.Example.com',
      'app.example.com/',
      'http://app.example.com',
      `${APP}:8443`,
      'https://www.app.example.com',
    );
    const others = fc.array(
      fc.constantFrom('https://other.example', 'https://*.other.example', 'http://localhost:*'),
    );
    fc.assert(
      fc.property(others, others, mangled, fc.nat(3), (before, after, entry, empty) => {
        const rules = [
          ...Array.from({ length: empty }, () => rule({ allowedOrigins: ['https://other.example'] })),
          rule({ allowedOrigins: [...before, entry, ...after] }),
        ];
        expect(explain(compiled(rules), ask({ origin: APP }), 'OBJECT').hint).toMatch(
          new RegExp(`^Rule ${empty + 1} lists ${entry.replace(/[.?*]/g, '\\$&')}, `),
        );
      }),
    );
  });

  test('what is named stands in that rule, does not fit, and would fit without the slips', () => {
    const word = fc.constantFrom(
      'example.com',
      'app.example.com',
      'www.example.com',
      '*.example.com',
      'Example.com',
    );
    const entry = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTPS://', ''),
        word,
        fc.constantFrom('', ':443', ':80', ':8080', ':*'),
        fc.constantFrom('', '/', '/a', '?q'),
      )
      .map((parts) => parts.join(''))
      .filter((text) => text.split('*').length < 3);
    const asked = fc.constantFrom(
      APP,
      'https://example.com',
      'http://www.example.com',
      'https://example.com:8080',
      'http://app.example.com:80',
    );
    const rules = fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rules, asked, (lists, origin) => {
        const set = compiled(lists.map((allowedOrigins) => rule({ allowedOrigins })));
        const explained = explain(set, ask({ origin }), 'OBJECT');
        const [, number, text, reason] =
          /^Rule (\d+) lists (\S+), ([^;]+?)(?:;.*)?\.$/.exec(explained.hint ?? '') ?? [];
        if (text === undefined || reason === undefined) return;
        expect(explained.reason).toBe('origin_not_allowed');
        expect(lists[Number(number) - 1]).toContain(text);
        if (!reason.startsWith('and browsers ')) return;
        const corrected = correctedBy(reason, text, origin);
        expect(decide(listing(corrected), ask({ origin })).reason).toBe('matched');
      }),
      { numRuns: 2_000 },
    );
  });
});
