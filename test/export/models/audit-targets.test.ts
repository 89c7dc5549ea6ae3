import { describe, expect, test } from 'vitest';
import { changesOf } from '../../../src/analysis/changes.ts';
import { auditOf } from '../../../src/export/audit.ts';
import { TARGETS } from '../../../src/export/targets.ts';
import { exportOptions } from '../_proofs.ts';
import { ruleSets } from '../_rule-sets.ts';

const SETS = ruleSets();

describe.each(
  TARGETS.flatMap((target) => target.formats.map((format) => [target.name, format, target] as const)),
)('%s, written as %s', (_, format, target) => {
  test('is read back unedited, and an audit against the same rules finds nothing', () => {
    let written = 0;
    for (const { name, rules } of SETS) {
      const compiled = target.compile(rules, exportOptions({ format }));
      if (!compiled.ok) continue;
      written += 1;
      const read = target.read(compiled.files[0]?.text ?? '');
      if (!read.ok) throw new Error(`${name}: ${JSON.stringify(read.faults)}`);
      expect(read.value.isEdited, name).toBe(false);
      expect(auditOf(rules, read.value), name).toEqual({ findings: [], complete: true });
    }
    expect(written).toBeGreaterThan(20);
  });

  test('differs from rules that allow others to GET', () => {
    let differing = 0;
    for (const [at, { name, rules }] of SETS.entries()) {
      const other = SETS[(at + 7) % SETS.length]?.rules;
      const compiled = target.compile(rules, exportOptions({ format }));
      if (!compiled.ok || other === undefined) continue;
      const read = target.read(compiled.files[0]?.text ?? '');
      if (!read.ok) throw new Error(`${name}: ${JSON.stringify(read.faults)}`);
      // Some targets leave preflights to the bucket, and some origins get no GET by either.
      const { changes } = changesOf(other, rules);
      if (!changes.some(({ changed, methods }) => changed.kind === 'method' && methods.includes('GET')))
        continue;
      differing += 1;
      expect(auditOf(other, read.value).findings.length, name).toBeGreaterThan(0);
    }
    expect(differing).toBeGreaterThan(10);
  });
});
