import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_CASES, type BrowserCase } from '../analysis/_browser-cases.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe.skipIf(whyNoChromium !== null)(`Chromium agrees with the judgement of a browser${skipped}`, () => {
  let browser: Browser | undefined;
  let page: Page;
  let origin = '';
  let url = '';
  const seen: IncomingMessage[] = [];
  const pages = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>page</title><link rel="icon" href="data:,">');
  });
  const api = createServer((request, response) => {
    seen.push(request);
    const { preflight, actual } = BROWSER_CASES[Number(request.url?.slice(1))] as BrowserCase;
    const answer = request.method === 'OPTIONS' ? preflight : { status: 200, headers: actual };
    for (const [name, value] of Object.entries(answer.headers)) {
      response.setHeader(name, value.replaceAll('PAGE', origin));
    }
    response.writeHead(answer.status, { ETag: '"e"', 'X-One': '1', 'Cache-Control': 'no-store' });
    response.end();
  });

  beforeAll(async () => {
    [origin, url] = await Promise.all([listen(pages), listen(api)]);
    browser = await launchChromium();
    page = await browser.context.newPage();
    await page.goto(origin);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    for (const server of [pages, api]) {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each(BROWSER_CASES.map((about, at) => [about.name, about, at] as const))(
    'on %s',
    async (_, about, at) => {
      seen.length = 0;
      const { method, headers, credentials } = about;
      const names = await page.evaluate(
        async ([target, init]) => {
          try {
            const answer = await fetch(target, init);
            return ['cache-control', 'etag', 'x-one'].filter((name) => answer.headers.has(name));
          } catch {
            return null;
          }
        },
        [
          `${url}/${at}`,
          { method, headers: { ...headers }, credentials: credentials ? 'include' : 'omit' },
        ] as const,
      );
      expect(names).toEqual(about.chromium ?? (about.failure === null ? about.readable : null));
      const asked = seen.find((request) => request.method === 'OPTIONS')?.headers;
      const sent = asked === undefined ? null : (asked['access-control-request-headers'] ?? '');
      expect(sent).toBe(about.asked);
    },
  );
});
