import { expect, test } from 'vitest';
import { EXCEPTIONS } from './_exceptions.ts';
import { expectLaw } from './_law.ts';

test('the reader takes 20,000 answers as undici and Node do, and refuses what one of them refuses', async () => {
  const counts = await expectLaw(20_000);
  for (const { name } of EXCEPTIONS) expect.soft(counts.get(name), name).toBeGreaterThan(0);
}, 400_000);
