import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { whyNoChromium } from '../e2e/_chromium.ts';
import { useStage } from '../e2e/browser/stage.ts';
import { rule } from '../helpers/rules.ts';
import { setOf } from '../suite/sets.ts';
import { ALI_OSS } from './_ali-oss.ts';
import type { ObjectClient } from './_client.ts';
import { type FolderEdge, openFolderEdge } from './_folder.ts';
import { MINIO } from './_minio.ts';
import { KEYS } from './_stores.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;
const KINDS = { oss: ALI_OSS[1], s3: MINIO };

describe.skipIf(whyNoChromium !== null)(`a page that uploads to a folder with keys${skipped}`, () => {
  const stage = useStage({ name: '', open: () => Promise.reject(new Error('not used')) });

  describe.each(['oss', 's3'] as const)('of store %s', (store) => {
    let edge: FolderEdge;
    let signer: ObjectClient;
    beforeAll(async () => {
      const { page } = stage.origins();
      const allowed = {
        allowedOrigins: [page],
        allowedMethods: ['PUT', 'POST'],
        allowedHeaders: ['*'],
      } as const;
      edge = await openFolderEdge(store, toXml(setOf(rule({ ...allowed, exposeHeaders: ['ETag'] }))));
      signer = KINDS[store].open(edge.entry, KEYS);
    });
    afterAll(() => edge.close());

    test('puts by a signed URL after a preflight, and reads the ETag', async () => {
      const { page, preflights } = await stage.visit(stage.origins().page);
      const url = await signer.urlToPut('by url');
      const got = await page.evaluate(async (url) => {
        const { status, headers } = await fetch(url, { method: 'PUT', body: new Blob(['from a page']) });
        return { status, etag: headers.get('etag') };
      }, url);
      expect(got).toEqual({ status: 200, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/i) });
      expect([preflights, String(await edge.witness.read('by url'))]).toEqual([['PUT'], 'from a page']);
    });

    test('posts a form, with a preflight where it asks for progress', async () => {
      const { page, preflights } = await stage.visit(stage.origins().page);
      const form = await signer.form('by form');
      const got = await page.evaluate(async ({ url, fields }) => {
        const data = new FormData();
        for (const [name, value] of Object.entries(fields)) data.append(name, value);
        data.append('file', new Blob(['from a form']), 'a.txt');
        // A listener of upload progress makes a preflight of any request.
        return new Promise<{ status: number; etag: string | null }>((resolve) => {
          const request = new XMLHttpRequest();
          request.upload.onprogress = () => undefined;
          request.onloadend = () =>
            resolve({ status: request.status, etag: request.getResponseHeader('ETag') });
          request.open('POST', url);
          request.send(data);
        });
      }, form);
      expect(got).toEqual({ status: 204, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/i) });
      expect([preflights, String(await edge.witness.read('by form'))]).toEqual([['POST'], 'from a form']);
    });

    test('reads why its URL is refused', async () => {
      const { page } = await stage.visit(stage.origins().page);
      const url = (await signer.urlToPut('refused')).replace(/(ignature=)[^&]{4}/, '$1aaaa');
      const text = await page.evaluate(
        async (url) => (await fetch(url, { method: 'PUT', body: 'x' })).text(),
        url,
      );
      expect(text).toContain('<Code>SignatureDoesNotMatch</Code>');
      expect(text).toContain('<StringToSign>');
      expect(await edge.witness.read('refused')).toBeNull();
    });

    test('of another origin is refused by the browser, whatever it has signed', async () => {
      const { page, refusals } = await stage.visit(stage.origins().stranger);
      const url = await signer.urlToPut('by a stranger');
      const got = await page.evaluate(
        (url) =>
          fetch(url, { method: 'PUT', body: 'x' }).then(
            () => 'written',
            () => 'refused',
          ),
        url,
      );
      expect(got).toBe('refused');
      await expect.poll(() => refusals).toEqual(['PreflightMissingAllowOriginHeader']);
      expect(await edge.witness.read('by a stranger')).toBeNull();
    });
  });
});
