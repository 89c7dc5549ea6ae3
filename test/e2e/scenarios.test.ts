import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILES } from '../helpers/tls.ts';
import { configOf, type Started, startEdge } from '../node/_running.ts';
import { type Browser, launchChromium, whyNoChromium } from './_chromium.ts';
import { picture } from './_picture.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCENARIOS = join(ROOT, 'examples/scenarios');
const SDK = join(ROOT, 'node_modules/ali-oss/dist/aliyun-oss-sdk.min.js');
const KEYS = { accessKeyId: 'scenario-key-id', accessKeySecret: 'scenario-key-secret' };
/** `uploadUrl` of the scenario's own server. */
type UploadUrl = (about: object, key: string, type: string) => Promise<string>;
const { uploadUrl }: { uploadUrl: UploadUrl } = await import(join(SCENARIOS, 'direct-upload/server.js'));

/** The bucket checks signatures. */
const SIGNED = { bucketKeys: 'env:KEY' };
/** The hosts of pages. */
const SITES = ['www.example.com', 'shop.staging.example.net', 'www.example.org'];

const skipped = whyNoChromium === null ? '' : ` (skipped: ${whyNoChromium})`;

/** One scenario's page, and what its server does, at every host. */
function siteOf(scenario: string): RequestListener {
  const types: Readonly<Record<string, string>> = {
    html: 'text/html',
    css: 'text/css',
    js: 'text/javascript',
  };
  return async (request, response): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://site');
    const json = (value: unknown) =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
    if (pathname === '/keys') return json(KEYS);
    if (pathname === '/upload-url') {
      const about = { ...KEYS, region: 'oss-cn-hangzhou', bucket: 'my-bucket' };
      const asked = (name: string) => searchParams.get(name) ?? '';
      return json({ url: await uploadUrl(about, `uploads/${asked('name')}`, asked('type')) });
    }
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const path = name.startsWith('aliyun') ? SDK : join(SCENARIOS, name === 'page.css' ? '' : scenario, name);
    response.setHeader('Content-Type', `${types[name.split('.').at(-1) ?? '']}; charset=utf-8`);
    response.setHeader('Set-Cookie', 'session=1; Domain=example.com; Secure; SameSite=None; Path=/');
    return response.end(await readFile(path));
  };
}

