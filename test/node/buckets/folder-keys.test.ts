import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { onlyBucket, readConfigFile } from '../../../src/config/file.ts';
import { type OpenedBucket, type OpenOptions, openBuckets } from '../../../src/node/buckets/open.ts';
import { type Running, start } from '../../../src/node/start.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { call, corsHeaders, element } from '../../helpers/client.ts';
import { type FormName, KEYS, signed, TEMPORARY } from '../../helpers/signed.ts';
import { until } from '../../helpers/until.ts';
import { optionsOf } from '../_running.ts';

const PAGE = 'https://page.example';
const rulesFor = (method: string) =>
  `<CORSConfiguration><CORSRule><AllowedOrigin>${PAGE}</AllowedOrigin><AllowedMethod>${method}</AllowedMethod></CORSRule></CORSConfiguration>`;

let around = '';
let folder = '';
let keysFile = '';
let log: string[] = [];
const edges: Running[] = [];

beforeAll(async () => {
  around = await mkdtemp(join(tmpdir(), 'folder-keys-'));
  folder = join(around, 'bucket');
  keysFile = join(around, 'keys.json');
  await mkdir(folder);
});
beforeEach(async () => {
  log = [];
  await writeFile(join(folder, 'old.txt'), 'old');
  await writeFile(`${folder}.cors.xml`, rulesFor('PUT'));
  await writeFile(keysFile, JSON.stringify(KEYS));
});
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
  const text = log.join('');
  for (const secret of [KEYS.accessKeySecret, TEMPORARY.accessKeySecret])
    expect(text).not.toContain(`"${secret}"`);
  expect(text).not.toMatch(/signature=\w/i);
});
afterAll(() => rm(around, { recursive: true }));

async function open(
  options: Record<string, string> = {},
  env: Record<string, string> = {},
): Promise<Running> {
  const config = optionsOf({ bucket: folder, bucketKeys: `file:${keysFile}`, ...options });
  const edge = await start(config, [onlyBucket(config)], {
    log: { write: (line) => void log.push(line) },
    env,
  });
  edges.push(edge);
  return edge;
}

const faultsOf = (options: Record<string, string>, env: Record<string, string> = {}) =>
  open(options, env).then(
    () => null,
    (error: unknown) => startFaultLines(error),
  );

interface Asked {
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly form?: FormName;
  readonly keys?: typeof KEYS;
}

/** Sends a signed request; returns its status and the code of a refusal. */
async function ask(edge: Running, method: string, target: string, asked: Asked = {}) {
  const { form = 'OSS V4 header', host = 'localhost', ...rest } = asked;
  return call(edge.url, await signed(form, { method, target, host, ...rest }));
}

const said = (answered: Awaited<ReturnType<typeof call>>) =>
  [answered.status, element(answered, 'Code')].filter((one) => one !== undefined).join(' ');

