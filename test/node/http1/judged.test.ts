import { expect, test } from 'vitest';
import { EXCEPTIONS } from './_exceptions.ts';
import { expectLaw, judge } from './_law.ts';
import { bytesOf, read } from './_read.ts';

// Ten times as many run in judged-many.test.ts, which takes longer than `npm test` may.
test('the reader takes 2,000 answers as undici and Node do, and refuses what one of them refuses', async () => {
  await expectLaw(2_000);
});

test.each(EXCEPTIONS)('the reader alone refuses $name ($section)', async ({ name, example }) => {
  expect(await judge(example, 'GET', read(bytesOf(example)))).toBe(name);
});
