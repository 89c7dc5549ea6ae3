import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { type Answered, call, corsHeaders, element, value } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { FORM_NAMES, type FormName, signed, TEMPORARY, type ToSign } from '../helpers/signed.ts';
import { type Edge, type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, ONE_ORIGIN, setOf } from './sets.ts';

const HOST = 'media.example';

/** Sends a request for the rules that one of the bucket's keys has signed. */
export async function manage(
  edge: Edge,
  { form = 'OSS V4 header', ...about }: Partial<ToSign> & { readonly form?: FormName } = {},
): Promise<Answered> {
  const sent = await signed(form, { method: 'GET', target: '/?cors', host: HOST, ...about });
  return call(edge.url, sent);
}

const put = (edge: Edge, body: string, about: Parameters<typeof manage>[1] = {}) =>
  manage(edge, { method: 'PUT', body, ...about });

const allows = async (edge: Edge, origin: string): Promise<boolean> =>
  corsHeaders(await call(edge.url, { target: '/key', headers: ['Origin', origin] }))[
    'access-control-allow-origin'
  ] !== undefined;

const refusal = (answered: Answered): string => `${answered.status} ${element(answered, 'Code')}`;

/** The parameter `cors`, as clients write it. */
const TARGETS = ['/?cors', '/?cors=', '/?x-id=PutBucketCors&cors', '/?cors&x-id=PutBucketCors', '/?%63ors'];
/** What a server that removes empty segments and dot segments would take for the bucket's rules. */
const DISGUISED = ['//?cors', '/%2F?cors', '/%5c?cors', '//;a/?cors', '/%2e%2e;/?%63ors=1&a', '/a/../?cors'];
/** What a server with a tolerant parser would take for them. */
const LOOKALIKES = [
  '/?cors;',
  '/?x;cors',
  '/?CORS',
  '/?Cors',
  '/?+cors',
  '/?%20cors',
  '/?cors%00',
  '/?cors[]',
  '/%00?cors',
  '/%20?cors',
  '/%252f?cors',
];
const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];

