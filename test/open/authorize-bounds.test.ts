import { expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import type { Access } from '../../src/open/access.ts';
import { openAuthorize } from '../../src/open/authorize.ts';
import { PASSING } from '../helpers/access.ts';
import { EVERYBODY } from '../suite/sets.ts';

const behaviour = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const IN_FORCE = { rules: compileRules(EVERYBODY, behaviour), version: null };
const ACCESS = {
  ...PASSING,
  store: 's3',
  bucketName: 'media',
  region: 'us-east-1',
  credentials: { kind: 'file', path: './keys' },
} as const;

/** What becomes of a GET, and how often the keys were read for it. */
async function outcome(objects: Access['objects'], target: string, own: readonly string[] = []) {
  let reads = 0;
  const authorize = openAuthorize(
    { ...ACCESS, objects },
    {
      variables: {},
      credentialsFile: () => async () => {
        reads += 1;
        return { accessKeyId: 'ak', accessKeySecret: 'sk' };
      },
    },
  );
  const headers = ['Host', 'bucket.example', ...own];
  const request = { method: 'GET', target, headers, body: null };
  const checked = await authorize?.(request, { method: 'GET', target, key: target, headers }, IN_FORCE);
  if (checked === undefined) throw new Error('nothing signs');
  if (!checked.ok) return `${checked.refusal.code}: ${checked.refusal.message}, ${reads} reads`;
  return `${checked.value === request ? 'unchanged' : 'signed'}, ${reads} reads`;
}

const SIGN_REFUSES = 'AccessDenied: The edge signs no request with more than 256 query parameters., 0 reads';
const RESIGN_REFUSES =
  'InvalidArgument: The edge checks the signature of a request with at most 256 query parameters., 0 reads';

test.each([
  ['256 parameters', `/a?a${'&a'.repeat(255)}`, 'signed, 1 reads'],
  ['257 parameters', `/a?a${'&a'.repeat(256)}`, SIGN_REFUSES],
  ['257 empty parameters', `/a?${'&'.repeat(256)}`, SIGN_REFUSES],
  ['257 parameters that a semicolon divides', `/a?a${';a'.repeat(256)}`, SIGN_REFUSES],
  ['as many semicolons in its key', `/a${';a'.repeat(256)}`, 'signed, 1 reads'],
  ['a parameter as long as a target', `/a?a=${'%e4+'.repeat(2000)}`, 'signed, 1 reads'],
  ['a key as long as a target', `/${'%c3%a4"'.repeat(1100)}`, 'signed, 1 reads'],
])('a read with %s is answered by `sign` in bounded work', async (_, target, expected) => {
  expect(await outcome('sign', target)).toBe(expected);
});

test.each([
  ['thousands of parameters and no signature', `/a?a${'&a'.repeat(4000)}`, [], 'unchanged, 0 reads'],
  ['a signature in the header', `/a?a${'&a'.repeat(4000)}`, ['Authorization', 'OSS ak:x'], RESIGN_REFUSES],
  ['a signature in the URL', `/a?a${'&a'.repeat(4000)}&X-Amz-Signature=x`, [], RESIGN_REFUSES],
])('a request with %s is answered by `resign` in bounded work', async (_, target, headers, expected) => {
  expect(await outcome('resign', target, headers)).toBe(expected);
});
