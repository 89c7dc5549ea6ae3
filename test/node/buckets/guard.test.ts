import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { onlyBucket, readConfigFile } from '../../../src/config/file.ts';
import { type Running, start } from '../../../src/node/start.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { call, corsHeaders, element, value } from '../../helpers/client.ts';
import { KEYS, signed } from '../../helpers/signed.ts';
import { optionsOf } from '../_running.ts';

const RULES =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://page.example</AllowedOrigin>' +
  '<AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>';

let around = '';
let folder = '';
beforeAll(async () => {
  around = await mkdtemp(join(tmpdir(), 'guard-'));
  folder = join(around, 'bucket');
  await mkdir(folder);
  await writeFile(`${folder}.cors.xml`, RULES);
});
afterAll(() => rm(around, { recursive: true }));
beforeEach(() => writeFile(join(folder, 'old.txt'), 'old'));

const content = (name: string) =>
  readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => error.code);

const silent = { log: { write: () => undefined }, env: {} };

function startWith(options: Record<string, string>, fields: Record<string, unknown> = {}): Promise<Running> {
  const config = optionsOf({ bucket: folder, ...options });
  if (Object.keys(fields).length === 0) return start(config, [onlyBucket(config)], silent);
  const file = JSON.stringify({ buckets: { folder: { bucket: folder, ...fields } } });
  const read = readConfigFile(file, 'edge.json');
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return start(config, read.value.buckets, silent);
}

/** The lines of a start fault; null where it starts. */
async function faultOf(options: Record<string, string>, fields = {}): Promise<readonly string[] | null> {
  try {
    await (await startWith(options, fields)).close();
    return null;
  } catch (error) {
    return startFaultLines(error) ?? [String(error)];
  }
}

