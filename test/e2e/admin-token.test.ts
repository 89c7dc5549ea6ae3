import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../helpers/listen.ts';
import { until } from '../helpers/until.ts';
import { configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;
const TOKEN = 'the-token-of-the-admin-port';

describe.skipIf(whyNoChromium !== null)(`a page of a guarded admin port in Chromium${skipped}`, () => {
  let store: Store;
  let edge: Started;
  let pages: Server;
  let elsewhere = '';
  let browser: Browser;
  beforeAll(async () => {
    store = await openStore(rulesFor('https://a.example'));
    edge = await startEdge(configOf({ bucket: store.url, adminToken: 'env:T', rulesTtl: '1h' }), {
      T: TOKEN,
    });
    pages = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html').end('<title>elsewhere</title>');
    });
    elsewhere = `http://127.0.0.1:${await listen(pages)}/`;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    pages.close();
    await edge.close();
    await store.close();
  });

  test('is read and writes once the browser knows the token, and no page of another origin writes', async () => {
    await browser.context.setHTTPCredentials({ username: '', password: TOKEN });
    const page = await browser.context.newPage();
    expect((await page.goto(`${edge.adminUrl}/`))?.status()).toBe(200);
    // The page's own requests have it too.
    const statuses = await page.evaluate(async () => {
      const events = new EventSource('/events');
      const opened = await new Promise((resolve) => {
        events.onopen = () => resolve(true);
        events.onerror = () => resolve(false);
      });
      events.close();
      const [read, written] = [await fetch('/rules'), await fetch('/refresh', { method: 'POST' })];
      return [opened, read.status, written.status];
    });
    expect(statuses).toEqual([true, 200, 200]);

    const asked = store.asked();
    const answers: number[] = [];
    browser.context.on('response', (response) => answers.push(response.status()));
    await page.goto(elsewhere);
    await page.evaluate(async (url) => {
      await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' });
    }, `${edge.adminUrl}/refresh`);
    await until('the edge has refused it', () => answers.includes(403));
    expect(store.asked()).toBe(asked);
  });
});
