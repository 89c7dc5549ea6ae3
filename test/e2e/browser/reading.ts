import { describe, expect, test } from 'vitest';
import { rule } from '../../helpers/rules.ts';
import type { Script } from '../../helpers/upstream.ts';
import { setOf } from '../../suite/sets.ts';
import { REFUSED, read } from './script.ts';
import { freshKey, object, type Stage, useEdge } from './stage.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const PART = ['ETag', '"e"', 'Content-Range', 'bytes 0-9/26', 'x-oss-request-id', '65A0'];

const bucketError = (status: number, code: string): Script => ({
  ...object(`<Error><Code>${code}</Code></Error>`, ['Content-Type', 'application/xml']),
  status,
});

const breakOff: Script = (_asked, incoming) => incoming.socket.destroy();

export function addReadingTests(stage: Stage): void {
  describe('reading of an answer', () => {
    const edge = useEdge(stage);
    const named = (about: Parameters<typeof rule>[0] = {}) =>
      setOf(rule({ allowedOrigins: [stage.origins().page], ...about }));

    test('a page with a rule for its origin reads the object', async () => {
      await edge().setRules(named());
      edge().bucket.script = object(ALPHABET);
      const { page, preflights } = await stage.visit(stage.origins().page);
      const got = await read(page, edge().url + freshKey());
      expect(got).toMatchObject({ status: 200, type: 'cors', body: ALPHABET });
      await expect.poll(() => preflights).toEqual([]);
    });

    test('a page without a rule for its origin does not read the object, although the bucket served it', async () => {
      await edge().setRules(named());
      edge().bucket.script = object(ALPHABET);
      const { page, refusals } = await stage.visit(stage.origins().stranger);
      const key = freshKey();
      expect(await read(page, edge().url + key)).toEqual(REFUSED);
      expect(edge().bucket.asked).toMatchObject([{ method: 'GET', target: key }]);
      await expect.poll(() => refusals).toEqual(['MissingAllowOriginHeader']);
    });

    test('a pattern with * allows every origin that it matches, each by its own name', async () => {
      await edge().setRules(named({ allowedOrigins: ['http://127.0.0.1:*'] }));
      edge().bucket.script = object(ALPHABET);
      const key = freshKey();
      for (const origin of Object.values(stage.origins())) {
        const { page } = await stage.visit(origin);
        expect(await read(page, edge().url + key)).toMatchObject({ status: 200, body: ALPHABET });
      }
    });

    test('the bucket’s own CORS headers allow nothing and do not appear beside the edge’s', async () => {
      await edge().setRules(named());
      edge().bucket.script = object(ALPHABET, ['Access-Control-Allow-Origin', '*']);
      const key = freshKey();
      const stranger = await stage.visit(stage.origins().stranger);
      expect(await read(stranger.page, edge().url + key)).toEqual(REFUSED);
      const { page } = await stage.visit(stage.origins().page);
      expect(await read(page, edge().url + key)).toMatchObject({ status: 200 });
    });

    test.each<[name: string, exposed: readonly string[], header: string, value: string | undefined]>([
      ['ETag is readable if it is exposed', ['ETag'], 'etag', '"e"'],
      ['ETag is not readable if no header is exposed', [], 'etag', undefined],
      ['ETag is not readable if only others are exposed', ['x-oss-request-id'], 'etag', undefined],
      ['an exposed name matches in any case', ['eTAG'], 'etag', '"e"'],
      ['Content-Range of a 206 is readable if it is exposed', ['Content-Range'], 'content-range', PART[3]],
      ['Content-Range of a 206 is not readable otherwise', ['ETag'], 'content-range', undefined],
      [
        'the last of several exposed names is readable',
        ['ETag', 'x-oss-request-id'],
        'x-oss-request-id',
        '65A0',
      ],
      ['Content-Length is always readable', [], 'content-length', '10'],
      ['Content-Type is always readable', [], 'content-type', 'text/plain'],
    ])('of headers: %s', async (_, exposeHeaders, header, value) => {
      await edge().setRules(named({ exposeHeaders }));
      edge().bucket.script = { ...object(ALPHABET.slice(0, 10), PART), status: 206 };
      const { page } = await stage.visit(stage.origins().page);
      const got = await read(page, edge().url + freshKey(), { headers: { Range: 'bytes=0-9' } });
      expect(got).toMatchObject({ status: 206, body: 'abcdefghij' });
      expect('headers' in got && got.headers[header]).toBe(value);
    });

    test('a single range needs no preflight', async () => {
      await edge().setRules(named());
      edge().bucket.script = { ...object(ALPHABET.slice(0, 10), PART), status: 206 };
      const { page, preflights } = await stage.visit(stage.origins().page);
      const got = await read(page, edge().url + freshKey(), { headers: { Range: 'bytes=0-9' } });
      expect(got).toMatchObject({ status: 206, body: 'abcdefghij' });
      expect(edge().bucket.asked[0]?.headers.join('\n')).toContain('bytes=0-9');
      await expect.poll(() => preflights).toEqual([]);
    });

    test.each([
      ['is refused if no rule allows the header Range', [], REFUSED],
      ['passes if a rule allows the header Range', ['range'], { status: 206 }],
    ])('several ranges need a preflight, which %s', async (_, allowedHeaders, expected) => {
      await edge().setRules(named({ allowedHeaders }));
      edge().bucket.script = { ...object('parts'), status: 206 };
      const { page, preflights } = await stage.visit(stage.origins().page);
      const got = await read(page, edge().url + freshKey(), { headers: { Range: 'bytes=0-1,3-4' } });
      expect(got).toMatchObject(expected);
      await expect.poll(() => preflights).toEqual(['GET']);
    });

    test.each<[name: string, path: string, script: Script, status: number, words: readonly string[]]>([
      ['the bucket’s 404', '', bucketError(404, 'NoSuchKey'), 404, ['<Code>NoSuchKey</Code>']],
      ['the bucket’s 403', '', bucketError(403, 'AccessDenied'), 403, ['<Code>AccessDenied</Code>']],
      ['the bucket’s 416', '', bucketError(416, 'InvalidRange'), 416, ['<Code>InvalidRange</Code>']],
      ['the bucket’s 503', '', bucketError(503, 'SlowDown'), 503, ['<Code>SlowDown</Code>']],
      ['the edge’s own 502', '', breakOff, 502, ['<Code>Bucket', '<Reason>matched</Reason>']],
      [
        'the edge’s own 414',
        `?${'a'.repeat(8 * 1024)}`,
        object(''),
        414,
        ['<Code>URITooLong</Code>', '<Reason>matched</Reason>'],
      ],
    ])('a page with a rule reads the cause of an error: %s', async (_, path, script, status, words) => {
      await edge().setRules(named());
      edge().bucket.script = script;
      const target = edge().url + freshKey() + path;
      const { page } = await stage.visit(stage.origins().page);
      const got = await read(page, target);
      expect(got).toMatchObject({ status, headers: { 'content-type': 'application/xml' } });
      for (const word of words) expect('body' in got && got.body).toContain(word);
    });

    test.each([404, 502])('a page without a rule for its origin reads nothing of a %i', async (status) => {
      await edge().setRules(named());
      edge().bucket.script = status === 502 ? breakOff : bucketError(status, 'NoSuchKey');
      const { page, refusals } = await stage.visit(stage.origins().stranger);
      expect(await read(page, edge().url + freshKey())).toEqual(REFUSED);
      await expect.poll(() => refusals).toEqual(['MissingAllowOriginHeader']);
    });
  });
}
