import { describe, expect, test } from 'vitest';
import { preflightCheck } from '../../src/analysis/browser/check.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { requestedNames } from '../../src/cors/decide.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { gatewayApi } from '../../src/export/gateway-api/gateway-api.ts';
import { excessOf } from '../../src/export/granted.ts';
import { outcomeOf } from '../../src/export/outcome.ts';
import { requestsFor } from '../../src/export/requests.ts';
import { exportOptions } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

describe('a list of `*` in place of the names that were asked for', () => {
  const listed = rule({ allowedOrigins: ['*'], allowedMethods: ['PUT'], allowedHeaders: ['x-a'] });
  const any = { ...listed, allowedHeaders: ['*'] };
  test.each<[string, readonly Rule[], boolean]>([
    ['of a later rule grants what that rule allows', [listed, any], true],
    [
      'of a later rule for another method grants more',
      [listed, { ...any, allowedMethods: ['DELETE'] }],
      false,
    ],
    ['of no rule grants more', [listed, { ...listed, allowedHeaders: ['x-*', 'a*'] }], false],
  ])('%s', (_, sampled, isSame) => {
    const rules = compileRules({ rules: sampled, responseVary: false }, behaviourOf('oss'));
    const request = {
      method: 'OPTIONS',
      origin: 'https://a.example',
      requestMethod: 'PUT',
      requestHeaders: 'x-a',
    };
    const expected = outcomeOf(rules, request);
    const headers = expected.headers.map(
      ([name, value]) => [name, name === 'Access-Control-Allow-Headers' ? '*' : value] as const,
    );
    expect(headers).not.toEqual(expected.headers);
    const excess = excessOf(rules, request, expected.headers, headers);
    expect(excess).toEqual(isSame ? null : 'a browser may send the headers * after it');
  });
});

/** A gateway may list all names and methods of a route. */
test('what a browser caches of a route’s preflights is what the rules allow', () => {
  let passing = 0;
  for (const { name, rules } of ruleSets()) {
    const compiled = gatewayApi.compile(rules, exportOptions());
    const read = compiled.ok ? gatewayApi.read(compiled.files[0]?.text ?? '') : null;
    if (!read?.ok) continue;
    for (const request of requestsFor(rules, 300, 3)) {
      const expected = outcomeOf(rules, request);
      if (expected.status === null) continue;
      const seen = read.value.answer(request, expected);
      const { origin, requestMethod, requestHeaders } = request;
      const headers = requestedNames(requestHeaders);
      const asked = { origin: origin ?? '', method: requestMethod ?? '', headers, credentials: false };
      const passes = [expected, seen].every(
        (one) => preflightCheck(asked, one.status ?? 0, one.headers) === null,
      );
      if (!passes) continue;
      passing += 1;
      expect(excessOf(rules, request, expected.headers, seen.headers), name).toBeNull();
    }
  }
  expect(passing).toBeGreaterThan(50);
});
