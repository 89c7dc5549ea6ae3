import { expect } from 'vitest';
import type { CompiledRules } from '../../src/cors/compile.ts';
import type { ExportOptions, Target, Written } from '../../src/export/target.ts';
import { compileFor } from '../../src/export/targets.ts';
import { prove } from '../../src/node/prove/prove.ts';
import type { Prover } from '../../src/node/prove/prover.ts';

export const exportOptions = (given: Partial<ExportOptions> = {}): ExportOptions => ({
  format: 'config',
  allowNarrower: false,
  bucketUrl: null,
  name: 'cors',
  source: 'cors.xml',
  version: '0.0.0',
  ...given,
});

/** The export for a bucket; throws with the reasons if the target refuses the rules. */
export function writtenFor(
  target: Target,
  rules: CompiledRules,
  given: Partial<ExportOptions> = {},
): Written {
  const compiled = compileFor(target, rules, exportOptions(given));
  if (!compiled.ok) throw new Error(compiled.refused.map(({ what }) => what).join('\n'));
  return compiled;
}

/** Proves a rule set with the real program: no answer differs. */
export async function expectProved(
  target: Target,
  prover: Prover,
  rules: CompiledRules,
  count: number,
  given: Partial<ExportOptions> = {},
) {
  const write = (bucketUrl: string) => writtenFor(target, rules, { ...given, bucketUrl });
  const proof = await prove(prover, write, { count });
  expect(proof.shown).toEqual([]);
  expect(proof.differences).toBe(0);
  expect(proof.requests).toBeGreaterThan(count);
}

/** A wrong exporter: what it would write in place of the right text. */
export interface Mutant {
  readonly name: string;
  readonly rules: CompiledRules;
  /** Must change the text of one of the files. */
  readonly change: (text: string) => string;
}

/** Returns how many answers differ with a mutant. Rejects if the mutant changes nothing. */
export async function differencesOf(
  target: Target,
  prover: Prover,
  { name, rules, change }: Mutant,
  count: number,
) {
  const proof = await prove(
    prover,
    (bucketUrl) => {
      const written = writtenFor(target, rules, { bucketUrl });
      const files = written.files.map((file) => ({ ...file, text: change(file.text) }));
      if (files.every(({ text }, at) => text === written.files[at]?.text))
        throw new Error(`${name} changes nothing`);
      return { ...written, files };
    },
    { count },
  );
  return proof.differences;
}
