import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { values } from '../../helpers/client.ts';
import { rule } from '../../helpers/rules.ts';
import type { Upstream } from '../../helpers/upstream.ts';
import { setOf } from '../../suite/sets.ts';
import { REFUSED, read, upload } from './script.ts';
import { freshKey, object, type Stage, useEdge } from './stage.ts';

const bodyOf = ({ asked }: Upstream): Buffer => Buffer.concat(asked[0]?.body ?? []);

export function addWritingTests(stage: Stage): void {
  describe('writing of an object', () => {
    const edge = useEdge(stage);
    const named = (about: Parameters<typeof rule>[0] = {}) =>
      setOf(rule({ allowedOrigins: [stage.origins().page], ...about }));

    test('a PUT with custom headers arrives byte for byte', async () => {
      await edge().setRules(
        named({
          allowedMethods: ['PUT'],
          allowedHeaders: ['content-type', 'X-Oss-*'],
          exposeHeaders: ['ETag'],
        }),
      );
      edge().bucket.script = object('', ['ETag', '"new"']);
      const bytes = randomBytes(300_000);
      const { page, preflights } = await stage.visit(stage.origins().page);
      const headers = { 'Content-Type': 'image/x-own', 'x-oss-meta-one': '1', 'X-OSS-Meta-Two': 'two' };
      const key = freshKey();
      const got = await read(page, edge().url + key, { method: 'PUT', headers }, bytes.toString('base64'));
      expect(got).toMatchObject({ status: 200, headers: { etag: '"new"' } });
      await expect.poll(() => preflights).toEqual(['PUT']);
      expect(edge().bucket.asked).toMatchObject([{ method: 'PUT', target: key, ended: true }]);
      expect(bodyOf(edge().bucket).equals(bytes)).toBe(true);
      const arrived = { headers: edge().bucket.asked[0]?.headers ?? [] };
      for (const [name, value] of Object.entries(headers)) expect(values(arrived, name)).toEqual([value]);
    });

    test.each([
      ['DELETE', 204],
      ['HEAD', 200],
      ['POST', 200],
    ] as const)('%s succeeds if a rule lists it', async (method, status) => {
      await edge().setRules(named({ allowedMethods: ['GET', method] }));
      edge().bucket.script = { status };
      const { page, preflights } = await stage.visit(stage.origins().page);
      expect(await read(page, edge().url + freshKey(), { method })).toMatchObject({ status });
      expect(edge().bucket.asked).toMatchObject([{ method }]);
      // In the Fetch standard methods other than GET, HEAD and POST need a preflight.
      await expect.poll(() => preflights).toEqual(method === 'DELETE' ? ['DELETE'] : []);
    });

    test.each([
      ['a method that no rule lists', 'page', { method: 'PUT' }],
      ['a method that no rule can list', 'page', { method: 'PATCH' }],
      ['a header that no rule allows', 'page', { headers: { 'x-oss-meta-a': '1', 'x-strange': '2' } }],
      ['an origin without a rule', 'stranger', { method: 'DELETE' }],
    ] as const)(
      'the preflight refuses %s, and the request does not reach the bucket',
      async (_, who, init) => {
        await edge().setRules(named({ allowedMethods: ['GET', 'DELETE'], allowedHeaders: ['x-oss-meta-*'] }));
        const { page, preflights, refusals } = await stage.visit(stage.origins()[who]);
        expect(await read(page, edge().url + freshKey(), init)).toEqual(REFUSED);
        await expect.poll(() => preflights).toEqual(['method' in init ? init.method : 'GET']);
        await expect.poll(() => refusals).toEqual(['PreflightMissingAllowOriginHeader']);
        expect(edge().bucket.asked).toEqual([]);
      },
    );

    test.each(['POST', 'HEAD'])(
      'a %s without preflight reaches the bucket, but the page cannot read its answer if no rule lists it',
      async (method) => {
        await edge().setRules(named());
        const { page, preflights, refusals } = await stage.visit(stage.origins().page);
        expect(await read(page, edge().url + freshKey(), { method })).toEqual(REFUSED);
        expect(edge().bucket.asked).toMatchObject([{ method }]);
        await expect.poll(() => preflights).toEqual([]);
        await expect.poll(() => refusals).toEqual(['MissingAllowOriginHeader']);
      },
    );

    test('a preflight of a bucket without rules is refused', async () => {
      await edge().setRules('none');
      const { page } = await stage.visit(stage.origins().page);
      expect(await read(page, edge().url + freshKey(), { method: 'PUT' })).toEqual(REFUSED);
      expect(edge().bucket.asked).toEqual([]);
    });

    test('a page reads the error about its too large headers', async () => {
      await edge().setRules(named({ allowedHeaders: ['*'] }));
      const { page } = await stage.visit(stage.origins().page);
      const headers = { 'x-oss-meta-long': 'a'.repeat(17_000) };
      const got = await read(page, edge().url + freshKey(), { headers });
      expect(got).toMatchObject({ status: 431 });
      expect('body' in got && got.body).toContain('<Code>RequestHeaderTooLarge</Code>');
    });

    test.each<[string, number | undefined, readonly [first: string, second: string], readonly string[]]>([
      ['is sent once within Max-Age', 600, ['', ''], ['PUT']],
      ['is sent each time if Max-Age is 0', 0, ['', ''], ['PUT', 'PUT']],
      ['is sent for each key', 600, ['', '-other'], ['PUT', 'PUT']],
    ])('a preflight %s', async (_, maxAgeSeconds, suffixes, asked) => {
      await edge().setRules(
        named({ allowedMethods: ['PUT'], ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }),
      );
      const { page, preflights } = await stage.visit(stage.origins().page);
      const key = freshKey();
      for (const suffix of suffixes) {
        const got = await read(page, edge().url + key + suffix, { method: 'PUT' });
        expect(got).toMatchObject({ status: 200 });
      }
      await expect.poll(() => preflights).toEqual(asked);
      expect(edge().bucket.asked.map(({ target }) => target)).toEqual(suffixes.map((suffix) => key + suffix));
    });

    test('a cached preflight without headers does not serve a request with a header', async () => {
      await edge().setRules(
        named({ allowedMethods: ['PUT'], allowedHeaders: ['x-oss-*'], maxAgeSeconds: 600 }),
      );
      const { page, preflights } = await stage.visit(stage.origins().page);
      const target = edge().url + freshKey();
      for (const headers of [{}, { 'x-oss-meta-a': '1' }, { 'x-oss-meta-a': '2' }]) {
        expect(await read(page, target, { method: 'PUT', headers })).toMatchObject({ status: 200 });
      }
      await expect.poll(() => preflights).toEqual(['PUT', 'PUT']);
    });

    test.each(['PUT', 'POST'] as const)(
      'XMLHttpRequest reports the progress of a %s, which needs a preflight, and reads the ETag at the end',
      async (method) => {
        await edge().setRules(named({ allowedMethods: [method], exposeHeaders: ['ETag'] }));
        edge().bucket.script = object('', ['ETag', '"new"']);
        const { page, preflights } = await stage.visit(stage.origins().page);
        const got = await upload(page, method, edge().url + freshKey(), 1_000_000);
        expect(got).toEqual({ status: 200, etag: '"new"', told: 1_000_000, failed: false });
        await expect.poll(() => preflights).toEqual([method]);
        expect(bodyOf(edge().bucket)).toHaveLength(1_000_000);
      },
    );

    test('XMLHttpRequest ends in an error if no rule lists the method', async () => {
      await edge().setRules(named());
      const { page } = await stage.visit(stage.origins().page);
      const got = await upload(page, 'PUT', edge().url + freshKey(), 1_000);
      expect(got).toEqual({ status: 0, etag: null, told: null, failed: true });
      expect(edge().bucket.asked).toEqual([]);
    });
  });
}
