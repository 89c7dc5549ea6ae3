import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answers } from './_answers.ts';
import { EXCEPTIONS } from './_exceptions.ts';
import { judgeOfNode, meaningOf, requestOfNode } from './_judges.ts';
import { expectLaw, judge } from './_law.ts';
import { bytesOf, read } from './_read.ts';

// Ten times as many run in judged-many.test.ts, which takes longer than `npm test` may.
test('the reader takes 2,000 answers as undici and Node do, and refuses what one of them refuses', async () => {
  await expectLaw(2_000);
});

test.each(EXCEPTIONS)('the reader alone refuses $name ($section)', async ({ name, example }) => {
  expect(await judge(example, 'GET', read(bytesOf(example)))).toBe(name);
});

test('the parser that judges takes answers as a request of node:http does', async () => {
  const property = fc.asyncProperty(answers, async ({ text, method }) => {
    const bytes = bytesOf(text);
    expect(meaningOf(await requestOfNode(bytes, method))).toEqual(meaningOf(judgeOfNode(bytes, method)));
  });
  await fc.assert(property, { numRuns: 200 });
});
