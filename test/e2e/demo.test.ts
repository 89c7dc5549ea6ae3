import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, type DemoOptions, openDemo } from '../../src/node/demo/server.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';

/** A demo page before an edge that does not run. */
const NOWHERE: DemoOptions = {
  host: '127.0.0.1',
  port: 0,
  edge: 'http://127.0.0.1:1',
  admin: 'http://127.0.0.1:2',
  version: () => null,
  explain: () => null,
};

describe("the demo page's server", () => {
  let edge: Server;
  let demo: Demo;
  const seen: string[] = [];

  beforeAll(async () => {
    edge = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.origin}`);
      response.writeHead(200, ['Vary', 'Origin', 'X-Twice', 'a', 'X-Twice', 'b']);
      response.end('x'.repeat(100_000));
    });
    edge.listen(0, '127.0.0.1');
    await once(edge, 'listening');
    demo = await openDemo({
      host: '127.0.0.1',
      port: 0,
      edge: `http://127.0.0.1:${(edge.address() as AddressInfo).port}`,
      admin: 'http://127.0.0.1:8081',
      version: () => 'v1',
      explain: (facts) => ({ facts }),
    });
  });

  afterAll(async () => {
    await demo.close();
    edge.closeAllConnections();
    edge.close();
  });

  const wire = (body: unknown, type = 'application/json') =>
    fetch(`${demo.url}/wire`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: JSON.stringify(body),
    });

  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/demo.js', 'text/javascript; charset=utf-8'],
    ['/demo.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('serves %s as %s, and lets the page load from itself and the edge only', async (path, type) => {
    const response = await fetch(demo.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(type);
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    await response.text();
  });

  test('reports the head of an answer unchanged, with repeated headers', async () => {
    const response = await wire({ method: 'GET', path: '/a?b', headers: { origin: 'http://o' } });
    const answer = (await response.json()) as { status: number; headers: string[][] };
    expect(answer.status).toBe(200);
    expect(answer.headers.slice(0, 3)).toEqual([
      ['Vary', 'Origin'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
    ]);
    expect(seen).toContain('GET /a?b http://o');
  });

  test.each(['//elsewhere.example/', '/\\elsewhere.example/', '/@elsewhere.example/'])(
    'sends a request for %s to the edge only',
    async (path) => {
      const before = seen.length;
      const response = await wire({ method: 'GET', path, headers: {} });
      expect(response.status).toBe(200);
      expect(seen.length).toBe(before + 1);
    },
  );

  test.each([
    ['a method that writes', { method: 'PUT', path: '/', headers: {} }, 'GET, HEAD, OPTIONS'],
    ['a path that is an absolute URL', { method: 'GET', path: 'http://x/', headers: {} }, 'begins with /'],
    ['a path that continues the host', { method: 'GET', path: '.x/', headers: {} }, 'begins with /'],
    ['a path with a line break', { method: 'GET', path: '/\r\nx', headers: {} }, 'begins with /'],
    ['a header that is not CORS', { method: 'GET', path: '/', headers: { host: 'x' } }, '"host"'],
    ['a header with a line break', { method: 'GET', path: '/', headers: { origin: 'a\nb' } }, '"origin"'],
    ['no object', 'GET /', 'JSON object'],
  ])('refuses %s and says what is allowed', async (_, body, words) => {
    const response = await wire(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(words);
  });

  test("refuses plain text, which another site's page could send without a preflight", async () => {
    const response = await wire({ method: 'GET', path: '/', headers: {} }, 'text/plain');
    expect(response.status).toBe(415);
  });

  test.each([
    ['?method=GET&path=/a&origin=null', { method: 'GET', path: '/a', origin: 'null' }],
    ['?method=PUT&path=/a&headers=x-a,x-b', { method: 'PUT', path: '/a', requestHeaders: 'x-a,x-b' }],
    ['?method=PUT&path=/a&headers=', { method: 'PUT', path: '/a', requestHeaders: '' }],
  ])('passes %s to explain', async (query, facts) => {
    const response = await fetch(`${demo.url}/why${query}`);
    expect(await response.json()).toEqual({ facts });
  });

  test("rejects with Node's own error if the port is in use", async () => {
    const { port } = edge.address() as AddressInfo;
    const second = openDemo({ ...NOWHERE, port });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('reports that the edge gives no answer', async () => {
    const nobody = await openDemo(NOWHERE);
    const response = await fetch(`${nobody.url}/wire`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ method: 'GET', path: '/', headers: {} }),
    });
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('ECONNREFUSED');
    await nobody.close();
  });
});

