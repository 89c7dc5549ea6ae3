import { describe, expect, test } from 'vitest';
import { type Passing, requestHeaders } from '../../../src/bucket/headers.ts';
import { ALL, type Sent } from '../../bucket/verify/_forms.ts';
import { attemptBy, host, useSignedBucket } from './_signature.ts';

useSignedBucket();

const HOPS = ['X-Forwarded-For', '203.0.113.7', 'Forwarded', 'for=203.0.113.7', 'Via', '1.1 cdn'];

/** Filters a signed request's headers as the edge does, with headers of proxies before the edge. */
const through =
  (passing: Partial<Passing>) =>
  (sent: Sent): Sent => ({
    ...sent,
    headers: requestHeaders([...sent.headers, ...HOPS, 'Origin', 'https://a.example'], {
      host: host(),
      clientHost: 'edge.example',
      peer: { address: '2001:db8::1', secure: true },
      trustForwarded: false,
      forwarded: 'all',
      edgeId: '00000000',
      ...passing,
    }),
  });

describe.each(ALL)('a signature by %s behind the edge', (form) => {
  test.each([
    ['replaced', false],
    ['added to', true],
  ])('stays valid when the headers of the hops are %s', async (_, trustForwarded) => {
    expect(await attemptBy(form, { change: through({ trustForwarded }) })).toBe('content');
  });

  test(`${form.startsWith('SigV4') ? 'is bound to' : 'does not cover'} the Host`, async () => {
    const expected = form.startsWith('SigV4') ? '403 SignatureDoesNotMatch' : 'content';
    expect(await attemptBy(form, { change: through({ host: 'other.example' }) })).toBe(expected);
  });
});
