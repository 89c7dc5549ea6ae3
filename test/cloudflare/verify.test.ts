import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ALL,
  type Attempt,
  editTarget,
  KEYS,
  setHeader,
  signed,
  TEMPORARY,
} from '../bucket/verify/_forms.ts';
import { type InWorkerd, openInWorkerd } from './_bundled.ts';

let worker: InWorkerd;
beforeAll(async () => {
  worker = await openInWorkerd('test/cloudflare/_verify-worker.ts', {});
});
afterAll(() => worker.close());

async function outcomeOf(form: string, attempt: Partial<Attempt>): Promise<unknown> {
  const sent = await signed(form, attempt);
  const body = JSON.stringify({ ...sent, key: sent.target });
  return (await fetch(worker.url, { method: 'POST', body })).json();
}

const BYTES = ['Content-Type', 'caf\u00c3\u00a9\u00ff'];

describe.each(ALL)('in workerd, a request signed by %s', (form) => {
  test.each<readonly [string, Partial<Attempt>, string]>([
    ['is accepted', { target: '/a%00%ff/b?cors=', headers: BYTES }, 'accepted'],
    ['is accepted with a token', { credentials: TEMPORARY }, 'accepted'],
    ['is refused for another object', { change: editTarget(/a%20b/, 'c') }, 'SignatureDoesNotMatch'],
    [
      'is refused with another byte in a header',
      { headers: BYTES, change: setHeader('content-type', 'caf\u00c3\u00a9\u00fe') },
      'SignatureDoesNotMatch',
    ],
    [
      'is refused with a wrong secret',
      { credentials: { ...KEYS, accessKeySecret: 'x' } },
      'SignatureDoesNotMatch',
    ],
  ])('%s', async (_, attempt, outcome) => expect(await outcomeOf(form, attempt)).toBe(outcome));
});