/** Serves the page over TLS, and over plain HTTP for a developer's machine. */
async function openSites(scenario: string): Promise<{ secure: Server; plain: Server }> {
  const [cert, key] = await Promise.all([readFile(FILES.cert), readFile(FILES.key)]);
  const [secure, plain] = [
    createServer({ cert, key }, siteOf(scenario)),
    createPlainServer(siteOf(scenario)),
  ];
  for (const server of [secure, plain])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { secure, plain };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A scenario's page in Chromium, before an edge with the scenario's rules. */
interface Stage {
  readonly page: Page;
  /** The folder behind the edge. */
  readonly bucket: string;
  /** The page at `http://localhost` with a port. */
  readonly local: string;
  /** Opens the page at a site and waits until its script has ended. */
  readonly play: (site: string) => Promise<void>;
  readonly done: () => Promise<unknown>;
  /** The text of an element by its id. */
  readonly text: (id: string) => Promise<string | null>;
  /** With UPDATE=1 takes the picture in docs/images; checks that there is one. */
  readonly picture: () => Promise<void>;
}

interface Scene {
  readonly about: string;
  readonly run: (stage: Stage) => Promise<void>;
  /** Options of the edge beside the rules. */
  readonly options?: Readonly<Record<string, string>>;
}

const SCENES: Readonly<Record<string, Scene>> = {
  'static-site': {
    about: 'reads data, a font and the pixels of a picture',
    run: async ({ page, play, text, picture }) => {
      await play('https://www.example.com');
      expect(await text('data')).toMatch(/^\d tides at /);
      expect(await text('colour')).toBe('The sky is rgb(190, 109, 116).');
      expect(await page.evaluate(() => document.fonts.check('1rem "Young Serif"'))).toBe(true);
      await picture();
    },
  },
  'direct-upload': {
    about: 'uploads a file with a presigned URL, and reads its ETag',
    options: SIGNED,
    run: async ({ page, bucket, done, text, picture }) => {
      await page.goto('https://www.example.com');
      const buffer = Buffer.from('{"from":"a page"}');
      await page.setInputFiles('input', { name: 'note.json', mimeType: 'application/json', buffer });
      await page.getByRole('button', { name: 'Upload' }).click();
      await done();
      expect(await text('result')).toMatch(/^Uploaded\. The ETag is "[0-9A-F]{32}"\.$/);
      expect(await readFile(join(bucket, 'uploads/note.json'))).toEqual(buffer);
      await picture();
    },
  },
  environments: {
    about: 'reads in each environment, and on no other page',
    run: async ({ play, local, text, picture }) => {
      for (const site of [local, 'https://www.example.com', 'https://shop.staging.example.net']) {
        await play(site);
        expect(await text('data')).toBe(`${site} reads 4 tides.`);
      }
      await picture();
      await play('https://www.example.org');
      expect(await text('data')).toBe('https://www.example.org reads nothing: Failed to fetch');
    },
  },
  authentication: {
    about: 'reads with a signature in Authorization, and with a cookie',
    options: { ...SIGNED, dangerouslyAllowCredentials: 'true' },
    run: async ({ play, text, picture }) => {
      await play('https://www.example.com');
      expect(await text('header')).toMatch(/^With Authorization: \d+ bytes\.$/);
      expect(await text('cookie')).toMatch(/^With a cookie: 200, ETag "[0-9A-F]{32}"\.$/);
      await picture();
    },
  },
};

describe.skipIf(whyNoChromium !== null).each(Object.entries(SCENES))(
  `the scenario %s in Chromium${skipped}`,
  (scenario, { about, run, options = {} }) => {
    let folder: string;
    let edge: Started;
    let sites: Awaited<ReturnType<typeof openSites>>;
    let browser: Browser;
    const bucket = () => join(folder, 'my-bucket');

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bucket-cors-scenario-'));
      await cp(join(ROOT, 'examples/bucket'), bucket(), { recursive: true });
      const config = configOf({
        bucket: bucket(),
        rules: join(SCENARIOS, scenario, 'cors.xml'),
        ownHosts: 'files.example.com',
        tlsCert: FILES.cert,
        tlsKey: FILES.key,
        ...options,
      });
      const { accessKeyId, accessKeySecret } = KEYS;
      const env = { KEY_OSS_ACCESS_KEY_ID: accessKeyId, KEY_OSS_ACCESS_KEY_SECRET: accessKeySecret };
      edge = await startEdge(config, env);
      sites = await openSites(scenario);
      const rules = [
        `MAP files.example.com:443 127.0.0.1:${new URL(edge.url).port}`,
        ...SITES.map((host) => `MAP ${host}:443 127.0.0.1:${portOf(sites.secure)}`),
      ];
      const switches = [`--host-resolver-rules=${rules.join(', ')}`, '--ignore-certificate-errors'];
      browser = await launchChromium(switches);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      for (const server of Object.values(sites ?? {})) {
        server.closeAllConnections();
        server.close();
      }
      await edge?.close();
      await rm(folder, { recursive: true, force: true });
    }, 30_000);

    test(about, async () => {
      const page = await browser.context.newPage();
      const done = () =>
        page.waitForFunction(() => document.body.dataset.state === 'done', null, { timeout: 15_000 });
      const play = async (url: string) => {
        await page.goto(url);
        await done();
      };
      const text = (id: string) => page.locator(`#${id}`).textContent();
      const local = `http://localhost:${portOf(sites.plain)}`;
      await run({
        page,
        bucket: bucket(),
        local,
        play,
        done,
        text,
        picture: () => picture(page, `scenario-${scenario}`),
      });
    });
  },
);
