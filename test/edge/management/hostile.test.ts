import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { toXml } from '../../../src/document/xml.ts';
import { call, corsHeaders, element } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import {
  FORM_NAMES,
  type FormName,
  KEYS,
  REGION,
  type Sent,
  signed,
  TEMPORARY,
  type ToSign,
} from '../../helpers/signed.ts';
import { A, EVERYBODY, ONE_ORIGIN } from '../../suite/sets.ts';

const HOST = 'media.example';
const OTHER_KEYS: Credentials = { accessKeyId: 'other', accessKeySecret: 'ok' };
const IN_FORCE = { document: toXml(ONE_ORIGIN), writer: 'ak', writtenAt: 1 };

let edge: NodeEdge;
beforeAll(async () => {
  const options = { dialect: 'oss', bucket: 'bucket', region: REGION, wallClock: Date.now } as const;
  edge = await openOnNode({
    buckets: [{ name: 'bucket', management: 'keep' }],
    keeping: {
      verify: (request) => verifyRequest(request, { ...options, keys: async () => [KEYS, TEMPORARY] }),
    },
  });
  const register = edge.registerOf('bucket');
  register.entry = IN_FORCE;
  await edge.setRules('none');
});
beforeEach(() => {
  Object.assign(edge.registerOf('bucket'), { reads: 0, writes: 0 });
});
afterAll(async () => {
  await edge.close();
  expect(edge.errors).toEqual([]);
});

const MINUTE = 60_000;
const URLS = FORM_NAMES.filter((form) => form.endsWith('URL'));
const HEADERS = FORM_NAMES.filter((form) => !form.endsWith('URL'));
const V4 = FORM_NAMES.filter((form) => !form.startsWith('OSS V1'));
const OSS = FORM_NAMES.filter((form) => form.startsWith('OSS'));
const SIGV4 = FORM_NAMES.filter((form) => form.startsWith('SigV4'));
const SIGV4_HEADERS = SIGV4.filter((form) => HEADERS.includes(form));

interface Attack {
  readonly forms: readonly FormName[];
  /** Signed otherwise than the request that is sent. */
  readonly signs?: (method: string) => Partial<ToSign>;
  /** Changed after it was signed. */
  readonly changes?: (sent: Sent) => Sent | Promise<Sent>;
  /** Only with these methods. */
  readonly methods?: readonly string[];
}

const withHeaders = (sent: Sent, ...headers: readonly string[]): Sent => ({
  ...sent,
  headers: [...sent.headers, ...headers],
});
const without = (sent: Sent, names: RegExp): Sent => ({
  ...sent,
  headers: sent.headers.filter((_, at) => !names.test(sent.headers[at - (at % 2)] ?? '')),
});
const headerOf = ({ headers }: Sent, name: string) =>
  headers[headers.findIndex((one, at) => at % 2 === 0 && one.toLowerCase() === name) + 1] ?? '';
const queryOf = ({ target }: Sent) => target.slice('/?cors'.length);

