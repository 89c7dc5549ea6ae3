import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bucket/sign/canonical.ts';
import { verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { ALL, type Attempt, KEYS, OPTIONS, outcomeOf, type Sent, signed, TEMPORARY } from './_forms.ts';

const PIECE = fc.oneof(
  fc.constantFrom('a', 'B', '-', '~', '%20', '%c3%A9', '%00', '%ff', '!', '@', '.', '/'),
  fc.integer({ min: 0x80, max: 0xff }).map((byte) => `%${byte.toString(16)}`),
);
// Without `?` and `&` encoded: the text that OSS V1 signs is decoded, so it cannot distinguish them.
const PATH = fc.array(PIECE, { maxLength: 8 }).map((pieces) => `/k${pieces.join('')}`);
const VALUE = fc.array(fc.constantFrom('a', '1', '%20', '%2F', '+', '.'), { maxLength: 4 });
const QUERY = fc
  .uniqueArray(fc.constantFrom('versionId', 'partNumber', 'uploadId', 'x-oss-process', 'acl'), {
    maxLength: 3,
  })
  .chain((names) => fc.tuple(...names.map((name) => VALUE.map((value) => [name, value.join('')] as const))));
const ATTEMPT = fc
  .record({
    path: PATH,
    query: QUERY,
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'HEAD', 'POST'),
    credentials: fc.constantFrom(KEYS, TEMPORARY),
    type: fc.constantFrom('application/xml', 'a/b; c=d'),
  })
  .map(({ path, query, method, credentials, type }): Partial<Attempt> => {
    const parameters = query.map(([name, value]) => (value === '' ? name : `${name}=${value}`));
    const target = parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
    return { method, credentials, target, headers: ['Content-Type', type] };
  });

const replaceAt = (text: string, at: number, by: string) => text.slice(0, at) + by + text.slice(at + 1);

/** A change of one character outside of an escape, which changes the meaning. */
function changedAt(text: string, from: number, to: number, at: number): string | null {
  const place = from + (at % Math.max(1, to - from));
  const character = text[place] ?? '';
  if (place >= to || !/[A-Za-z0-9]/.test(character) || /%.?$/.test(text.slice(from, place))) return null;
  return replaceAt(text, place, character === 'z' ? 'y' : 'z');
}

type Change = (sent: Sent, attempt: Partial<Attempt>, at: number) => Sent | null;

const CHANGES: Readonly<Record<string, Change>> = {
  method: (sent) => ({ ...sent, method: sent.method === 'GET' ? 'PUT' : 'GET' }),
  path: (sent, { target = '' }, at) => {
    const end = target.includes('?') ? target.indexOf('?') : target.length;
    const changed = changedAt(sent.target, 1, end, at);
    return changed === null || decode(changed) === decode(sent.target) ? null : { ...sent, target: changed };
  },
  query: (sent, { target = '' }, at) => {
    if (!target.includes('?')) return null;
    const changed = changedAt(sent.target, target.indexOf('?') + 1, target.length, at);
    return changed === null ? null : { ...sent, target: changed };
  },
  'a signed header': (sent, _, at) => {
    const index = sent.headers.indexOf('Content-Type') + 1;
    const value = sent.headers[index] ?? '';
    const changed = changedAt(value, 0, value.length, at);
    return changed === null ? null : { ...sent, headers: sent.headers.with(index, changed) };
  },
  'the signature': (sent, _, at) => {
    const text = [sent.target, ...sent.headers].join('\n');
    const found = /(?:[Ss]ignature=|OSS \S+?:)([^&\n]+)/.exec(text);
    const signature = found?.[1] ?? '';
    const changed = changedAt(signature, 0, signature.length, at);
    if (changed === null) return null;
    const swap = (part: string) => part.replace(signature, changed);
    return { ...sent, target: swap(sent.target), headers: sent.headers.map(swap) };
  },
};

describe.each(ALL)('every request signed by %s', (form) => {
  test('is accepted as it is', async () => {
    await fc.assert(
      fc.asyncProperty(ATTEMPT, async (attempt) => {
        expect(await outcomeOf(await signed(form, attempt))).toBe('accepted');
      }),
      { numRuns: 60 },
    );
  });

  test.each(Object.entries(CHANGES))('is refused with any change of %s', async (_, change) => {
    await fc.assert(
      fc.asyncProperty(ATTEMPT, fc.nat(1000), async (attempt, at) => {
        const changed = change(await signed(form, attempt), attempt, at);
        fc.pre(changed !== null);
        expect(await outcomeOf(changed)).not.toBe('accepted');
      }),
      { numRuns: 60 },
    );
  });

  test('is refused without any part of it in the message', async () => {
    const secrets = ['sk', 'tsk', 'token', 'STS.ak'].map((text) => `~${text}~`);
    const [accessKeySecret = '', , securityToken = '', accessKeyId = ''] = secrets;
    const credentials = { accessKeyId, accessKeySecret, securityToken };
    const sent = await signed(form, { credentials });
    const signature = /(?:[Ss]ignature=|OSS \S+?:)([^&\n]+)/.exec(
      [sent.target, ...sent.headers].join('\n'),
    )?.[1];
    const keys = [
      [],
      [{ accessKeyId, accessKeySecret }],
      [{ ...credentials, securityToken: '~other~' }],
      [{ ...credentials, accessKeySecret: '~other~' }],
    ];
    for (const dialect of ['oss', 's3'] as const) {
      for (const found of keys) {
        const checked = await verifyRequest(
          { ...sent, key: sent.target },
          { ...OPTIONS, dialect, keys: async () => found },
        );
        expect(checked.ok).toBe(false);
        const text = JSON.stringify(checked);
        for (const secret of [...secrets, signature ?? '', '~other~']) expect(text).not.toContain(secret);
      }
    }
  });
});

test('arbitrary targets and headers never throw, and are never accepted', async () => {
  const NAMES = ['Authorization', 'x-amz-date', 'x-oss-date', 'Date', 'x-amz-content-sha256', 'Host'];
  const STARTS = [
    'OSS ',
    'OSS4-HMAC-SHA256 Credential=',
    'AWS4-HMAC-SHA256 Credential=ak/2/a/s3/aws4_request,',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/', '/?Signature=', '/?X-Amz-Algorithm=', '/?x-oss-signature-version='),
      fc.string(),
      fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom('', ...STARTS), fc.string())),
      async (start, rest, lines) => {
        const headers = lines.flatMap(([name, before, after]) => [name, before + after]);
        const sent = { method: 'PUT', target: start + rest, headers };
        expect(await outcomeOf(sent)).toMatch(/^[45]\d\d [A-Z]\w+$/);
      },
    ),
    { numRuns: 500 },
  );
});
