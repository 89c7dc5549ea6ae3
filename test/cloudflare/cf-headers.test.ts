import { describe, expect, test } from 'vitest';
import { call, element, values } from '../helpers/client.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';
import { runWorker } from './_worker.ts';

describe('the headers that Cloudflare adds', () => {
  const NAMES = ['cf-connecting-ip', 'cf-ray', 'cf-ipcountry', 'cf-visitor', 'true-client-ip'];

  test.each([
    ['stay here', {}, []],
    ['go to the bucket where that is asked for', { PASS_CF_HEADERS: 'true' }, NAMES],
  ])('%s', async (_, env, passed) => {
    const bucket = await openUpstream(ONE_ORIGIN);
    const worker = await runWorker({ env: { BUCKET_URL: bucket.url, ...env } });
    try {
      const headers = ['CDN-Loop', 'fastly; a=b', 'X-Forwarded-For', '203.0.113.7, 127.0.0.1'];
      await call(worker.url, { target: '/key', headers });
      const asked = { headers: bucket.asked[0]?.headers ?? [] };
      const names = asked.headers.filter((__, at) => at % 2 === 0).map((name) => name.toLowerCase());
      expect(NAMES.filter((name) => names.includes(name))).toEqual(passed);
      const [loop = ''] = values(asked, 'cdn-loop');
      expect(loop).toMatch(/^fastly; a=b, .*bucket-cors-[0-9a-f]{8}$/);
      expect(loop.includes('cloudflare')).toBe(passed.length > 0);
      expect(values(asked, 'x-forwarded-for')).toEqual(['127.0.0.1']);
      const again = await call(worker.url, { target: '/key', headers: ['CDN-Loop', loop] });
      expect(element(again, 'Code')).toBe('LoopDetected');
      expect(bucket.asked).toHaveLength(1);
    } finally {
      await worker.close();
      await bucket.close();
    }
  });

  test('add the client’s address once to the chain of a trusted proxy', async () => {
    const bucket = await openUpstream(ONE_ORIGIN);
    const worker = await runWorker({ env: { BUCKET_URL: bucket.url, TRUST_FORWARDED: 'true' } });
    try {
      await call(worker.url, { target: '/key', headers: ['X-Forwarded-For', '203.0.113.7, 127.0.0.1'] });
      const asked = { headers: bucket.asked[0]?.headers ?? [] };
      expect(values(asked, 'x-forwarded-for')).toEqual(['203.0.113.7, 127.0.0.1']);
    } finally {
      await worker.close();
      await bucket.close();
    }
  });
});