describe('a folder on loopback', () => {
  let edge: Running;
  beforeAll(async () => {
    edge = await startWith({ ownHosts: 'edge.example.com' });
  });
  afterAll(() => edge.close());

  test.each(['localhost', 'LOCALHOST.:1', '127.0.0.1:8080', '[::1]', 'a.localhost', 'edge.example.com', ''])(
    'is served under "%s"',
    async (host) => {
      expect((await call(edge.url, { target: '/old.txt', headers: ['Host', host] })).status).toBe(200);
    },
  );

  test.each([
    ['GET', '/old.txt'],
    ['GET', '/?cors'],
    ['HEAD', '/old.txt'],
    ['PUT', '/old.txt'],
    ['PUT', '/?cors'],
    ['DELETE', '/old.txt'],
    ['OPTIONS', '/old.txt'],
  ])(
    'is not served under a stranger’s name: %s %s gets 403 without a word of the rules',
    async (method, target) => {
      const headers = [
        'Host',
        'evil.test',
        'Origin',
        'https://page.example',
        'Access-Control-Request-Method',
        'PUT',
      ];
      const body = method === 'PUT' ? { body: 'evil' } : {};
      const answered = await call(edge.url, { method, target, headers, ...body });
      expect(answered.status).toBe(403);
      if (method !== 'HEAD') expect(element(answered, 'Code')).toBe('HostNotAllowed');
      expect(element(answered, 'Reason')).toBeUndefined();
      expect(corsHeaders(answered)).toEqual({});
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(await content('old.txt')).toBe('old');
    },
  );

  test('is not served for an absolute target with a foreign host', async () => {
    const headers = ['Host', 'localhost'];
    const answered = await call(edge.url, { target: 'http://evil.test/old.txt', headers });
    expect(element(answered, 'Code')).toBe('HostNotAllowed');
  });

  const page = (...headers: string[]) => ['Host', 'localhost:8080', ...headers];
  const ORIGIN = 'https://page.example';
  const WRITES: readonly (readonly [string, string, readonly string[], boolean])[] = [
    ['no page', 'PUT', page(), true],
    ['a person’s own request', 'PUT', page('Sec-Fetch-Site', 'none'), true],
    [
      'the folder’s own page',
      'PUT',
      page('Origin', 'http://localhost:8080', 'Sec-Fetch-Site', 'same-origin'),
      true,
    ],
    ['the folder’s own page in an old browser', 'DELETE', page('Origin', 'http://localhost:8080'), true],
    ['a page that the rules allow', 'PUT', page('Origin', ORIGIN, 'Sec-Fetch-Site', 'cross-site'), true],
    ['a page that the rules allow, in an old browser', 'PUT', page('Origin', ORIGIN), true],
    ['a page that may write and not delete', 'DELETE', page('Origin', ORIGIN), false],
    ['a page that may write and not post', 'POST', page('Origin', ORIGIN), false],
    ['a foreign page', 'PUT', page('Origin', 'http://evil.test', 'Sec-Fetch-Site', 'cross-site'), false],
    [
      'a foreign page of the same site',
      'PUT',
      page('Origin', 'http://localhost:1', 'Sec-Fetch-Site', 'same-site'),
      false,
    ],
    ['a foreign page in an old browser', 'DELETE', page('Origin', 'http://localhost:1'), false],
    ['a foreign page that hides its origin', 'PUT', page('Origin', 'null'), false],
    ['a foreign page without an origin', 'PUT', page('Sec-Fetch-Site', 'cross-site'), false],
    [
      'two answers of the browser',
      'PUT',
      page('Sec-Fetch-Site', 'none', 'Sec-Fetch-Site', 'cross-site'),
      false,
    ],
  ];
  test.each(WRITES)('%s sends %s: %#', async (_, method, headers, taken) => {
    const body = method === 'DELETE' ? {} : { body: 'new' };
    const answered = await call(edge.url, { method, target: '/old.txt', headers, ...body });
    if (taken) expect(answered.status).toBeLessThan(300);
    else {
      expect(answered.status).toBe(403);
      expect(element(answered, 'Code')).toBe('WriteNotAllowed');
      expect(await content('old.txt')).toBe('old');
    }
  });

  test.each([
    ['the folder’s own page', page('Origin', 'http://localhost:8080', 'Sec-Fetch-Site', 'same-origin'), 403],
    ['a page that the rules allow', page('Origin', ORIGIN), 403],
    ['a page without an origin', page('Sec-Fetch-Site', 'same-origin'), 403],
    ['no page', page(), 200],
  ])('takes rules from %s: %#', async (_, headers, status) => {
    const answered = await call(edge.url, { method: 'PUT', target: '/?cors', headers, body: RULES });
    expect(answered.status).toBe(status);
    if (status === 403) expect(element(answered, 'Code')).toBe('WriteNotAllowed');
  });

  test('lets every page ask, and sends no type that is to be guessed', async () => {
    const answered = await call(edge.url, {
      target: '/old.txt',
      headers: page('Origin', 'http://evil.test'),
    });
    expect(answered.status).toBe(200);
    expect(value(answered, 'x-content-type-options')).toBe('nosniff');
    const missing = await call(edge.url, { target: '/none.txt', headers: page() });
    expect(value(missing, 'x-content-type-options')).toBe('nosniff');
  });
});

