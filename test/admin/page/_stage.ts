import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { ConsoleRule, ConsoleRules } from '../../../src/admin/api.ts';
import { type Browser, launchChromium } from '../../e2e/_chromium.ts';
import { type Double, openDouble } from './_double.ts';

export const rule = (about: Partial<ConsoleRule> = {}): ConsoleRule => ({
  id: null,
  sources: ['https://app.example'],
  allowedMethods: ['GET', 'HEAD'],
  allowedHeaders: [],
  exposedHeaders: ['ETag'],
  cacheTimeout: 600,
  ...about,
});

export const rulesOf = (...rules: readonly ConsoleRule[]): ConsoleRules => ({ rules, varyOrigin: true });

export interface Stage {
  readonly page: Page;
  /** The admin port of the test: each test has its own. */
  readonly edge: Double;
  /** Opens an admin port, and the page at a hash. `about` changes the port before the page reads it. */
  open(hash: string, rules?: ConsoleRules, about?: (edge: Double) => void): Promise<void>;
  /** What must not happen on any page: errors of scripts, violations of the CSP, requests elsewhere, dialogs. */
  readonly wrong: string[];
}

/** One Chromium for all tests of a file. */
export function useStage(): Stage {
  let browser: Browser;
  let page: Page;
  let edge: Double | undefined;
  const wrong: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.context.newPage();
    page.setDefaultTimeout(8_000);
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (url !== 'about:blank' && URL.parse(url)?.host !== URL.parse(edge?.url ?? '')?.host)
        wrong.push(`a request for ${url}`);
    });
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'alert') wrong.push('a dialog');
      void dialog.accept();
    });
  });

  afterAll(async () => {
    await browser.close();
    await edge?.close();
    expect(wrong).toEqual([]);
  });

  return {
    wrong,
    get page() {
      return page;
    },
    get edge() {
      return edge as Double;
    },
    async open(hash, rules = rulesOf(rule()), about) {
      await page.goto('about:blank');
      await edge?.close();
      edge = await openDouble(rules);
      about?.(edge);
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`${edge.url}/${hash}`);
    },
  };
}

/** What axe-core finds wrong with the page, a line each. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, which the page's CSP does not stop.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}

/** The element with the focus: its text, label or id. */
export const focusOn = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: one } = document;
    return one?.getAttribute('aria-label') ?? (one?.id || one?.textContent || one?.nodeName || '');
  });