describe('a folder with keys', () => {
  test.each([
    'OSS V1 header',
    'OSS V4 header',
    'SigV4 header',
    'OSS V1 URL',
    'OSS V4 URL',
    'SigV4 URL',
  ] as const)('serves requests signed by %s, under the Host that they were signed for', async (form) => {
    const edge = await open({ store: form.startsWith('OSS') ? 'oss' : 's3' });
    for (const host of ['localhost:8080', 'files.example.com'])
      expect(said(await ask(edge, 'GET', '/old.txt', { form, host }))).toBe('200');
    expect(said(await ask(edge, 'GET', '/old.txt', { form, keys: { ...KEYS, accessKeySecret: 'x' } }))).toBe(
      '403 SignatureDoesNotMatch',
    );
  });

  test('refuses what is unsigned, with the CORS headers of its rules, and answers preflights', async () => {
    const edge = await open();
    const headers = ['Host', 'files.example.com', 'Origin', PAGE];
    const refused = await call(edge.url, { method: 'PUT', target: '/a', headers, body: 'x' });
    expect([said(refused), corsHeaders(refused)['access-control-allow-origin']]).toEqual([
      '403 AccessDenied',
      PAGE,
    ]);
    const asks = [...headers, 'Access-Control-Request-Method', 'PUT'];
    const preflight = await call(edge.url, { method: 'OPTIONS', target: '/a', headers: asks });
    expect([preflight.status, corsHeaders(preflight)['access-control-allow-origin']]).toEqual([200, PAGE]);
  });

  test('takes rules from who signs them, and from no other client', async () => {
    const edge = await open({ host: '0.0.0.0' });
    expect(
      said(
        await call(edge.url, {
          method: 'PUT',
          target: '/?cors',
          headers: ['Host', 'a'],
          body: rulesFor('GET'),
        }),
      ),
    ).toBe('403 AccessDenied');
    expect(said(await ask(edge, 'PUT', '/?cors', { body: rulesFor('DELETE') }))).toBe('200');
    expect(await readFile(`${folder}.cors.xml`, 'utf8')).toBe(rulesFor('DELETE'));
    const asks = ['Host', 'a', 'Origin', PAGE, 'Access-Control-Request-Method', 'DELETE'];
    expect((await call(edge.url, { method: 'OPTIONS', target: '/a', headers: asks })).status).toBe(200);
  });

  test('leaves what pages write to their signatures, as a store does', async () => {
    const edge = await open();
    const headers = ['Origin', 'https://stranger.example', 'Sec-Fetch-Site', 'cross-site'];
    const answered = await ask(edge, 'PUT', '/new.txt', { headers, body: 'x' });
    expect([said(answered), corsHeaders(answered)]).toEqual(['200', {}]);
    const type = ['Content-Type', 'multipart/form-data; boundary=b'];
    const form = {
      method: 'POST',
      target: '/',
      headers: ['Host', 'a', ...headers, ...type],
      body: '--b--\r\n',
    };
    expect(said(await call(edge.url, form))).toBe('400 IncorrectNumberOfFilesInPOSTRequest');
  });

  test('takes new keys of its file without a restart', async () => {
    const edge = await open();
    const get = async (keys: typeof KEYS) => said(await ask(edge, 'GET', '/old.txt', { keys }));
    const other = { accessKeyId: 'other', accessKeySecret: 'another secret'.replaceAll(' ', '-') };
    expect(await get(other)).toBe('403 InvalidAccessKeyId');
    await writeFile(keysFile, JSON.stringify(other));
    await until('the new keys are used', async () => (await get(other)) === '200');
    expect(await get(KEYS)).toBe('403 InvalidAccessKeyId');
  });

  test('takes the keys of several places', async () => {
    const env = {
      STS_OSS_ACCESS_KEY_ID: TEMPORARY.accessKeyId,
      STS_OSS_ACCESS_KEY_SECRET: TEMPORARY.accessKeySecret,
      STS_OSS_SESSION_TOKEN: TEMPORARY.securityToken ?? '',
    };
    const edge = await open({ bucketKeys: `file:${keysFile},env:STS` }, env);
    for (const keys of [KEYS, TEMPORARY])
      expect(said(await ask(edge, 'GET', '/old.txt', { keys }))).toBe('200');
  });

  test('has a name of its own in signatures, if an option gives it', async () => {
    const edge = await open({ bucketName: 'media' });
    const get = async (bucket: string) =>
      said(
        await call(
          edge.url,
          await signed('OSS V4 header', { method: 'GET', target: '/old.txt', host: 'a', bucket }),
        ),
      );
    expect([await get('media'), await get('bucket')]).toEqual(['200', '403 SignatureDoesNotMatch']);
  });
});

