import { expect, test } from 'vitest';
import { isLocalKind } from '../../src/rules/sources/kinds.ts';

test.each([
  ['file', true],
  ['inline', true],
  ['bucket', false],
  ['url', false],
  ['kv', false],
  ['consul', false],
  ['constructor', false],
])('rules of a source of kind %s are local to the process: %s', (kind, local) => {
  expect(isLocalKind(kind)).toBe(local);
});
