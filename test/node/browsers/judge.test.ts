import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { askBrowsers, type BrowserQuestion, type BrowserVerdict } from '../../../src/node/browsers/judge.ts';
import { programOf } from '../../../src/node/browsers/programs.ts';
import { FILES } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { openServer, type TestServer } from './_server.ts';

const isInstalled = programOf('chromium') !== null && programOf('firefox') !== null;
const ORIGIN = 'https://app.example.com';

/** Other programs of this machine may ask browsers too. */
const FOLDER = mkdtempSync(join(tmpdir(), 'bucket-cors-judge-'));
const profiles = (): readonly string[] => readdirSync(FOLDER).filter((name) => name.includes('browser'));

let server: TestServer;
beforeAll(async () => {
  vi.stubEnv('TMPDIR', FOLDER);
  server = await openServer((request, response) => {
    if (request.url === '/hangs') return;
    if (request.url === '/null') response.setHeader('Access-Control-Allow-Origin', 'null');
    if (request.url?.startsWith('/allows')) {
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '');
      response.setHeader('Access-Control-Allow-Methods', 'PUT');
      response.setHeader('Access-Control-Allow-Headers', 'x-oss-date');
      response.setHeader('Access-Control-Expose-Headers', 'ETag');
    }
    response.setHeader('ETag', '"1"');
    response.end('{}');
  });
});
afterAll(() => {
  server.close();
  rmSync(FOLDER, { recursive: true, force: true });
});
beforeEach(() => {
  server.asked.length = 0;
});

const ask = (question: Partial<BrowserQuestion>, timeout = 30_000): Promise<readonly BrowserVerdict[]> =>
  askBrowsers(
    {
      url: `${server.url}/allows`,
      origin: ORIGIN,
      method: 'GET',
      headers: [],
      credentials: false,
      ...question,
    },
    { timeout },
  );

describe.skipIf(!isInstalled)('askBrowsers: Chromium and Firefox', { timeout: 60_000 }, () => {
  test('let the page have an allowed answer, of a page of an https origin', async () => {
    const verdicts = await ask({});
    expect(verdicts.map(({ browser }) => browser)).toEqual(['chromium', 'firefox']);
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ passes: true, status: 200, sentences: [], because: null });
      expect(verdict.version).toMatch(/^\d+\.\d/);
      expect(verdict.readable).toContain('etag');
    }
    expect(server.asked).toEqual(['GET /allows', 'GET /allows']);
  });

  test('refuse an answer without Allow-Origin, and say so without the query of the URL', async () => {
    const verdicts = await ask({ url: `${server.url}/refuses?Signature=secret` });
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ passes: false, status: null, readable: [], because: null });
      expect(verdict.sentences.join()).toContain('Access-Control-Allow-Origin');
      expect(verdict.sentences.join()).not.toContain('secret');
    }
  });

  test('accept a preflight of a PUT, and the PUT never arrives', async () => {
    const verdicts = await ask({ method: 'PUT', headers: ['x-oss-date'] });
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ passes: null, preflightPasses: true, status: null, sentences: [] });
      expect(verdict.because).toContain('The PUT itself was not sent to the server.');
    }
    expect(server.asked).toEqual(['OPTIONS /allows', 'OPTIONS /allows']);
  });

  test('refuse a preflight of a DELETE', async () => {
    for (const verdict of await ask({ method: 'DELETE' })) {
      expect(verdict).toMatchObject({ passes: false, preflightPasses: false, because: null });
      expect(verdict.sentences[0]).toContain('Access-Control-Allow-Methods');
    }
    expect(server.asked).toEqual(['OPTIONS /allows', 'OPTIONS /allows']);
  });

  test('send no POST without a preflight', async () => {
    for (const { passes, because } of await ask({ method: 'POST' })) {
      expect(passes).toBeNull();
      expect(because).toContain('sends no preflight for this POST');
    }
    expect(server.asked).toEqual([]);
  });

  test('ask from a page without an origin as null', async () => {
    for (const { passes } of await ask({ origin: 'null', url: `${server.url}/null` }))
      expect(passes).toBe(true);
  });

  test('connect to no server of the page', async () => {
    const page = await openServer((_, response) => response.end());
    const verdicts = await ask({ origin: page.url });
    expect(verdicts.map(({ passes }) => passes)).toEqual([true, true]);
    expect(page.connections()).toBe(0);
    page.close();
  });

  test('refuse a certificate, and a relay refuses it too', async () => {
    const tls = createServer(
      { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) },
      (_, response) => response.end(),
    ).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const url = `https://localhost:${(tls.address() as AddressInfo).port}/`;
    for (const { passes, because } of await ask({ url })) {
      expect(passes).toBe(false);
      expect(because).toMatch(/does not accept the certificate of the server: .*(?:ERR_CERT|PKIX)/);
    }
    for (const { passes, because } of await ask({ url, method: 'PUT' })) {
      expect(passes).toBeNull();
      expect(because).toMatch(
        /^The server gave no answer to the preflight of \w+: self-signed certificate\.$/,
      );
    }
    tls.close();
  });

  test('give no verdict about a server that does not listen', async () => {
    const gone = await openServer(() => {});
    gone.close();
    for (const method of ['GET', 'PUT'])
      for (const { passes, because } of await ask({ url: gone.url, method })) {
        expect(passes).toBeNull();
        expect(because).toMatch(/REFUSED/);
      }
  });

  test('end with the limit, and leave no profile', async () => {
    for (const { passes, because } of await ask({ url: `${server.url}/hangs` }, 4_000)) {
      expect(passes).toBeNull();
      expect(because).toMatch(/^\w+ could not judge: it gave no verdict within 4 s\.$/);
    }
    expect(profiles()).toEqual([]);
  });

  test.each(['SIGINT', 'SIGKILL'] as const)('leave no process and no profile after %s', async (signal) => {
    const program = fileURLToPath(new URL('_ask.ts', import.meta.url));
    const child = spawn(process.execPath, [program, `${server.url}/hangs`], { stdio: 'ignore' });
    await until('both browsers ask', () => server.asked.length === 2, 30_000);
    expect(profiles()).toHaveLength(2);
    child.kill(signal);
    await until('the profiles are removed', () => profiles().length === 0);
  });
});

describe('askBrowsers without a browser', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.stubEnv('TMPDIR', FOLDER);
  });

  test.each([
    ['a path without a program', '/nonexistent/browser', /is not installed\. \w+ can name its program\.$/],
    [
      'a program that is no browser',
      process.execPath,
      /^\w+ could not judge: .*(?:bad option|not allowed|Node\.js)/,
    ],
  ])('says so: %s', async (_, program, because) => {
    vi.stubEnv('CHROMIUM', program);
    vi.stubEnv('FIREFOX', program);
    for (const verdict of await ask({}, 10_000)) {
      expect(verdict).toMatchObject({ version: null, passes: null, sentences: [] });
      expect(verdict.because).toMatch(because);
    }
    expect(profiles()).toEqual([]);
  });
});
