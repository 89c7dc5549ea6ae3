import { describe } from 'vitest';
import { whyNoChromium } from './_chromium.ts';
import { addCacheTests } from './browser/cache.ts';
import { addCredentialTests } from './browser/credentials.ts';
import { addEmbeddingTests } from './browser/embedding.ts';
import { addReadingTests } from './browser/reading.ts';
import { type BrowserRuntime, useStage } from './browser/stage.ts';
import { addUnknownTests } from './browser/unknown.ts';
import { addWritingTests } from './browser/writing.ts';

/** Tests in Chromium which answers of the edge a page's scripts can read, on any runtime. */
export function addBrowserTests(runtime: BrowserRuntime): void {
  const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;
  describe.skipIf(whyNoChromium !== null)(`a page before the edge on ${runtime.name}${skipped}`, () => {
    const stage = useStage(runtime);
    addReadingTests(stage);
    addWritingTests(stage);
    addCredentialTests(stage);
    addCacheTests(stage);
    addEmbeddingTests(stage);
    addUnknownTests(stage);
  });
}
