import { expect, test } from 'vitest';
import { warnFaultsOnce, warnFirstOfRow } from '../../src/rules/warn-once.ts';

test('warnFirstOfRow passes on the first of consecutive failures', () => {
  const warnings: string[] = [];
  const row = warnFirstOfRow((message) => warnings.push(message));
  row.failed('a');
  row.failed('b');
  row.worked();
  row.failed('c');
  expect(warnings).toEqual(['a', 'c']);
});

test('warnFaultsOnce passes on a fault of a bucket again if it changes or was gone', () => {
  const warnings: string[] = [];
  const faults = warnFaultsOnce((message) => warnings.push(message));
  for (const message of ['a', 'a', 'b', 'b']) faults.found('one', message);
  faults.found('two', 'b');
  expect([faults.has('one'), faults.gone('one'), faults.has('one')]).toEqual([true, true, false]);
  faults.found('one', 'b');
  expect(warnings).toEqual(['a', 'b', 'b', 'b']);
});
