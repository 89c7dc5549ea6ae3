import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Recording, readHar } from '../../src/requests/har.ts';
import { launchChromium, whyNoChromium } from './_chromium.ts';

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe.skipIf(whyNoChromium !== null)(`a recording of Chromium${skipped}`, () => {
  let folder = '';
  let page = '';
  let bucket = '';
  let recording: Recording;
  const pages = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>page</title><link rel="icon" href="data:,">');
  });
  const store = createServer((request, response) => {
    const allows = request.url?.startsWith('/allowed') === true;
    response.writeHead(request.method === 'OPTIONS' && !allows ? 403 : 200, {
      ...(allows && {
        'Access-Control-Allow-Origin': page,
        'Access-Control-Allow-Methods': 'GET, PUT',
        'Access-Control-Allow-Headers': 'x-a, content-type',
      }),
    });
    response.end();
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recorded-'));
    [page, bucket] = await Promise.all([listen(pages), listen(store)]);
    const path = join(folder, 'page.har');
    const browser = await launchChromium([], path);
    const tab = await browser.context.newPage();
    await tab.goto(page);
    await tab.evaluate(async (url) => {
      const headers = { 'X-A': 'SECRET', 'Content-Type': 'application/json' };
      const put = { method: 'PUT', headers, body: '{}' };
      await fetch(`${url}/allowed/a?Signature=SECRET`, put).catch(() => null);
      await fetch(`${url}/allowed/b`).catch(() => null);
      await fetch(`${url}/refused/c`, put).catch(() => null);
      await fetch(`${url}/refused/d`).catch(() => null);
      await fetch('/own').catch(() => null);
      await new Promise((resolve) => {
        const image = new Image();
        image.onerror = resolve;
        image.src = `${url}/refused/e`;
      });
    }, bucket);
    await browser.close();
    const read = readHar(await readFile(path, 'utf8'), path, null);
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    recording = read.value;
  }, 60_000);
  afterAll(async () => {
    for (const server of [pages, store]) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true });
  });

  test('has the cross-origin requests of the page, and no others', () => {
    const kinds = recording.requests.map(({ method, url, asked, times }) => [
      method,
      url.slice(bucket.length),
      asked,
      times,
    ]);
    expect(kinds).toEqual([
      ['PUT', '/allowed/a', ['content-type', 'x-a'], 1],
      ['GET', '/allowed/b', [], 1],
      ['PUT', '/refused/c', ['content-type', 'x-a'], 1],
      ['GET', '/refused/d', [], 1],
    ]);
    // Chromium records neither the Origin of blocked requests nor their answers.
    expect(recording.requests.map(({ answer }) => answer?.status)).toEqual([200, 200, undefined, undefined]);
    expect(recording.requests.every(({ origin }) => origin === page)).toBe(true);
    expect(JSON.stringify(recording)).not.toContain('SECRET');
  });
});
