import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arguments } from '../../src/cli/command.ts';
import { sourcesOf } from '../../src/cli/sources/flags.ts';
import { readInput } from '../../src/cli/sources/input.ts';
import { openRules } from '../../src/cli/sources/open.ts';
import type { Opened } from '../../src/cli/sources/opened.ts';
import { listen } from '../helpers/listen.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';

const ORIGIN = 'https://app.example.com';
const RULE = {
  allowedOrigins: [ORIGIN],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
} as const;
const RULES = { rules: [RULE], responseVary: false };
const XML = `<CORSConfiguration><CORSRule><AllowedOrigin>${ORIGIN}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`;

let folder = '';
const upstreams: Upstream[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-sources-'));
});
afterEach(async () => {
  for (const upstream of upstreams.splice(0)) await upstream.close();
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

const argumentsWith = (flags: Record<string, string> = {}, words: readonly string[] = []): Arguments => ({
  words,
  value: (name) => flags[name] ?? null,
  values: () => [],
  on: () => false,
});

const openFrom = (source: string, flags: Record<string, string> = {}, env: Record<string, string> = {}) =>
  openRules(source, argumentsWith(flags), {
    env,
    print: async () => {},
    say: () => {},
    colours: false,
  });

async function opened(...given: Parameters<typeof openFrom>): Promise<Opened> {
  const result = await openFrom(...given);
  if (!result.ok) throw new Error(result.faults.join('\n'));
  return result.value;
}

/** The one line that says why a source cannot be read. */
async function refused(...given: Parameters<typeof openFrom>): Promise<string> {
  const result = await openFrom(...given);
  if (result.ok) throw new Error(`it was read: ${result.value.text}`);
  expect(result.faults).toHaveLength(1);
  return result.faults[0] ?? '';
}

const rulesIn = ({ document }: Opened) => (document.ok ? document.ruleSet.rules : document.faults);

async function upstream(...given: Parameters<typeof openUpstream>): Promise<Upstream> {
  const server = await openUpstream(...given);
  upstreams.push(server);
  return server;
}

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer({ keepAlive: false }, answer);
  servers.push(server);
  return `http://127.0.0.1:${await listen(server)}`;
}

async function fileWith(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('a file', () => {
  test('is read strictly, and its form names the store', async () => {
    const path = await fileWith(
      'cors.json',
      JSON.stringify({ CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }] }),
    );
    const found = await opened(path);
    expect(found).toMatchObject({ kind: 'file', name: path, path, reading: 'strict', storeBy: 'form' });
    expect(found.behaviour.dialect).toBe('s3');
  });

  test('of XML in the namespace of S3 is of store s3', async () => {
    const named = XML.replace(
      '<CORSConfiguration',
      '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"',
    );
    const path = await fileWith('s3.xml', named);
    expect(await opened(path)).toMatchObject({ storeBy: 'form', behaviour: { dialect: 's3' } });
  });

  test('of XML is of store oss unless --store says otherwise', async () => {
    const path = await fileWith('cors.xml', XML);
    expect(await opened(path)).toMatchObject({ storeBy: 'default', behaviour: { dialect: 'oss' } });
    expect(await opened(path, { store: 's3' })).toMatchObject({
      storeBy: 'flag',
      behaviour: { dialect: 's3' },
    });
  });

  test('may be UTF-16', async () => {
    const path = await fileWith('cors.xml', Buffer.from(`\uFEFF${XML}`, 'utf16le'));
    expect(rulesIn(await opened(path))).toEqual([RULE]);
  });

  test('with faults is read too: they are its findings', async () => {
    const path = await fileWith('cors.xml', XML.replace('GET', 'FETCH'));
    expect(rulesIn(await opened(path))).toMatchObject([{ code: 'BC007', value: 'FETCH' }]);
  });

  test('that is missing, a folder or too long is refused with the cure', async () => {
    expect(await refused(join(folder, 'no.xml'))).toMatch(/no\.xml can't be read: ENOENT.*check the path/);
    expect(await refused(folder)).toMatch(
      /is not a file\. For the rules of a folder bucket write --bucket before the path\.$/,
    );
    const long = await fileWith('long.xml', ' '.repeat(70_000));
    expect(await refused(long)).toMatch(/has 70000 bytes, more than the 65536 it may have/);
  });
});

describe('standard input', () => {
  test('is read to its end', async () => {
    const input = new PassThrough();
    input.write(XML.slice(0, 30));
    setTimeout(() => input.end(XML.slice(30)), 10);
    expect(await readInput(input)).toEqual({ ok: true, value: XML });
  });

  test('that is too long or never ends is refused', async () => {
    const long = new PassThrough();
    long.end(Buffer.alloc(70_000, ' '));
    expect(await readInput(long)).toMatchObject({
      faults: [expect.stringContaining('more than the 65536 bytes')],
    });
    expect(await readInput(new PassThrough(), 20)).toMatchObject({
      faults: [expect.stringContaining('did not end within 0.02 seconds')],
    });
  });
});

describe('a URL', () => {
  test('is a document, read with its token, and named without its query', async () => {
    const url = await serving((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer secret-token' ? 200 : 401;
      response.end(XML);
    });
    const flags = { 'rules-token': 'env:TOKEN' };
    const found = await opened(`${url}/cors.xml?sig=abc`, flags, { TOKEN: 'secret-token' });
    expect(found).toMatchObject({ kind: 'url', name: `${url}/cors.xml`, reading: 'strict' });
    expect(rulesIn(found)).toEqual([RULE]);
    expect(await refused(`${url}/cors.xml?sig=abc`)).toBe(
      `${url}/cors.xml answered 401. The document cannot be read without a token.`,
    );
  });

  test('of a bucket of a vendor is refused, with what to write', async () => {
    expect(await refused('https://my-bucket.oss-cn-hangzhou.aliyuncs.com/')).toMatch(
      /is the address of a bucket, not of a document; write --bucket before it/,
    );
  });

  test('of a bucket of a vendor without its scheme is refused with the whole flag', async () => {
    expect(await refused('my-bucket.oss-cn-hangzhou.aliyuncs.com')).toMatch(
      /is the address of a bucket, not of a document; write --bucket https:\/\/my-bucket\.oss-cn-hangzhou\.aliyuncs\.com$/,
    );
  });

  test('with a password is refused without it', async () => {
    expect(await refused('https://user:secret@example.com/cors.xml')).not.toContain('secret');
  });

  test('that nothing listens on is refused with its address', async () => {
    expect(await refused('http://127.0.0.1:9/cors.xml')).toMatch(/127\.0\.0\.1:9\/cors\.xml.*ECONNREFUSED/);
  });
});

describe('a bucket', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'very-secret' };

  test('at s3:// is asked with a signature, and its store is that of the address', async () => {
    const store = await upstream(RULES, '/my-bucket');
    const found = await opened(`s3://my-bucket?endpoint=http://${store.host}`, {}, KEYS);
    expect(found).toMatchObject({
      kind: 'bucket',
      reading: 'store',
      storeBy: 'address',
      behaviour: { dialect: 's3' },
    });
    expect(rulesIn(found)).toEqual([RULE]);
    expect(store.rulesAsked[0]?.headers.join(' ')).toMatch(/AWS4-HMAC-SHA256 Credential=AKID/);
  });

  test('at any URL is read with the word bucket: before it', async () => {
    const store = await upstream(RULES);
    const found = await opened(`bucket:${store.url}`, { store: 'oss', credentials: 'none' }, KEYS);
    expect(rulesIn(found)).toEqual([RULE]);
    expect(found.storeBy).toBe('flag');
    expect(store.rulesAsked[0]?.headers.join(' ')).not.toContain('AKID');
  });

  test('without rules is read as empty', async () => {
    const store = await upstream('none');
    expect(await opened(`bucket:${store.url}`)).toMatchObject({ hasRules: false, text: '', bytes: 0 });
  });

  test('that is missing or refuses is named, without advice for an edge', async () => {
    const missing = await upstream('missing');
    expect(await refused(`bucket:${missing.url}`)).toMatch(/there is no such bucket/);
    const failing = await upstream('unknown');
    expect(await refused(`bucket:${failing.url}`)).toBe(
      `${failing.url}/?cors: the bucket answered 500 InternalError to GET /?cors. Run the command again.`,
    );
    const denied = await upstream((_, __, outgoing) => {
      outgoing.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    expect(await refused(`bucket:${denied.url}`)).toBe(
      `${denied.url}/?cors: the bucket answered 403 AccessDenied to GET /?cors. Set keys that may read the rules (--credentials).`,
    );
  });

  test('that never answers is given up after five seconds', { timeout: 10_000 }, async () => {
    const silent = await upstream(() => {});
    const line = await refused(`bucket:${silent.url}`);
    expect(line).toMatch(/did not answer within 5 seconds/);
    silent.breakOff();
  });

  test('with an incomplete address is a fault of the word', async () => {
    expect(await refused('s3://my-bucket')).toMatch(/^SOURCE "s3:\/\/my-bucket" has neither a region/);
    expect(await refused('bucket:s3://my-bucket')).toMatch(/^--bucket "s3:/);
  });

  test('that is a folder is read from the file beside it, and nothing is written', async () => {
    const bucket = join(folder, 'files');
    await mkdir(bucket, { mode: 0o500 });
    expect(await opened(`bucket:${bucket}`)).toMatchObject({ hasRules: false });
    await writeFile(`${bucket}.cors.xml`, XML);
    const found = await opened(`bucket:${bucket}/`);
    expect(found).toMatchObject({ name: `${bucket}.cors.xml`, path: `${bucket}.cors.xml`, reading: 'store' });
    expect(rulesIn(found)).toEqual([RULE]);
    expect(await refused(`bucket:${folder}/no`)).toMatch(/can't be found \(ENOENT\)/);
  });
});

describe('an admin port', () => {
  const answering = (body: unknown, status = 200): Promise<string> =>
    serving((request, response) => {
      response.statusCode = request.url?.startsWith('/edge/rules') ? status : 404;
      response.end(JSON.stringify(body));
    });

  const BUCKET = {
    bucket: 'media',
    state: 'fresh',
    dialect: 's3',
    vary: 'store',
    dangerouslyAllowCredentials: false,
    outcome: 'rules',
    warnings: [{ code: 'BC002', place: 'CORSRule[1]/x', reason: 'is unknown', write: 'nothing' }],
    failure: null,
    rules: { CORSRules: [{ AllowedOrigins: [ORIGIN], AllowedMethods: ['GET'] }] },
  };

  test('gives rules, behaviour and warnings of the one bucket, under a path too', async () => {
    const url = await answering({ buckets: [BUCKET] });
    for (const address of [`${url}/edge`, `${url}/edge/`, `${url}/edge/rules`]) {
      const found = await opened(`admin:${address}`);
      expect(found).toMatchObject({
        kind: 'edge',
        name: `${url}/edge/rules?bucket=media`,
        storeBy: 'edge',
        behaviour: { dialect: 's3', vary: 'store' },
        reported: [{ place: 'CORSRule[1]/x' }],
      });
      expect(rulesIn(found)).toEqual([RULE]);
      expect(found.bytes).toBeUndefined();
    }
  });

  test('decides whether cookies are allowed', async () => {
    const url = await answering({ buckets: [{ ...BUCKET, dangerouslyAllowCredentials: true }] });
    expect((await opened(`admin:${url}/edge`)).behaviour.dangerouslyAllowCredentials).toBe(true);
  });

  test('of several buckets asks for a name', async () => {
    const url = await answering({ buckets: [BUCKET, { ...BUCKET, bucket: 'docs' }] });
    expect(await refused(`admin:${url}/edge`)).toMatch(
      /has 2 buckets\. Name one with --bucket.*: media, docs\./,
    );
  });

  test('that does not know the bucket lists those it has', async () => {
    const url = await answering({ error: 'there is no bucket x', buckets: ['media', 'docs'] }, 404);
    expect(await refused(`admin:${url}/edge?bucket=x`)).toMatch(
      /there is no bucket x\. Name one.*media, docs/,
    );
  });

  test('without rules in force is refused with the cause', async () => {
    const lost = {
      ...BUCKET,
      state: 'unavailable',
      outcome: null,
      rules: null,
      failure: { cause: 'no route' },
    };
    const url = await answering({ buckets: [lost] });
    expect(await refused(`admin:${url}/edge`)).toMatch(
      /media has no rules in force, state unavailable: no route/,
    );
  });

  test('that is no admin port is refused, and so is a missing token', async () => {
    const url = await serving((_, response) => response.end('<html>'));
    expect(await refused(`admin:${url}`)).toMatch(/answered 200, and not as an admin port does/);
    const guarded = await answering({}, 401);
    expect(await refused(`admin:${guarded}/edge`)).toMatch(/answered 401\. Name the place of its token/);
    expect(await refused('admin:127.0.0.1:8081')).toMatch(/^--admin .*is not the URL of an admin port/);
  });
});

describe('a command line', () => {
  const sources = (words: readonly string[], flags: Record<string, string>, count: number) =>
    sourcesOf(argumentsWith(flags, words), count);

  test('names its sources by words, then by --bucket or --admin', () => {
    expect(sources(['a.xml'], { bucket: 'oss://b?region=cn-hangzhou' }, 2)).toEqual({
      ok: true,
      value: ['a.xml', 'bucket:oss://b?region=cn-hangzhou'],
    });
    expect(sources([], { admin: 'http://127.0.0.1:8081', bucket: 'media' }, 1)).toEqual({
      ok: true,
      value: ['admin:http://127.0.0.1:8081/?bucket=media'],
    });
  });

  test.each([
    [[], {}, 1, /SOURCE is missing/],
    [['a.xml'], {}, 2, /SOURCE is missing: two are compared/],
    [['a.xml', 'b.xml'], {}, 1, /is one source too many/],
    [['-', '-'], {}, 2, /a second time/],
    [['a.xml'], { region: 'cn-hangzhou' }, 1, /--region has a meaning only for a bucket/],
    [['a.xml'], { 'rules-token': 'env:T' }, 1, /--rules-token has a meaning only for a document at a URL/],
    [['a.xml'], { 'admin-token': 'env:T' }, 1, /--admin-token has a meaning only for --admin/],
  ] as const)('%j with %j is a fault', (words, flags, count, expected) => {
    const found = sources(words, flags, count);
    const lines = found.ok ? [] : found.faults.map(({ place, reason }) => `${place} ${reason}`);
    expect(lines.join('\n')).toMatch(expected);
  });
});
