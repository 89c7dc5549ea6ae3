import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { METHODS } from '../../src/cors/rule.ts';
import { whyNoChromium } from '../e2e/_chromium.ts';
import { useStage } from '../e2e/browser/stage.ts';
import { openOss } from './_ali-oss.ts';
import { type Line, onBoth, useLines } from './_lines.ts';
import { KEYS } from './_stores.ts';

const BUNDLE = fileURLToPath(
  new URL('../../node_modules/ali-oss/dist/aliyun-oss-sdk.min.js', import.meta.url),
);

/** The part of the bundle's client that the page uses. */
interface BrowserOss {
  put(key: string, content: Blob): Promise<unknown>;
  multipartUpload(key: string, content: File, options: object): Promise<{ readonly etag?: string }>;
  listV2(query: object): Promise<{ readonly objects?: readonly { readonly name: string }[] }>;
  delete(key: string): Promise<unknown>;
  deleteMulti(keys: readonly string[]): Promise<unknown>;
}
declare const OSS: new (options: object) => BrowserOss;

interface BrowserLine extends Line {
  readonly v4: boolean;
}

const LINES: readonly BrowserLine[] = (['pass', 'management keep, objects resign'] as const).flatMap((mode) =>
  [false, true].flatMap((v4) => onBoth({ mode, v4, store: 'an OSS store' as const })),
);

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(`the browser bundle of ali-oss${skipped}`, () => {
  const stage = useStage({ name: '', open: () => Promise.reject(new Error('not used')) });
  const opened = useLines('browser', LINES);
  beforeAll(async () => {
    for (const [at, { v4 }] of LINES.entries()) await putRules(at, v4);
  });

  /** By the SDK on Node, through the same edge: to the store with `pass`, to the edge itself with `keep`. */
  async function putRules(at: number, v4: boolean): Promise<void> {
    const { entry } = opened(at);
    await openOss(entry, KEYS, v4).putBucketCORS(entry.bucket, [
      {
        allowedOrigin: stage.origins().page,
        allowedMethod: [...METHODS],
        allowedHeader: '*',
        // Without ETag the SDK cannot complete an upload in parts.
        exposeHeader: ['ETag', 'x-oss-request-id'],
        maxAgeSeconds: '0',
      },
    ]);
  }

  /** A page of an origin, with the SDK as `client`. */
  async function open(at: number, origin: string) {
    const { entry, store } = opened(at);
    const visit = await stage.visit(origin);
    await visit.page.addScriptTag({ path: BUNDLE });
    const options = {
      accessKeyId: KEYS.accessKey,
      accessKeySecret: KEYS.secretKey,
      bucket: entry.bucket,
      region: 'oss-cn-hangzhou',
      endpoint: entry.url,
      sldEnable: true,
      authorizationV4: LINES[at]?.v4,
      retryMax: 0,
    };
    await visit.page.evaluate((given) => {
      Object.assign(globalThis, { client: new OSS(given) });
    }, options);
    return { ...visit, witness: store.witness };
  }

  for (const [at, { runtime, mode, v4 }] of LINES.entries()) {
    describe(`with ${v4 ? 'V4' : 'V1'} through ${mode} on ${runtime}`, () => {
      test('puts, lists and deletes objects from another origin', async () => {
        const { page, preflights, witness } = await open(at, stage.origins().page);
        const got = await page.evaluate(async () => {
          const { client } = globalThis as unknown as { client: BrowserOss };
          for (const key of ['dir/a b.txt', 'dir/ü+.txt', 'dir/last'])
            await client.put(key, new Blob([`content of ${key}`]));
          const listed = await client.listV2({ prefix: 'dir/' });
          await client.delete('dir/last');
          await client.deleteMulti(['dir/ü+.txt']);
          return listed.objects?.map(({ name }) => name);
        });
        expect(got).toEqual(['dir/a b.txt', 'dir/last', 'dir/ü+.txt']);
        expect(String(await witness.read('dir/a b.txt'))).toBe('content of dir/a b.txt');
        expect(await witness.read('dir/last')).toBe(null);
        expect(await witness.read('dir/ü+.txt')).toBe(null);
        expect(preflights).toContain('PUT');
        expect(preflights).toContain('DELETE');
      });

      test('uploads in parts and reports progress', async () => {
        const { page, witness } = await open(at, stage.origins().page);
        const { progress, etag, size } = await uploadInParts(page);
        expect(progress.at(-1)).toBe(1);
        expect(progress).toEqual([...progress].sort((one, other) => one - other));
        expect(progress.length).toBeGreaterThanOrEqual(4);
        expect((await witness.read('parts'))?.length).toBe(size);
        expect(etag).toBe(await witness.etag('parts'));
      });

      test('cannot put from an origin without a rule: the browser refuses', async () => {
        const { page, refusals, witness } = await open(at, stage.origins().stranger);
        const put = page.evaluate(() => {
          const { client } = globalThis as unknown as { client: BrowserOss };
          return client.put('by a stranger', new Blob(['x'])).then(
            () => 'written',
            () => 'refused',
          );
        });
        expect(await put).toBe('refused');
        await expect.poll(() => refusals).toEqual(['PreflightMissingAllowOriginHeader']);
        expect(await witness.read('by a stranger')).toBe(null);
      });
    });
  }
});

const uploadInParts = (page: Page) =>
  page.evaluate(async () => {
    const { client } = globalThis as unknown as { client: BrowserOss };
    const progress: number[] = [];
    const file = new File(['0123456789'.repeat(35_000)], 'file.txt');
    const { etag } = await client.multipartUpload('parts', file, {
      partSize: 100 * 1024,
      progress: (done: number) => progress.push(done),
    });
    return { progress, etag, size: file.size };
  });
