import { expect, test } from 'vitest';
import { neverAllowsMore } from '../../src/analysis/diff.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { alibabaCdn } from '../../src/export/alibaba-cdn/alibaba-cdn.ts';
import { gatewayApi } from '../../src/export/gateway-api/gateway-api.ts';
import { compileFor, TARGETS } from '../../src/export/targets.ts';
import { exportOptions } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const A = 'https://app.example';
const oss = (...rules: Parameters<typeof rule>[0][]) =>
  compileRules({ rules: rules.map(rule), responseVary: false }, behaviourOf('oss'));
const lostFor = (target: (typeof TARGETS)[number], rules: ReturnType<typeof oss>) => {
  const compiled = compileFor(target, rules, exportOptions({ allowNarrower: true }));
  if (!compiled.ok) throw new Error('is refused');
  return compiled.lost;
};

test('what is lost names origins, methods and the reason', () => {
  const rules = oss({ allowedOrigins: [A, 'https://a$b.example'], allowedMethods: ['GET', 'PUT'] });
  expect(lostFor(alibabaCdn, rules)).toEqual([
    {
      rules: [1],
      origins: ['https://a$b.example'],
      methods: ['GET', 'PUT'],
      what: expect.stringMatching(/^Pages of these origins lose these methods\. The origins have characters/),
      nearest: expect.stringMatching(/\.$/),
    },
  ]);
});

test('what is lost names the origins where limits are the reason, and the headers', () => {
  const many = Array.from({ length: 32 }, (_, at) => `https://x${at}.example`);
  const lost = lostFor(
    alibabaCdn,
    oss({ allowedOrigins: ['https://*.app.example', ...many], allowedMethods: ['GET'] }),
  );
  expect(lost).toMatchObject(
    [{ origins: ['https://*.app.example'], methods: ['GET'], what: /32 values/ }].map(({ what, ...one }) => ({
      ...one,
      what: expect.stringMatching(what),
    })),
  );
});

test('what is lost names no origin that loses nothing', () => {
  const rules = oss({
    allowedOrigins: [A, 'http://localhost:*'],
    allowedMethods: ['GET', 'HEAD', 'POST'],
    exposeHeaders: ['ETag'],
  });
  const lost = lostFor(gatewayApi, rules);
  expect(lost).toHaveLength(1);
  expect(lost).toMatchObject([{ rules: [1], origins: ['http://localhost:*'] }]);
});

test.each(TARGETS.map((target) => [target.name, target] as const))(
  '%s names origins and methods of each rule set that it narrows',
  (_, target) => {
    for (const { name, rules } of ruleSets()) {
      const compiled = compileFor(target, rules, exportOptions({ allowNarrower: true }));
      if (!compiled.ok || compiled.lost.length === 0) continue;
      // Where the rules say nothing of what is lost, the target does.
      const isLess = neverAllowsMore(compiled.enforced, rules) !== true;
      const named = compiled.lost.filter(({ origins, methods }) => origins.length > 0 && methods.length > 0);
      expect([name, named.length > 0]).toEqual([name, isLess || named.length > 0]);
    }
  },
);

test('gateway-api refuses a `*` for a part of a label, and says how many items a list has', () => {
  const refusedFor = (rules: ReturnType<typeof oss>) => {
    const compiled = compileFor(gatewayApi, rules, exportOptions());
    return compiled.ok ? [] : compiled.refused;
  };
  const allowedMethods = ['GET', 'HEAD', 'POST'] as const;
  expect(refusedFor(oss({ allowedOrigins: ['https://app-*.example.com'], allowedMethods }))).toMatchObject([
    { origins: ['https://app-*.example.com'], what: expect.stringContaining('part of a label') },
  ]);
  expect(refusedFor(oss({ allowedOrigins: ['https://*.example.com'], allowedMethods }))).toEqual([]);
  const many = Array.from({ length: 65 }, (_, at) => `https://x${at}.example`);
  expect(refusedFor(oss({ allowedOrigins: many, allowedMethods }))).toMatchObject([
    { nearest: 'The same rules with at most 64 origins for each method.' },
  ]);
});
