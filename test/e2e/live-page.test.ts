import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';
import { picture } from './_picture.ts';

const TOKEN = 'a-token-of-the-admin-port';
const PICTURE = { width: 1100, height: 760 };
const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(`the live page of an edge${skipped}`, () => {
  let store: Store;
  let state: string;
  let edge: Started;
  let browser: Browser;
  let page: Page;
  const wrong: string[] = [];

  beforeAll(async () => {
    store = await openStore(rulesFor('https://a.example'));
    state = await mkdtemp(join(tmpdir(), 'live-page-'));
    const config = configOf({
      bucket: store.url,
      bucketName: 'media',
      region: 'cn-hangzhou',
      management: 'keep',
      stateDir: state,
      adminToken: 'env:ADMIN_TOKEN',
    });
    edge = await startEdge(config, {
      ADMIN_TOKEN: TOKEN,
      OSS_ACCESS_KEY_ID: 'LTAIexample',
      OSS_ACCESS_KEY_SECRET: 'geheim-one',
    });
    browser = await launchChromium();
    await browser.context.setHTTPCredentials({ username: '', password: TOKEN });
    page = await browser.context.newPage();
    page.setDefaultTimeout(8_000);
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(edge.adminUrl)) wrong.push(request.url());
    });
  });

  afterAll(async () => {
    await browser?.close();
    await edge?.close();
    await store?.close();
    await rm(state, { recursive: true });
  });

  const preflight = () =>
    call(`${edge.url}/uploads/a.jpg?signature=secret`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example',
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type',
      },
    });

  test('a refused upload appears with its cure, which is saved, and the next one passes', async () => {
    await page.goto(edge.adminUrl);
    await page.getByText('Nothing was refused').waitFor();
    expect((await preflight()).status).toBe(403);
    await page.getByRole('heading', { name: 'PUT https://app.example' }).waitFor();
    expect(await page.title()).toBe('(1) bucket-cors');
    await page.locator('summary').click();
    await page.getByRole('button', { name: 'Show the document' }).click();
    await page.getByText('<AllowedMethod>PUT</AllowedMethod>').waitFor();
    await picture(page, 'live-page-refusals', PICTURE);
    await page.getByRole('button', { name: 'Take it to the rules' }).click();
    await page.locator('#rules li', { hasText: 'https://app.example may PUT' }).first().waitFor();
    await picture(page, 'live-page-rules', PICTURE);
    await page.getByRole('button', { name: 'Save at the edge' }).click();
    await page.getByText('Saved: the rules are in force.').waitFor();
    expect((await preflight()).status).toBe(200);
    await page.getByLabel('From').waitFor();
    expect(await page.content()).not.toContain('secret');
  });

  test('a pasted command is explained by the rules in force', async () => {
    await page.getByRole('link', { name: 'Ask' }).click();
    await page
      .getByLabel('Paste a curl command')
      .fill(`curl '${edge.url}/a.jpg?signature=secret' \\\n  -X DELETE -H 'Origin: https://app.example'`);
    await page.getByText('method_not_allowed').first().waitFor();
    expect(await page.getByLabel('Origin of the page').inputValue()).toBe('https://app.example');
    expect(page.url()).not.toContain('secret');
  });

  test("a browser's sentence fills in the question, and is said in the words of explain", async () => {
    await page
      .getByLabel('Paste a curl command')
      .fill(
        "Access to fetch at 'https://edge.example/b.jpg?signature=secret' from origin 'https://b.example' has been blocked by CORS policy: Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response.",
      );
    await page.getByText('The browser says:').waitFor();
    await page.getByText('origin_not_allowed').first().waitFor();
    expect(await page.getByLabel('Method').inputValue()).toBe('DELETE');
    expect(await page.getByLabel('Path').inputValue()).toBe('/b.jpg');
    expect(page.url()).not.toContain('secret');
  });

  test('the traffic of the last minute is drawn, and no script failed', async () => {
    await page.getByRole('link', { name: 'Traffic' }).click();
    await page.getByText('The hour as a table').click();
    await expect
      .poll(() => page.locator('tbody tr').first().locator('td').nth(1).textContent(), { timeout: 10_000 })
      .toBe('2');
    expect(wrong).toEqual([]);
  });
});
