import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Said } from '../../helpers/upstream.ts';
import type { Edge, OpenOptions } from '../../suite/runtime.ts';
import { type Browser, launchChromium } from '../_chromium.ts';

export interface BrowserOptions extends Pick<OpenOptions, 'dialect' | 'vary' | 'rules'> {
  /** False by default. */
  readonly dangerouslyAllowCredentials?: boolean;
}

/** A running edge in front of a scripted bucket. */
export type BrowserEdge = Pick<Edge, 'url' | 'bucket' | 'setRules' | 'errors' | 'close'>;

export interface BrowserRuntime {
  readonly name: string;
  open(options: BrowserOptions): Promise<BrowserEdge>;
}

/** A blank page with the events of DevTools, which may arrive after the script's result: poll for them. */
export interface Visit {
  readonly page: Page;
  /** The methods of preflights, except those answered from Chromium's preflight cache. */
  readonly preflights: readonly string[];
  /** Why answers were refused to the page (`Network.CorsError` of DevTools), so that a crash does not count as a refusal. */
  readonly refusals: readonly string[];
}

/** Two origins of one site, so that their pages share one partition of Chromium's HTTP cache. */
export interface Origins {
  readonly page: string;
  readonly stranger: string;
}

export interface Stage {
  readonly runtime: BrowserRuntime;
  readonly origins: () => Origins;
  /** Opens a blank page of an origin; it is closed after the test. */
  visit(origin: string): Promise<Visit>;
}

/** One Chromium and two origins for all tests of a file. */
export function useStage(runtime: BrowserRuntime): Stage {
  let browser: Browser | undefined;
  let servers: readonly Server[] = [];
  const opened: Page[] = [];

  beforeAll(async () => {
    servers = await Promise.all([servePages(), servePages()]);
    browser = await launchChromium();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map(closeServer));
  });

  return {
    runtime,
    origins: () => {
      const [page, stranger] = servers.map(originOf);
      if (page === undefined || stranger === undefined) throw new Error('pages are served only during tests');
      return { page, stranger };
    },
    visit: async (origin) => {
      if (browser === undefined) throw new Error('Chromium runs only during tests');
      const page = await browser.context.newPage();
      opened.push(page);
      const events = await listen(page);
      await page.goto(origin);
      return { page, ...events };
    },
  };
}

/** One edge for all tests of a block. Its bucket is reset before each test. */
export function useEdge({ runtime }: Stage, options: BrowserOptions = {}): () => BrowserEdge {
  let edge: BrowserEdge | undefined;
  const current = (): BrowserEdge => {
    if (edge === undefined) throw new Error('the edge is open only while tests run');
    return edge;
  };
  beforeAll(async () => {
    edge = await runtime.open(options);
  });
  beforeEach(() => current().bucket.reset());
  afterAll(async () => {
    await edge?.close();
    if (current().errors.length > 0)
      throw new Error('the edge failed on a request', { cause: current().errors });
  });
  return current;
}

let keys = 0;
/** An object's path that no cache has stored yet. */
export const freshKey = (): string => `/object-${++keys}`;

/** A bucket's answer with an object, with Content-Length like a store's. */
export function object(body: Buffer | string, headers: readonly string[] = []): Said {
  const bytes = Buffer.from(body);
  const type = headers.some((name) => name === 'Content-Type') ? [] : ['Content-Type', 'text/plain'];
  return {
    status: 200,
    headers: ['Content-Length', String(bytes.length), ...type, ...headers],
    body: bytes,
  };
}

async function servePages(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end('<!doctype html><title>blank</title><link rel="icon" href="data:,">');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function listen(page: Page): Promise<Pick<Visit, 'preflights' | 'refusals'>> {
  const preflights: string[] = [];
  const refusals: string[] = [];
  const devtools = await page.context().newCDPSession(page);
  devtools.on('Network.requestWillBeSent', ({ initiator, request: { headers } }) => {
    if (initiator.type === 'preflight') preflights.push(headers['Access-Control-Request-Method'] ?? '');
  });
  devtools.on('Network.loadingFailed', ({ corsErrorStatus }) => {
    if (corsErrorStatus !== undefined) refusals.push(corsErrorStatus.corsError);
  });
  await devtools.send('Network.enable');
  return { preflights, refusals };
}
