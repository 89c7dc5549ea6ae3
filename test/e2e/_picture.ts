import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** With UPDATE=1 takes the picture `docs/images/NAME.png` of a page; checks that there is one. */
export async function picture(page: Page, name: string, size = { width: 800, height: 520 }): Promise<void> {
  const path = fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url));
  if (process.env.UPDATE === '1') {
    await page.setViewportSize(size);
    await page.screenshot({ path });
  }
  expect((await readFile(path)).subarray(1, 4).toString()).toBe('PNG');
}
