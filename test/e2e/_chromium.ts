import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * Why browser tests can't run on this machine, or null when they can. CI has no such excuse: there the launch
 * itself fails and says what is missing.
 */
export const whyNoChromium: string | null =
  existsSync(EXECUTABLE) || process.env.CI === 'true'
    ? null
    : `there is no Chromium at ${EXECUTABLE}: install it, or set CHROMIUM to where it is`;

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * Starts Chromium with a fresh profile that is removed again, and without its habit of phoning home; with some
 * switches more.
 */
export async function launchChromium(switches: readonly string[] = []): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'bucket-cors-chromium-'));
  const remove = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: EXECUTABLE,
      headless: true,
      timeout: 30_000,
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
