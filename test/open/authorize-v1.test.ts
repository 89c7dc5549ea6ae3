import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerMap } from '../../src/bucket/sign/canonical.ts';
import { OSS_SUBRESOURCES, ossV1Signature } from '../../src/bucket/sign/oss-v1.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { openAuthorize } from '../../src/open/authorize.ts';
import { PASSING } from '../helpers/access.ts';
import { KEYS, signed } from '../helpers/signed.ts';
import { EVERYBODY } from '../suite/sets.ts';

const BUCKET = 'media';
const RULES = compileRules(EVERYBODY, { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false });
const IN_FORCE = { rules: RULES, version: null };
const HEADERS = ['Host', 'media.example'];
const VARIABLES = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };

const openResign = (signature: 'v1' | 'v4') =>
  openAuthorize(
    {
      ...PASSING,
      objects: 'resign',
      bucketName: BUCKET,
      region: 'cn-hangzhou',
      signature,
      credentials: { kind: 'environment', prefix: null },
    },
    { variables: VARIABLES },
  );

/** What the bucket gets of a V1 URL for `target` with `added` at its end; null: the edge refuses it. */
async function sentFor(target: string, added: string, signature: 'v1' | 'v4') {
  const url = await signed('OSS V1 URL', { method: 'GET', target, host: 'media.example', bucket: BUCKET });
  const whole = `${url.target}${added}`;
  const request = { method: 'GET', target: whole, headers: HEADERS, body: null };
  const checked = await openResign(signature)?.(request, { ...request, key: whole }, IN_FORCE);
  return checked?.ok ? checked.value : null;
}

const TARGETS = ['/k', '/', '/?acl', '/k?versionId=1&x=2'];
const NAME = fc.oneof(
  fc.constantFrom(
    ...OSS_SUBRESOURCES,
    'x-oss-process',
    'list-type',
    'x-foo',
    'prefix',
    'ACL',
    '%61cl',
    'acl%00',
  ),
  fc.string({ unit: fc.constantFrom(...'aclx-oss=;+%20'), maxLength: 8 }),
);

// An edge that signed by V4 would vouch for parameters that the client of a V1 URL has never signed.
describe.each(['v1', 'v4'] as const)('with the signature %s configured', (signature) => {
  test('a parameter added to a V1 URL is refused, or not in the signature for the bucket', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...TARGETS),
        NAME,
        fc.constantFrom('', '=', '=1'),
        async (target, name, is) => {
          const sent = await sentFor(target, `&${name}${is}`, signature);
          if (sent === null) return;
          const headers = headerMap(sent.headers);
          const date = headers.get('date') ?? '';
          const input = { bucket: BUCKET, secret: KEYS.accessKeySecret, date };
          // The signature of the request without it.
          const bare = await ossV1Signature({ method: 'GET', target, headers: HEADERS }, input);
          expect(headers.get('authorization')).toBe(`OSS ${KEYS.accessKeyId}:${bare}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([...OSS_SUBRESOURCES, 'x-oss-process', 'x-oss-any'])(
    'the subresource %s added to a V1 URL is refused',
    async (name) => {
      expect(await sentFor('/', `&${name}`, signature)).toBeNull();
    },
  );

  test.each(['list-type=2', 'x-foo=1', 'prefix=a'])(
    '%s added to a V1 URL reaches the bucket',
    async (added) => {
      expect((await sentFor('/', `&${added}`, signature))?.target).toMatch(new RegExp(`[?&]${added}$`));
    },
  );
});
