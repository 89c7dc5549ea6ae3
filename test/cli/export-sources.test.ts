import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { readBanner } from '../../src/export/banner.ts';
import { directoryRegister } from '../../src/node/keep/register-directory.ts';
import { listen } from '../helpers/listen.ts';
import { rule } from '../helpers/rules.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { runCommand } from './_command.ts';
import { exportTests } from './_export.ts';

const ORIGIN = 'https://app.example.com';
const XML = toXml({ rules: [rule({ allowedOrigins: [ORIGIN] })], responseVary: false });

let folder = '';
const at = (...names: string[]) => join(folder, ...names);
const stores: Store[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-export-sources-'));
  await writeFile(at('cors.xml'), XML);
  await mkdir(at('media'));
  await writeFile(at('media.cors.xml'), XML);
  await mkdir(at('bare'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => rm(folder, { recursive: true }));

async function store(): Promise<Store> {
  const opened = await openStore(rulesFor(ORIGIN));
  stores.push(opened);
  return opened;
}

/** The URL of a server that answers each request with a text. */
async function answering(text: string): Promise<string> {
  const server = createServer((_, response) => response.end(text));
  servers.push(server);
  return `http://127.0.0.1:${await listen(server)}`;
}

async function config(content: object): Promise<string> {
  await writeFile(at('edge.json'), JSON.stringify(content));
  return at('edge.json');
}

/** What the banner of an export says, or how it failed. */
async function exported(line: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runCommand(exportTests, ['banner', ...line], { env });
  return { code, stderr: stderr.replace(/\s+/g, ' '), banner: readBanner(stdout) };
}

const origins = ({ banner }: Awaited<ReturnType<typeof exported>>) =>
  banner?.rules.rules.flatMap(({ allowedOrigins }) => allowedOrigins);

describe('the bucket that rules were read from', () => {
  test('is where the target fetches objects', async () => {
    const { url } = await store();
    for (const line of [
      ['--bucket', url],
      ['--rules', `bucket:${url}`],
    ]) {
      const found = await exported(line);
      expect(found).toMatchObject({ code: 0, banner: { bucketUrl: url } });
      expect(origins(found)).toEqual([ORIGIN]);
    }
  });

  test('gives way to --bucket-url', async () => {
    const { url } = await store();
    const { banner } = await exported(['--bucket', url, '--bucket-url', 'https://other.example']);
    expect(banner?.bucketUrl).toBe('https://other.example');
  });

  test('without rules exports that it has none', async () => {
    const { url, cors } = await store();
    cors.status = 404;
    cors.body = '<Error><Code>NoSuchCORSConfiguration</Code></Error>';
    const found = await exported(['--bucket', url]);
    expect(found).toMatchObject({ code: 0, banner: { rules: { rules: [] } } });
    expect(found.stderr).toMatch(
      /banner by http:\/\/127\.0\.0\.1:\d+\/\?cors: no rules, answered as by an edge/,
    );
  });

  test.each([500, 403])('that answers %i has unknown rules, which are not exported', async (status) => {
    const { url, cors } = await store();
    cors.status = status;
    const { code, banner, stderr } = await exported(['--bucket', url]);
    expect({ code, banner }).toEqual({ code: 2, banner: null });
    expect(stderr).toContain(String(status));
  });

  test('as a folder has no address', async () => {
    const found = await exported(['--bucket', at('media')]);
    expect(found).toMatchObject({ code: 0, banner: { bucketUrl: null } });
    expect(origins(found)).toEqual([ORIGIN]);
    expect((await exported(['--bucket', at('bare')])).banner?.rules.rules).toEqual([]);
  });

  test('whose address means something in configurations needs --bucket-url', async () => {
    const odd = `${await answering(XML)}/a;b`;
    const refused = await exported(['--bucket', odd]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^--bucket has characters that mean something in configurations; write --bucket-url/,
    );
    const { banner } = await exported(['--bucket', odd, '--bucket-url', 'https://x.example']);
    expect(banner?.bucketUrl).toBe('https://x.example');
  });
});

describe('behaviour', () => {
  test('is that of the store, of the flags, or of the document', async () => {
    const behaviour = async (...line: string[]) =>
      (await exported(['--rules', at('cors.xml'), ...line])).banner?.behaviour;
    expect(await behaviour()).toEqual({ dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false });
    expect(await behaviour('--store', 's3')).toMatchObject({ dialect: 's3' });
    expect(await behaviour('--dangerously-allow-credentials')).toMatchObject({
      dialect: 'oss',
      dangerouslyAllowCredentials: true,
    });
    expect(await behaviour('--vary', 'safe')).toMatchObject({ vary: 'safe' });
  });

  test('is what an edge says', async () => {
    const bucket = {
      ...{ bucket: 'media', state: 'fresh', dialect: 'oss', vary: 'store', outcome: 'rules', warnings: [] },
      dangerouslyAllowCredentials: true,
      rules: { rules: [{ allowedOrigins: [ORIGIN], allowedMethods: ['GET'] }] },
    };
    const edge = await answering(JSON.stringify({ buckets: [bucket] }));
    const refused = await exported(['--admin', edge]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--vary store');
    const found = await exported(['--admin', edge, '--vary', 'safe']);
    expect(found.banner).toMatchObject({
      bucketUrl: null,
      behaviour: { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: true },
    });
    const without = await exported([
      '--rules',
      `admin:${edge}`,
      '--vary',
      'safe',
      '--dangerously-allow-credentials=false',
    ]);
    expect(without.banner?.behaviour.dangerouslyAllowCredentials).toBe(false);
  });
});

describe('a bucket of a configuration file', () => {
  test('has its source, store, address and behaviour', async () => {
    const { url } = await store();
    const file = await config({
      buckets: {
        media: { bucket: url, prefix: '/media', dangerouslyAllowCredentials: true },
        other: { bucket: 's3://other?region=eu-central-1', rules: at('cors.xml') },
      },
    });
    const media = await exported(['--config', file, '--bucket', 'media']);
    expect(media).toMatchObject({
      code: 0,
      banner: { bucketUrl: url, behaviour: { dialect: 'oss', dangerouslyAllowCredentials: true } },
    });
    expect(origins(media)).toEqual([ORIGIN]);
    expect((await exported(['--config', file, '--bucket', 'other'])).banner).toMatchObject({
      bucketUrl: 'https://other.s3.eu-central-1.amazonaws.com',
      behaviour: { dialect: 's3' },
    });
    const refused = await exported(['--config', file, '--bucket', 'medai']);
    expect(refused.stderr).toBe('--bucket "medai" is no bucket of the file; write media ');
    expect((await exported(['--config', file])).stderr).toBe(
      '--bucket is missing: the file has 2 buckets; write media, other ',
    );
  });

  test('alone needs no name, and a folder serves its own rules', async () => {
    const found = await exported(['--config', await config({ buckets: { one: { bucket: at('media') } } })]);
    expect(found).toMatchObject({ code: 0, banner: { bucketUrl: null } });
    expect(origins(found)).toEqual([ORIGIN]);
    const bare = await exported(['--config', await config({ buckets: { one: { bucket: at('bare') } } })]);
    expect(bare.banner?.rules.rules).toEqual([]);
  });

  test('needs the keys for its rules, and no others', async () => {
    const { url } = await store();
    const bucket = { bucket: url, bucketName: 'media', region: 'cn-hangzhou', credentials: 'env:MEDIA' };
    const keyless = await exported(['--config', await config({ buckets: { media: bucket } })]);
    expect(keyless.code).toBe(2);
    expect(keyless.stderr).toMatch(/^bucket-cors: bucket media: credentials: there are no keys: set MEDIA_/);
    const objects = { bucket: 's3://big?region=eu-central-1', rules: at('cors.xml'), objects: 'sign' };
    const found = await exported(['--config', await config({ buckets: { media: objects } })]);
    expect(found.code).toBe(0);
  });

  test('has unknown rules where its source fails', async () => {
    const { url, cors } = await store();
    cors.status = 503;
    const bucket = await exported(['--config', await config({ buckets: { media: { bucket: url } } })]);
    expect(bucket).toMatchObject({ code: 2, banner: null });
    expect(bucket.stderr).toMatch(/^bucket-cors: bucket media: .*503/);
    const file = { bucket: url, rules: at('no.xml') };
    const missing = await exported(['--config', await config({ buckets: { media: file } })]);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bucket media: rules: .*ENOENT/),
    });
  });

  test('has the rules that clients write', async () => {
    const state = at('state');
    await mkdir(state);
    const bucket = { bucket: 's3://big?region=eu-central-1', management: 'keep' };
    const file = await config({ stateDir: state, buckets: { media: bucket } });
    const unknown = await exported(['--config', file]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(`the state directory ${state} has lost the rules of media`);
    await directoryRegister(state).write('media', { document: XML, writer: 'LTAIwriter', writtenAt: 1 });
    expect(origins(await exported(['--config', file]))).toEqual([ORIGIN]);
    await directoryRegister(state).write('media', { document: null, writer: 'LTAIwriter', writtenAt: 2 });
    expect((await exported(['--config', file])).banner?.rules.rules).toEqual([]);
    const nowhere = await config({ buckets: { media: bucket } });
    expect((await exported(['--config', nowhere])).stderr).toContain('there is no storage for the rules');
    const variable = await exported(['--config', nowhere], { STATE_DIR: state });
    expect(variable.banner?.rules.rules).toEqual([]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['--rules', ['--rules', 'x.xml'], /^--rules stands beside a configuration file/],
    ['--admin', ['--admin', 'http://127.0.0.1:1'], /^--admin stands beside a configuration file/],
    ['--region', ['--region', 'cn-hangzhou'], /^--region stands beside a configuration file/],
  ])('has no %s beside it', async (_, more, expected) => {
    const file = await config({ buckets: { media: { bucket: 's3://big?region=eu-central-1' } } });
    expect(await exported(['--config', file, ...more])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(expected),
    });
  });

  test('is not read of a file with faults', async () => {
    const faulty = await exported(['--config', await config({ buckets: { media: { bucket: '' } } })]);
    expect(faulty).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/edge\.json: buckets\.media: bucket/),
    });
    expect((await exported(['--config', at('no.json')])).stderr).toMatch(/no\.json can't be read: ENOENT/);
    const all = await exported(['--config', await config({ store: { url: 'http://127.0.0.1:9000' } })]);
    expect(all.stderr).toMatch(/^--bucket is missing: the file has 0 buckets/);
  });

  test('reads no variables of an edge on this machine', async () => {
    const file = await config({ buckets: { media: { bucket: at('media') } } });
    expect((await exported(['--config', file], { PORT: 'x', CORS_RULES: 'bucket' })).code).toBe(0);
    expect(
      (await exported(['--rules', at('cors.xml')], { VARY: 'store', STORE: 's3' })).banner?.behaviour,
    ).toEqual({
      dialect: 'oss',
      vary: 'safe',
      dangerouslyAllowCredentials: false,
    });
  });
});