const ATTACKS: Readonly<Record<string, Attack>> = {
  'without a signature': {
    forms: FORM_NAMES,
    changes: (sent) => ({ ...without(sent, /^authorization$/i), target: '/?cors' }),
  },
  'by an unknown key': { forms: FORM_NAMES, signs: () => ({ keys: { ...KEYS, accessKeyId: 'stranger' } }) },
  'by the key of another bucket': { forms: FORM_NAMES, signs: () => ({ keys: OTHER_KEYS }) },
  'with a wrong secret': { forms: FORM_NAMES, signs: () => ({ keys: { ...KEYS, accessKeySecret: 'ks' } }) },
  'with a temporary key without its token': {
    forms: FORM_NAMES,
    signs: () => ({ keys: { accessKeyId: 'STS.ak', accessKeySecret: 'tsk' } }),
  },
  'with a wrong token': {
    forms: FORM_NAMES,
    signs: () => ({ keys: { ...TEMPORARY, securityToken: 'nekot' } }),
  },
  'replayed after a quarter of an hour': {
    forms: HEADERS,
    signs: () => ({ time: Date.now() - 16 * MINUTE }),
  },
  'dated a quarter of an hour ahead': { forms: HEADERS, signs: () => ({ time: Date.now() + 16 * MINUTE }) },
  'by a URL that has expired': { forms: URLS, signs: () => ({ time: Date.now() - 16 * MINUTE }) },
  'by a URL that is valid for more than a week': {
    forms: URLS.filter((form) => V4.includes(form)),
    signs: () => ({ expires: 7 * 24 * 3600 + 1 }),
  },
  'signed for another bucket': { forms: OSS, signs: () => ({ bucket: 'other' }) },
  'signed for another host': {
    forms: SIGV4,
    signs: () => ({ host: 'other.example' }),
    changes: (sent) => ({ ...sent, headers: ['Host', HOST, ...sent.headers.slice(2)] }),
  },
  'signed for another method': {
    forms: FORM_NAMES,
    signs: (method) => ({ method: method === 'GET' ? 'PUT' : 'GET' }),
  },
  'signed for another path': {
    forms: FORM_NAMES,
    signs: () => ({ target: '/key?cors' }),
    changes: (sent) => ({ ...sent, target: sent.target.replace('/key', '/') }),
  },
  'signed for another subresource': {
    forms: FORM_NAMES,
    signs: () => ({ target: '/?acl' }),
    changes: (sent) => ({ ...sent, target: sent.target.replace('acl', 'cors') }),
  },
  'signed for another region': { forms: V4, signs: () => ({ region: 'cn-beijing' }) },
  'with a header of the store that is not signed': {
    forms: FORM_NAMES,
    changes: (sent) => withHeaders(sent, 'x-oss-acl', 'public-read', 'x-amz-acl', 'public-read'),
  },
  // Ceph RGW, and servers behind a CGI interface, read `_` as `-`.
  'with a header of the store, spelled with _, that is not signed': {
    forms: FORM_NAMES,
    changes: (sent) => withHeaders(sent, 'x_oss_acl', 'public-read', 'X_Amz-Acl', 'public-read'),
  },
  'without a header that was signed': {
    forms: HEADERS,
    signs: () => ({ headers: ['Content-Type', 'application/xml'] }),
    changes: (sent) => without(sent, /^content-type$/i),
  },
  'with a second Authorization': {
    forms: HEADERS,
    changes: (sent) => withHeaders(sent, 'Authorization', headerOf(sent, 'authorization')),
  },
  'with a signature in its URL too': {
    forms: HEADERS,
    changes: async (sent) => {
      const url = await signed('OSS V1 URL', { method: sent.method, target: '/?cors', host: HOST });
      return { ...sent, target: `/?cors${queryOf(url)}` };
    },
  },
  'with another document than the one that was signed': {
    forms: ['SigV4 header with the hash of the body'],
    changes: (sent) => ({ ...sent, body: toXml(EVERYBODY).replace('*', 'https://evil.example') }),
    methods: ['PUT'],
  },
  'with the hash of no body': {
    forms: ['SigV4 header with the hash of the body'],
    signs: () => ({ body: '' }),
    changes: (sent) => ({ ...sent, body: toXml(EVERYBODY) }),
    methods: ['PUT', 'DELETE'],
  },
  'with the hash of another body than none': {
    forms: ['SigV4 header with the hash of the body'],
    signs: () => ({ body: 'body' }),
    changes: ({ body: _, ...sent }) => sent,
    methods: ['GET', 'DELETE'],
  },
  'with a changed signature': {
    forms: SIGV4_HEADERS,
    changes: (sent) => ({
      ...sent,
      headers: sent.headers.map((text) =>
        text.replace(/Signature=(.)/, (_, first: string) => `Signature=${first === '0' ? '1' : '0'}`),
      ),
    }),
  },
};