const browserTests = whyNoChromium === null ? 'the demo page' : `the demo page (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(browserTests, () => {
  const closing: (() => Promise<void>)[] = [];
  const errors: string[] = [];
  let page: Page;

  beforeAll(async () => {
    const program = await startDemo();
    closing.push(program.close);
    const browser: Browser = await launchChromium();
    closing.push(browser.close);
    page = await browser.context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) errors.push(message.text());
    });
    await page.goto(program.url);
    await settled();
  }, 90_000);

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  }, 30_000);

  /** Waits until every experiment has ended, with or without success. */
  const settled = () =>
    page.waitForFunction(
      () =>
        document.querySelector('[data-experiment]') !== null &&
        document.querySelector('[data-state="running"]') === null,
      null,
      { timeout: 45_000 },
    );
  const card = (experiment: string) => page.locator(`[data-experiment="${experiment}"]`);
  const fact = (experiment: string, name: string) => card(experiment).locator(`[data-fact="${name}"]`);

  test.each([
    ['allowed', 'allowed', 'matched'],
    ['upload', 'allowed', 'matched'],
    ['range', 'allowed', 'matched'],
    ['image', 'allowed', 'matched'],
    ['font', 'allowed', 'matched'],
    ['refused', 'refused', 'method_not_allowed'],
    ['refused-header', 'refused', 'header_not_allowed'],
    ['stranger', 'refused', 'origin_not_allowed'],
  ])('the experiment "%s" is %s, because %s', async (experiment, outcome, reason) => {
    const root = card(experiment);
    expect(await root.getAttribute('data-state')).toBe('passed');
    expect(await root.getAttribute('data-outcome')).toBe(outcome);
    expect(await fact(experiment, 'reason').textContent()).toBe(reason);
    expect(await fact(experiment, 'because').textContent()).not.toBe('');
  });

  test('the summary counts the experiments, and no script failed', async () => {
    expect(await page.locator('#summary').textContent()).toBe('All 8 went as the rules say.');
    expect(errors).toEqual([]);
  });

  test('the script reads the ETag of what it uploaded, and the same bytes back', async () => {
    expect(await fact('upload', 'etag').textContent()).toMatch(/^"[0-9A-F]{32}"$/);
    expect(await fact('upload', 'read-back').textContent()).toMatch(/^the same \d+ bytes$/);
  });

  test('the script reads Content-Range of a part of the PDF', async () => {
    expect(await fact('range', 'status').textContent()).toBe('206');
    expect(await fact('range', 'content-range').textContent()).toMatch(/^bytes 0-1023\/\d{6}$/);
  });

  test('the pixels read from the canvas are those of the image', async () => {
    const colours = await card('image').locator('.swatches code').allTextContents();
    expect(colours).toContain('#ffe3a3');
  });

  test('the page uses the font from the bucket', async () => {
    expect(await page.evaluate(() => document.fonts.check('1rem "Young Serif"'))).toBe(true);
  });

  test('the page separates headers for scripts from headers for the browser only', async () => {
    const shown = card('allowed').locator('.body > table').first();
    const row = (name: string) => shown.locator('tr', { has: page.getByText(name, { exact: true }) });
    expect(await row('ETag').getAttribute('data-readable')).toBe('true');
    expect(await row('Access-Control-Allow-Origin').getAttribute('data-readable')).toBe('false');
    expect(await row('Access-Control-Allow-Origin').locator('td').first().textContent()).toBe(
      new URL(page.url()).origin,
    );
  });

  test('one experiment can be run again', async () => {
    const etag = await fact('upload', 'etag').textContent();
    await page.getByRole('button', { name: 'Run again: Upload' }).click();
    await settled();
    expect(await card('upload').getAttribute('data-state')).toBe('passed');
    expect(await fact('upload', 'etag').textContent()).not.toBe(etag);
  });

  test('its button has the focus afterwards, and open details stay open', async () => {
    const button = card('range').getByRole('button', { name: 'Run again' });
    await card('range').getByText('The whole exchange').click();
    await button.focus();
    await page.keyboard.press('Enter');
    await settled();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    const details = card('range').locator('details', { hasText: 'The whole exchange' });
    expect(await details.getAttribute('open')).toBe('');
    expect(await card('range').locator('details[open]').count()).toBe(1);
  });

  test('the details of a card have the focus after it has run again', async () => {
    const summary = () => card('allowed').getByText('How the rules were walked');
    await summary().focus();
    await page.evaluate(() =>
      document.querySelector<HTMLButtonElement>('[data-experiment="allowed"] .foot button')?.click(),
    );
    await settled();
    expect(await summary().evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('other rules in force make all experiments run again', async () => {
    const etag = await fact('upload', 'etag').textContent();
    await page.route('**/config.json', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), version: 'another' } });
    });
    await expect.poll(() => fact('upload', 'etag').textContent(), { timeout: 20_000 }).not.toBe(etag);
    await page.unroute('**/config.json');
    await settled();
  });

  test('the page says how to serve a bucket of its reader, and links to the live page', async () => {
    const own = page.getByRole('region', { name: 'Your own bucket and rules' });
    expect(await own.locator('code').allTextContents()).toContain('npm start -- --bucket ./my-folder');
    expect(await own.getByRole('link', { name: 'live page' }).getAttribute('href')).toMatch(/^http:\/\/127/);
  });
});

/** Starts the program like `npm start`, on free ports, and waits until it prints the address of the page. */
async function startDemo(): Promise<{ url: string; close(): Promise<void> }> {
  const program = fileURLToPath(new URL('../../bin/bucket-cors.js', import.meta.url));
  const args = [program, 'demo', '--port', '0', '--admin-port', '0', '--demo-port', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  try {
    return { url: await demoUrl(child), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function demoUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`the demo ${why}; it printed: ${said}`));
    const limit = setTimeout(() => fail('did not start within 20 seconds'), 20_000);
    child.once('exit', (code) => {
      clearTimeout(limit);
      fail(`ended with ${code}`);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /demo page (http\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(limit);
      resolve(url);
    });
  });
}