describe('a folder whose rules the edge stores', () => {
  let edge: Running;
  beforeAll(async () => {
    const config = optionsOf({
      bucket: folder,
      management: 'keep',
      region: 'cn-hangzhou',
      stateDir: join(around, 'state'),
    });
    const env = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
    edge = await start(config, [onlyBucket(config)], { ...silent, env });
  });
  afterAll(() => edge.close());

  const PAGE = ['Origin', 'https://panel.example', 'Sec-Fetch-Site', 'cross-site'];
  const write = async (host: string, headers: readonly string[], keys = KEYS) => {
    const about = { method: 'PUT', target: '/?cors', host, headers, body: RULES, keys };
    return call(edge.url, await signed('OSS V4 header', about));
  };

  test('takes them from a page that has a key, as from any client', async () => {
    expect((await write('localhost', PAGE)).status).toBe(200);
    expect((await write('localhost', [])).status).toBe(200);
  });

  test('takes none from a page without a key', async () => {
    const answered = await call(edge.url, {
      method: 'PUT',
      target: '/?cors',
      headers: ['Host', 'localhost', ...PAGE],
      body: RULES,
    });
    expect(`${answered.status} ${element(answered, 'Code')}`).toBe('403 AccessDenied');
    const wrong = await write('localhost', PAGE, { ...KEYS, accessKeySecret: 'ks' });
    expect(element(wrong, 'Code')).toBe('SignatureDoesNotMatch');
  });

  test('takes none under a stranger’s name, signed or not', async () => {
    expect(element(await write('evil.test', PAGE), 'Code')).toBe('HostNotAllowed');
  });

  test('leaves every other write of a page to the rules', async () => {
    const headers = ['Host', 'localhost', ...PAGE];
    for (const target of ['/?acl', '/old.txt', '/'])
      expect(element(await call(edge.url, { method: 'PUT', target, headers, body: 'x' }), 'Code')).toBe(
        'WriteNotAllowed',
      );
  });
});

test('a folder is served under the hosts that a configuration file gives it', async () => {
  const edge = await startWith({}, { hosts: ['Files.example.com'], keepHost: true });
  try {
    const ask = (host: string) => call(edge.url, { target: '/old.txt', headers: ['Host', host] });
    expect((await ask('files.example.com:8080')).status).toBe(200);
    expect((await ask('evil.test')).status).toBe(404);
  } finally {
    await edge.close();
  }
});

describe('a folder beyond this machine', () => {
  const FAULT =
    /^--host 0\.0\.0\.0 lets other machines read and write the folder .*, which checks no signature; write --dangerously-open-bucket if they may/;

  test('does not start', async () => {
    expect(await faultOf({ host: '0.0.0.0' })).toEqual([expect.stringMatching(FAULT)]);
  });

  test('does not start among many', async () => {
    expect(await faultOf({ host: '::' }, { preload: true })).toEqual([
      expect.stringMatching(/^bucket folder: --host :: lets .*; write "dangerouslyOpenBucket": "true" if/),
    ]);
  });

  test('is opened by an option, to every host, with the rules in its file alone', async () => {
    const edge = await startWith({ host: '0.0.0.0', dangerouslyOpenBucket: 'true' });
    const ask = (method: string, target: string, headers: string[] = []) =>
      call(edge.url, {
        method,
        target,
        headers: ['Host', 'demo.example.com', ...headers],
        ...(method === 'PUT' && { body: RULES }),
      });
    try {
      expect((await ask('GET', '/old.txt')).status).toBe(200);
      expect((await ask('PUT', '/new.txt')).status).toBe(200);
      expect((await ask('PUT', '/?cors')).status).toBe(403);
      expect((await ask('PUT', '/old.txt', ['Origin', 'http://evil.test'])).status).toBe(403);
    } finally {
      await edge.close();
    }
  });

  test('starts behind a Unix socket, answers to every host of the proxy, and refuses to write rules', async () => {
    const socket = join(around, 'edge.sock');
    const config = optionsOf({ bucket: folder });
    const edge = await start({ ...config, socket }, [onlyBucket(config)], silent);
    const ask = (method: string, path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { Host: 'files.example.com' };
        request({ socketPath: socket, method, path, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end(method === 'PUT' ? RULES : undefined);
      });
    try {
      expect(await ask('GET', '/old.txt')).toBe(200);
      expect(await ask('PUT', '/?cors')).toBe(403);
    } finally {
      await edge.close();
    }
  });
});

test('dangerouslyOpenBucket is a fault for a bucket that is not a folder', () => {
  const read = readConfigFile(
    '{"buckets": {"a": {"bucket": "https://a.example", "dangerouslyOpenBucket": true}}}',
    'edge.json',
  );
  expect(read).toMatchObject({
    faults: [
      { place: 'edge.json: buckets.a: dangerouslyOpenBucket', reason: 'has a meaning only for a folder' },
    ],
  });
});
