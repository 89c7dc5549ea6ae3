import { expect, test } from 'vitest';
import { compileFor, compileRules, TARGETS } from '../../src/index.ts';
import { exportOptions } from './_proofs.ts';
import { behaviourOf, rule } from './_rule-sets.ts';

test('a program that uses the package can export rules', () => {
  const set = { rules: [rule({ allowedOrigins: ['*'], allowedMethods: ['GET'] })], responseVary: false };
  for (const target of TARGETS) {
    const compiled = compileFor(target, compileRules(set, behaviourOf('oss')), exportOptions());
    expect(compiled.ok ? compiled.files.length > 0 : Array.isArray(compiled.refused)).toBe(true);
  }
});
