import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * Why browser tests cannot run on this machine, or null if they can. With CI=true it is always null, and the launch
 * fails with the reason.
 */
export const whyNoChromium: string | null =
  existsSync(EXECUTABLE) || process.env.CI === 'true'
    ? null
    : `Chromium is not at ${EXECUTABLE}: install it, or set CHROMIUM to its path`;

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * Starts Chromium with a temporary profile, without its requests to Google, and with `switches` besides. `recording` is the
 * path of a HAR file, which is written when the browser closes.
 */
export async function launchChromium(switches: readonly string[] = [], recording?: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'bucket-cors-chromium-'));
  const remove = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: EXECUTABLE,
      headless: true,
      timeout: 30_000,
      ...(recording !== undefined && { recordHar: { path: recording, content: 'omit' } }),
      args: [
        '--no-sandbox',
        '--headless',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        ...switches,
      ],
    });
    return {
      context,
      async close() {
        await context.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
