import { describe, expect, test } from 'vitest';
import { call, corsHeaders, element, value } from '../helpers/client.ts';
import { A } from '../suite/sets.ts';
import { runWorker } from './_worker.ts';

describe('a Worker with a faulty configuration', () => {
  test.each([
    ['a fault in a variable', { RULES_TTL: 'soon' }, 'RULES_TTL "soon" is not a time'],
    [
      'a faulty document',
      { CORS_RULES: '<CORSConfiguration><CORSRule/></CORSConfiguration>' },
      'CORS_RULES CORS',
    ],
    [
      'half of the keys',
      { OSS_ACCESS_KEY_ID: 'an-id', STORE: 'oss' },
      'CREDENTIALS: the environment has OSS_ACCESS_KEY_ID, but not OSS_ACCESS_KEY_SECRET',
    ],
    [
      'keys and no name of a bucket',
      { OSS_ACCESS_KEY_ID: 'an-id', OSS_ACCESS_KEY_SECRET: 's3cr3t' },
      'write BUCKET_NAME=my-bucket',
    ],
  ])('refuses every request with the faults, and logs them: %s', async (_, env, expected) => {
    const worker = await runWorker({ env: { BUCKET_URL: 'http://bucket.example', ...env } });
    try {
      for (const method of ['GET', 'OPTIONS']) {
        const headers = ['Origin', A, 'Access-Control-Request-Method', 'PUT'];
        const answered = await call(worker.url, { method, target: '/key', headers });
        expect(answered.status).toBe(500);
        expect(value(answered, 'content-type')).toBe('application/xml');
        expect(value(answered, 'cache-control')).toBe('no-store');
        expect(value(answered, 'x-oss-request-id')).toMatch(/^[0-9A-F]{24}$/);
        expect(element(answered, 'Code')).toBe('ConfigurationInvalid');
        expect(element(answered, 'Fault')).toContain(expected);
        expect(answered.body.toString()).not.toContain('s3cr3t');
        expect(corsHeaders(answered)).toEqual({});
      }
      const refusals = worker.lines.filter(({ msg }) => msg === 'configuration refused');
      expect(refusals).toMatchObject([{ level: 'error' }]);
      expect(refusals[0]?.faults).toContainEqual(expect.stringContaining(expected));
    } finally {
      await worker.close();
    }
  });
});