const ROWS = Object.entries(ATTACKS).flatMap(([what, { forms, methods = ['PUT', 'GET', 'DELETE'] }]) =>
  methods.flatMap((method) => forms.map((form) => [method, what, form] as const)),
);

describe('a request for the rules', () => {
  test.each(FORM_NAMES)('that is signed by %s is served', async (form) => {
    const sent = await signed(form, { method: 'GET', target: '/?cors', host: HOST });
    expect((await call(edge.url, sent)).status).toBe(200);
    expect(edge.registerOf('bucket').reads).toBe(1);
  });

  test.each(ROWS)('with %s, %s, is refused: %s', async (method, what, form) => {
    const { signs, changes = (sent) => sent } = ATTACKS[what] as Attack;
    const body = method === 'PUT' ? { body: toXml(EVERYBODY) } : {};
    const sent = await signed(form, { method, target: '/?cors', host: HOST, ...body, ...signs?.(method) });
    const answered = await call(edge.url, await changes({ ...body, ...sent, method }));
    expect(answered.status).toBeGreaterThanOrEqual(400);
    expect(answered.status).toBeLessThan(500);
    expect(element(answered, 'Code')).toMatch(/^\w+$/);
    // Neither keys nor what the rules are.
    expect(answered.body.toString()).not.toMatch(/\bt?sk\b|\/\/a\.example/);
    const { entry, reads, writes } = edge.registerOf('bucket');
    expect({ entry, reads, writes }).toEqual({ entry: IN_FORCE, reads: 0, writes: 0 });
    const object = await call(edge.url, { target: '/key', headers: ['Origin', A] });
    expect(corsHeaders(object)['access-control-allow-origin']).toBe(A);
  });
});

// A target in absolute form is served at its own host (RFC 9112 §3.2.2), so the signature must be for that host.
describe('a request for the rules with a target in absolute form', () => {
  let hosts: NodeEdge;
  beforeAll(async () => {
    hosts = await openOnNode({
      dialect: 's3',
      buckets: ['a', 'b'].map((name) => ({ name, management: 'keep', hosts: [`${name}.test`] })),
    });
  });
  afterAll(() => hosts.close());

  test.each(SIGV4.flatMap((form) => ['PUT', 'GET', 'DELETE'].map((method) => [method, form] as const)))(
    'and %s is refused when signed for the bucket in Host: %s',
    async (method, form) => {
      const body = method === 'PUT' ? { body: toXml(EVERYBODY) } : {};
      const sent = await signed(form, { method, target: '/?cors=', host: 'a.test', ...body });
      const answered = await call(hosts.url, { ...sent, target: `http://b.test${sent.target}` });
      expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
      expect(hosts.registerOf('b')).toMatchObject({ entry: null, reads: 0, writes: 0 });
      expect(hosts.registerOf('a')).toMatchObject({ entry: null, reads: 0, writes: 0 });
    },
  );

  test.each(SIGV4)(
    'is served when signed for the bucket in the target, whatever Host says: %s',
    async (form) => {
      for (const host of ['b.test', 'a.test', 'unknown.test']) {
        const sent = await signed(form, { method: 'GET', target: '/?cors=', host: 'b.test' });
        const headers = ['Host', host, ...sent.headers.slice(2)];
        const answered = await call(hosts.url, { ...sent, headers, target: `http://b.test${sent.target}` });
        expect([answered.status, element(answered, 'Code')]).toEqual([404, 'NoSuchCORSConfiguration']);
      }
    },
  );

  test.each(SIGV4)('of a host that was not signed is refused by a bucket at every host: %s', async (form) => {
    const sent = await signed(form, { method: 'GET', target: '/?cors', host: HOST });
    const answered = await call(edge.url, { ...sent, target: `http://evil.test${sent.target}` });
    expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(edge.registerOf('bucket').reads).toBe(0);
  });
});
