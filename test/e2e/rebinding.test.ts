import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Run, run, stop } from '../cli/_process.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';

/** A name whose owner points it at this machine, as in DNS rebinding. */
const EVIL = 'evil.test';
const RULES = `<CORSConfiguration><CORSRule><AllowedOrigin>http://localhost:*</AllowedOrigin>
<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>`;

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

describe.skipIf(whyNoChromium !== null)(`a folder on loopback and a page in Chromium${skipped}`, () => {
  let around = '';
  let edge: Run | undefined;
  let browser: Browser | undefined;
  let pages: Server | undefined;
  let page: Page;
  let url = '';
  let adminUrl = '';
  const rulesFile = () => join(around, 'bucket.cors.xml');
  const object = (name: string) =>
    readFile(join(around, 'bucket', name), 'utf8').catch((error: NodeJS.ErrnoException) => error.code);

  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'rebinding-'));
    await mkdir(join(around, 'bucket'));
    await writeFile(join(around, 'bucket', 'secret.txt'), 'secret');
    await writeFile(rulesFile(), RULES);
    edge = run(['serve', '--bucket', join(around, 'bucket'), '--port', '0', '--admin-port', '0'], {
      limit: 120_000,
    });
    pages = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<!doctype html><title>page</title><link rel="icon" href="data:,">');
    });
    await new Promise<void>((resolve) => pages?.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium([`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`]);
    page = await browser.context.newPage();
    [url, adminUrl] = await Promise.all([edge.address('edge'), edge.address('admin')]);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    if (edge !== undefined) await stop(edge);
    pages?.close();
    await rm(around, { recursive: true });
  }, 30_000);
  beforeEach(() => writeFile(rulesFile(), RULES));

  /** The answer that a script of the open page gets; null if the browser refuses it. */
  const ask = (target: string, method = 'GET', body: string | null = null) =>
    page.evaluate(
      async ([target, method, body]) => {
        try {
          const answer = await fetch(String(target), { method: String(method), body: body ?? null });
          return { status: answer.status, text: await answer.text() };
        } catch {
          return null;
        }
      },
      [target, method, body],
    );
  const under = (host: string, address: string) => address.replace('127.0.0.1', host);
  const pageUnder = (host: string) => {
    const address = pages?.address() as AddressInfo | undefined;
    return `http://${host}:${address?.port}/`;
  };

  describe('whose name points at this machine', () => {
    beforeEach(async () => {
      await page.goto(under(EVIL, url));
      expect(await page.evaluate(() => location.origin)).toBe(under(EVIL, url));
    });

    test.each(['/secret.txt', '/?cors', '/'])('reads nothing at %s', async (path) => {
      const answer = await ask(path);
      expect(answer?.status).toBe(403);
      expect(answer?.text).toContain('<Code>HostNotAllowed</Code>');
      expect(answer?.text).not.toContain('localhost:*');
    });

    test('writes and deletes no object', async () => {
      expect((await ask('/evil.txt', 'PUT', 'evil'))?.status).toBe(403);
      expect((await ask('/secret.txt', 'DELETE'))?.status).toBe(403);
      expect(await object('evil.txt')).toBe('ENOENT');
      expect(await object('secret.txt')).toBe('secret');
    });

    test('neither replaces nor deletes the rules', async () => {
      const all = RULES.replace('http://localhost:*', '*');
      expect((await ask('/?cors', 'PUT', all))?.status).toBe(403);
      expect((await ask('/?cors', 'DELETE'))?.status).toBe(403);
      expect(await readFile(rulesFile(), 'utf8')).toBe(RULES);
    });
  });

  test('whose name points at the admin port reads nothing there and loads no rules', async () => {
    await page.goto(under(EVIL, adminUrl));
    for (const path of ['/rules', '/metrics', '/healthz', '/explain?origin=a&method=GET&path=/']) {
      const answer = await ask(path);
      expect(answer?.status).toBe(403);
      expect(answer?.text).toContain('--own-hosts');
      expect(answer?.text).not.toContain('localhost:*');
    }
    expect((await ask('/refresh', 'POST'))?.status).toBe(403);
  });

  test('whose origin the rules list reads and writes across origins and across sites', async () => {
    await page.goto(pageUnder('localhost'));
    // localhost and 127.0.0.1 are different sites.
    expect(await ask(`${url}/mine.txt`, 'PUT', 'mine')).toMatchObject({ status: 200 });
    expect(await ask(`${url}/mine.txt`)).toEqual({ status: 200, text: 'mine' });
    expect(await ask(`${under('localhost', url)}/same.txt`, 'PUT', 'same')).toMatchObject({ status: 200 });
    expect(await object('same.txt')).toBe('same');
  });

  test('whose origin the rules list cannot change the rules', async () => {
    await page.goto(pageUnder('localhost'));
    expect((await ask(`${url}/?cors`, 'PUT', RULES.replace('localhost', '*')))?.status).toBe(403);
    expect(await readFile(rulesFile(), 'utf8')).toBe(RULES);
  });

  test('of the folder itself writes objects but no rules', async () => {
    await page.goto(`${url}/secret.txt`);
    expect((await ask('/own.txt', 'PUT', 'own'))?.status).toBe(200);
    expect((await ask('/?cors', 'PUT', RULES.replace('localhost', '*')))?.status).toBe(403);
    expect(await readFile(rulesFile(), 'utf8')).toBe(RULES);
  });

  test('whose origin the rules do not list sends no write', async () => {
    await page.goto(pageUnder(EVIL));
    for (const method of ['PUT', 'DELETE']) expect(await ask(`${url}/secret.txt`, method)).toBe(null);
    await page.evaluate(
      (target) => fetch(target, { method: 'POST', mode: 'no-cors', body: 'evil' }).catch(() => null),
      `${url}/secret.txt`,
    );
    expect(await object('secret.txt')).toBe('secret');
  });
});