const OPEN: OpenOptions = {
  read: () => Promise.reject(new Error('not asked')),
  exposure: { reach: 'loopback', address: '', names: [] },
  state: null,
  secrets: [],
  env: {
    A_OSS_ACCESS_KEY_ID: 'a',
    B_OSS_ACCESS_KEY_ID: 'a',
    B_OSS_ACCESS_KEY_SECRET: 'b',
    A_OSS_ACCESS_KEY_SECRET: 'b',
    A_AWS_ACCESS_KEY_ID: 'a',
    A_AWS_SECRET_ACCESS_KEY: 'b',
  },
  register: null,
  warn: () => undefined,
};

test('a folder whose keys, name or dialect change is opened again; any other change leaves its server', async () => {
  const opened = async (fields: Record<string, string>, before: readonly OpenedBucket[] = []) => {
    const read = readConfigFile(
      JSON.stringify({ buckets: { a: { bucket: folder, prefix: '/a', ...fields } } }),
      'f',
    );
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    return openBuckets(read.value.buckets, before, OPEN);
  };
  const keyed = { bucketKeys: 'env:A' };
  const first = await opened(keyed);
  const isSame = async (fields: Record<string, string>) => {
    const next = await opened(fields, first);
    const same = next[0]?.open === first[0]?.open;
    if (!same) await next[0]?.open.close();
    return same;
  };
  try {
    expect(await isSame({ ...keyed, vary: 'store' })).toBe(true);
    for (const change of [
      { bucketKeys: `file:${keysFile}` },
      { ...keyed, bucketName: 'named' },
      { ...keyed, store: 's3' },
      { ...keyed, prefix: '/b' },
      {},
    ])
      expect(await isSame(change), JSON.stringify(change)).toBe(false);
  } finally {
    await first[0]?.open.close();
  }
});

describe('a folder does not start', () => {
  test('with the name in signatures of another folder with the same keys', async () => {
    const other = join(around, 'other', 'bucket');
    await mkdir(other, { recursive: true });
    const faults = async (fields: Record<string, string>) => {
      const one = { bucket: folder, prefix: '/a', bucketKeys: 'env:A' };
      const text = JSON.stringify({
        buckets: { a: one, b: { ...one, bucket: other, prefix: '/b', ...fields } },
      });
      const read = readConfigFile(text, 'f');
      if (!read.ok) throw new Error(JSON.stringify(read.faults));
      try {
        for (const { open } of await openBuckets(read.value.buckets, [], OPEN)) await open.close();
        return null;
      } catch (error) {
        return startFaultLines(error);
      }
    };
    const named =
      'has the same keys and the same name in signatures, bucket; write "bucketName": "another-name"';
    expect(await faults({})).toEqual([expect.stringContaining(`another folder, ${folder}, ${named}`)]);
    for (const fields of [{ bucketName: 'other' }, { bucketKeys: 'env:B' }, { bucket: folder }] as const)
      expect(await faults(fields)).toBeNull();
  });

  test('with keys that it would serve as an object', async () => {
    const inside = join(folder, 'keys.json');
    await writeFile(inside, JSON.stringify(KEYS));
    expect(await faultsOf({ bucketKeys: `file:${inside}` })).toEqual([
      `--bucket-keys ${inside} lies in the folder that --bucket ${folder} serves, and clients could read and replace the keys as an object; write a file outside of it`,
    ]);
    await rm(inside);
  });

  test.each([
    [
      'without a file of keys',
      { bucketKeys: 'file:/none/keys.json' },
      /^--bucket-keys: the credentials file \/none\/keys\.json/,
    ],
    [
      'with a prefix that no variable has',
      { bucketKeys: 'env:NONE' },
      /^--bucket-keys: there are no keys: set NONE_OSS_ACCESS_KEY_ID and NONE_OSS_ACCESS_KEY_SECRET/,
    ],
    [
      'with an empty environment',
      { bucketKeys: 'env' },
      /^--bucket-keys: there are no keys in the environment; write file:PATH or env:PREFIX/,
    ],
  ])('%s', async (_, options, line) => {
    expect(await faultsOf(options)).toEqual([expect.stringMatching(line)]);
  });
});
