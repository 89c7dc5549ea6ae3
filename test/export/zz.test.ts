import { test } from 'vitest';
import { nginx } from '../../src/export/nginx/nginx.ts';
import { exportOptions } from './_proofs.ts';
import { ruleSets } from './_rule-sets.ts';

test('x', () => {
  for (const { name, rules } of ruleSets())
    if (name === process.env.W) {
      const c = nginx.compile(rules, exportOptions());
      if (c.ok)
        for (const f of c.files) console.log(`==== ${f.name}\n${f.text}`), console.log(c.grade, c.notes);
    }
});
