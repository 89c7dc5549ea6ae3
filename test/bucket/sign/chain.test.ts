import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chain, signChain } from '../../../src/bucket/sign/chain.ts';
import { OSS_V4 } from '../../../src/bucket/sign/oss-v4.ts';
import { S3_V4 } from '../../../src/bucket/sign/s3-v4.ts';

const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();

/** Derives every key again, by Node's own functions. */
function signed(chain: Chain, secret: string, day: string, region: string, canonical: string): string {
  const scope = [day, region, chain.service, chain.terminator];
  const hash = createHash('sha256').update(canonical).digest('hex');
  const key = scope.reduce<Buffer | string>(hmac, chain.prefix + secret);
  return hmac(key, [chain.algorithm, `${day}T010203Z`, scope.join('/'), hash].join('\n')).toString('hex');
}

test('signatures by derived keys that are used again are those of new ones, for more scopes than are remembered', async () => {
  const scope = fc.record({
    chain: fc.constantFrom(OSS_V4, S3_V4),
    secret: fc.constantFrom('a', 'b', 'a/b', 'aws4_request/a'),
    day: fc.constantFrom('20260101', '20260102', '20260103'),
    region: fc.constantFrom('us-east-1', 'cn-hangzhou', 'eu-west-1', 'r1', 'r2', 'r3'),
    canonical: fc.string({ unit: 'binary-ascii' }),
  });
  await fc.assert(
    fc.asyncProperty(scope, async ({ chain, secret, day, region, canonical }) => {
      const found = await signChain(chain, secret, { date: `${day}T010203Z`, region }, canonical);
      expect(found).toBe(signed(chain, secret, day, region, canonical));
    }),
    { numRuns: 1000 },
  );
});