/** Rules that clients write: they are stored by the edge, or not at all. */
export function addKeepTests(runtime: Runtime): void {
  describe.each(['off', 'keep'] as const)('with management "%s"', (management) => {
    const edge = useEdge(runtime, { buckets: [{ name: 'bucket', management }] });

    test.each(
      METHODS.flatMap((method) =>
        [...TARGETS, ...DISGUISED, ...LOOKALIKES].map((target) => [method, target] as const),
      ),
    )('%s %s never reaches the bucket', async (method, target) => {
      const answered = await call(edge().url, { method, target });
      expect(answered.status).toBeGreaterThanOrEqual(400);
      expect(edge().bucket.asked).toEqual([]);
    });

    test.each([
      ['GET', '/?acl'],
      ['PUT', '/key?cors'],
      ['GET', '/?corsica'],
      ['GET', '/?prefix=cors'],
      ['POST', '/?delete'],
    ])('%s %s reaches the bucket', async (method, target) => {
      expect((await call(edge().url, { method, target })).status).toBe(200);
      expect(edge().bucket.asked).toMatchObject([{ method, target }]);
    });
  });

  describe.each(['oss', 's3'] as const)('with management "off" and the store %s', (dialect) => {
    const edge = useEdge(runtime, { dialect, buckets: [{ name: 'bucket', management: 'off' }] });

    test.each(METHODS)('%s ?cors is refused, with what turns it on', async (method) => {
      const answered = await manage(edge(), { method });
      expect(answered.status).toBe(403);
      if (method === 'HEAD') return;
      expect(element(answered, 'Code')).toBe('AccessDenied');
      expect(element(answered, 'Message')).toMatch(
        /^Clients do not change .*; to turn it on, write .*management.*keep/i,
      );
      expect(value(answered, 'cache-control')).toBe('no-store');
    });
  });

  describe.each(['oss', 's3'] as const)('rules that the edge stores for the store %s', (dialect) => {
    const edge = useEdge(runtime, { dialect, buckets: [{ name: 'bucket', management: 'keep' }] });
    const id = dialect === 'oss' ? 'x-oss-request-id' : 'x-amz-request-id';
    const missing =
      dialect === 'oss' ? 'The CORS Configuration does not exist.' : 'The CORS configuration does not exist';

    test('are absent at first, and after a DELETE', async () => {
      for (let count = 0; count < 2; count += 1) {
        const absent = await manage(edge());
        expect(refusal(absent)).toBe('404 NoSuchCORSConfiguration');
        expect(element(absent, 'Message')).toBe(missing);
        expect(element(absent, 'BucketName')).toBe(dialect === 's3' ? 'bucket' : undefined);
        const deleted = await manage(edge(), { method: 'DELETE' });
        expect(deleted.status).toBe(204);
        expect(deleted.body.length).toBe(0);
        expect(value(deleted, id)).toMatch(/^[0-9A-F]{24}$/);
      }
    });

    test('are in force at once, and come back as they were written', async () => {
      const rules = setOf(rule({ id: 'one', allowedOrigins: [A], maxAgeSeconds: 5 }));
      const written = await put(edge(), toXml({ ...rules, responseVary: true }));
      expect(written.status).toBe(200);
      expect(written.body.length).toBe(0);
      expect(value(written, id)).toMatch(/^[0-9A-F]{24}$/);
      expect(await allows(edge(), A)).toBe(true);
      const read = await manage(edge());
      expect(read.status).toBe(200);
      expect(value(read, 'content-type')).toBe('application/xml');
      expect(value(read, 'cache-control')).toBe('no-store');
      expect(read.body.toString()).toBe(toXml({ ...rules, responseVary: true }));

      expect((await put(edge(), toXml(EVERYBODY))).status).toBe(200);
      expect(await allows(edge(), 'https://b.example')).toBe(true);
      expect((await manage(edge(), { method: 'DELETE' })).status).toBe(204);
      expect(await allows(edge(), A)).toBe(false);
      expect(edge().bucket.asked.map(({ target }) => target)).toEqual(['/key', '/key', '/key']);
      expect(edge().bucket.rulesAsked).toEqual([]);
    });

    test.each(FORM_NAMES)('are written, read and deleted by a request signed by %s', async (form) => {
      for (const keys of [undefined, TEMPORARY]) {
        const by = { form, ...(keys && { keys }) };
        expect((await put(edge(), toXml(ONE_ORIGIN), by)).status).toBe(200);
        expect((await manage(edge(), by)).status).toBe(200);
        expect((await manage(edge(), { method: 'DELETE', ...by })).status).toBe(204);
      }
    });

    test('are written with the right Content-MD5 only', async () => {
      const body = toXml(ONE_ORIGIN);
      const md5 = (text: string) => createHash('md5').update(text).digest('base64');
      const right = await put(edge(), body, { headers: ['Content-MD5', md5(body)] });
      expect(right.status).toBe(200);
      const wrong = await put(edge(), toXml(EVERYBODY), { headers: ['Content-MD5', md5('other')] });
      expect(wrong.status).toBe(400);
      expect(element(wrong, 'Code')).toBe(dialect === 'oss' ? 'InvalidDigest' : 'BadDigest');
      expect(await allows(edge(), 'https://b.example')).toBe(false);
    });

    test('stay in force when a document is refused, with every fault in the message', async () => {
      expect((await put(edge(), toXml(ONE_ORIGIN))).status).toBe(200);
      const document =
        '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>' +
        '<ExposeHeader>*</ExposeHeader></CORSRule></CORSConfiguration>';
      const refused = await put(edge(), document, { headers: ['Origin', A] });
      expect(refusal(refused)).toBe(dialect === 'oss' ? '400 MalformedXML' : '400 InvalidRequest');
      expect(element(refused, 'Message')).toContain('CORSRule[1]/AllowedMethod[1] "PATCH" is not one of');
      expect(element(refused, 'Message')).toContain('CORSRule[1]/ExposeHeader[1] "*" is not allowed');
      // A page must read why.
      expect(corsHeaders(refused)['access-control-allow-origin']).toBe(A);
      expect(await allows(edge(), A)).toBe(true);
      expect((await manage(edge())).body.toString()).toContain(`<AllowedOrigin>${A}</AllowedOrigin>`);
    });

    test.each([
      ['with a length', (text: string) => text],
      ['in chunks', (text: string) => [text.slice(0, 1000), text.slice(1000)]],
    ])('are not written from a document that is too large, sent %s', async (_, framed) => {
      const body = toXml(ONE_ORIGIN).padEnd((dialect === 'oss' ? 16 : 64) * 1024 + 1, ' ');
      const sent = await signed('OSS V4 header', { method: 'PUT', target: '/?cors', host: HOST, body: 'x' });
      const answered = await call(edge().url, { ...sent, body: framed(body) });
      expect(refusal(answered)).toBe('400 EntityTooLarge');
    });

    test.each(['POST', 'HEAD'])('take no %s', async (method) => {
      const answered = await manage(edge(), { method });
      expect(answered.status).toBe(405);
      expect(value(answered, 'allow')).toBe('GET, PUT, DELETE, OPTIONS');
    });

    test.each(['GET', 'PUT', 'DELETE'])('are not for a %s without a signature', async (method) => {
      expect((await put(edge(), toXml(ONE_ORIGIN))).status).toBe(200);
      const answered = await call(edge().url, {
        method,
        target: '/?cors',
        ...(method === 'PUT' && { body: toXml(EVERYBODY) }),
      });
      expect(refusal(answered)).toBe('403 AccessDenied');
      expect(answered.body.toString()).not.toContain(A);
      expect(await allows(edge(), A)).toBe(true);
    });

    test('answer a page by themselves', async () => {
      expect((await put(edge(), toXml(ONE_ORIGIN))).status).toBe(200);
      const preflight = await call(edge().url, {
        method: 'OPTIONS',
        target: '/?cors',
        headers: ['Origin', A, 'Access-Control-Request-Method', 'PUT'],
      });
      expect(preflight.status).toBe(200);
      const read = await manage(edge(), { headers: ['Origin', A] });
      expect(corsHeaders(read)['access-control-allow-origin']).toBe(A);
    });
  });

  describe.each([
    { keepPrefix: false, prefix: '/name', target: '/name?cors' },
    { keepPrefix: false, prefix: '/name', target: '/name/?cors' },
    { keepPrefix: true, prefix: '/name', target: '/name/?cors' },
    { path: '/the-bucket', target: '/?cors' },
    { hosts: [HOST], target: '/?cors' },
  ])('rules that the edge stores for a bucket at %o', ({ target, ...place }) => {
    const edge = useEdge(runtime, {
      dialect: 's3',
      buckets: [{ name: 'bucket', management: 'keep', ...place }],
    });

    test.each(['OSS V1 header', 'OSS V4 header', 'SigV4 header'] as const)(
      'are written by %s',
      async (form) => {
        for (const [method, status] of [
          ['PUT', 200],
          ['GET', 200],
          ['DELETE', 204],
        ] as const) {
          // OSS signs the bucket and the key, wherever they are.
          const ofBucket = form === 'SigV4 header' ? target : '/?cors';
          const body = method === 'PUT' ? { body: toXml(ONE_ORIGIN) } : {};
          const sent = await signed(form, { method, target: ofBucket, host: HOST, ...body });
          expect((await call(edge().url, { ...sent, target })).status).toBe(status);
        }
        expect(edge().bucket.asked).toEqual([]);
      },
    );
  });

  describe('the events of requests for stored rules', () => {
    const edge = useEdge(runtime, { buckets: [{ name: 'bucket', management: 'keep' }] });

    test('have the code, the status and the bytes of the answer', async () => {
      const body = toXml(ONE_ORIGIN);
      const answers = [
        await put(edge(), body),
        await put(edge(), '<a/>'),
        await call(edge().url, { target: '/?cors' }),
      ];
      const events = edge().events.slice(-answers.length);
      expect(events).toMatchObject([
        { bucket: 'bucket', method: 'PUT', path: '/', status: 200, code: null, received: body.length },
        { status: 400, code: 'MalformedXML', received: 4, sent: answers[1]?.body.length },
        { status: 403, code: 'AccessDenied', received: 0 },
      ]);
      for (const [at, answered] of answers.entries())
        expect(events[at]?.requestId).toBe(value(answered, 'x-oss-request-id'));
    });
  });
}
