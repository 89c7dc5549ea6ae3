import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, type Run, run, stop } from '../cli/_process.ts';
import { freePort } from '../helpers/listen.ts';
import { NGINX, type Nginx, startNginx } from '../helpers/nginx.ts';
import { presence } from '../helpers/program.ts';
import { rule } from '../helpers/rules.ts';
import { CA, FILES } from '../helpers/tls.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { execute, recipe } from './_recipes.ts';

const SYSTEMD = presence('systemd-analyze', '--version', 'systemd');
/** `systemd-analyze security` rates from 0, everything is forbidden, to 10 in steps of a tenth; this is 2.0. */
const MOST_EXPOSED = 20;

const unit = () => readFile(recipe('systemd/bucket-cors.service'), 'utf8');

/** The words of the unit's command, and the variables of its file. */
async function serviceOf(folders: Readonly<Record<string, string>>) {
  const [, line = ''] = /^ExecStart=\S+ (.*)$/m.exec(await unit()) ?? [];
  const words = line.split(' ').map((word) => {
    const found = Object.entries(folders).find(([path]) => word.startsWith(path));
    return found === undefined ? word : word.replace(...found);
  });
  const text = await readFile(recipe('systemd/bucket-cors.env'), 'utf8');
  const variables = text.split('\n').flatMap((each) => (/^[A-Z]/.test(each) ? [each.split(/=(.*)/)] : []));
  return { words, variables: Object.fromEntries(variables.map(([name, value]) => [name, value ?? ''])) };
}

describe.skipIf(SYSTEMD.skipped)(`systemd/bucket-cors.service${SYSTEMD.why}`, () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-unit-'));
    file = join(folder, 'bucket-cors.service');
    // The program and the user of the unit are not on this machine.
    const text = (await unit())
      .replace('/opt/bucket-cors/bin/bucket-cors', '/bin/true')
      .replace(/^User=.*$/m, 'User=root')
      .replace(/^Group=.*$/m, 'Group=root');
    await writeFile(file, text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is read by systemd without a complaint', async () => {
    const { stderr } = await execute('systemd-analyze', ['verify', '--man=no', file]);
    expect(stderr).toBe('');
  });

  test('is rated as hardened', async () => {
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, file];
    const { stdout } = await execute('systemd-analyze', args);
    expect(stdout).toMatch(/Overall exposure level .*: [01]\.\d OK/);
  });

  test('would be rated as exposed without its hardening', async () => {
    const exposed = join(folder, 'exposed.service');
    await writeFile(exposed, '[Service]\nExecStart=/bin/true\n');
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, exposed];
    await expect(execute('systemd-analyze', args)).rejects.toMatchObject({ code: 1 });
  });
});

describe.skipIf(NGINX.skipped)(`nginx/edge.conf before the edge of the unit${NGINX.why}`, () => {
  const ORIGIN = 'https://app.example.com';
  let folder: string;
  let bucket: Upstream;
  let edge: Run;
  let nginx: Nginx;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-machine-'));
    await chmod(folder, 0o755);
    bucket = await openUpstream({
      rules: [rule({ allowedOrigins: [ORIGIN], allowedMethods: ['GET', 'PUT'], allowedHeaders: ['*'] })],
      responseVary: false,
    });
    const { words, variables } = await serviceOf({
      '/run/bucket-cors': folder,
      '/var/lib/bucket-cors': join(folder, 'state'),
    });
    edge = run([...words, '--admin-port', '0', '--rules', 'bucket'], {
      env: { ...variables, BUCKET_URL: bucket.url },
      limit: 60_000,
    });
    await edge.address('admin');
    port = await freePort();
    const conf = (await readFile(recipe('nginx/edge.conf'), 'utf8'))
      .replace('unix:/run/bucket-cors/edge.sock', `unix:${folder}/edge.sock`)
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace(/ssl_certificate .*;/, `ssl_certificate ${FILES.cert};`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${FILES.key};`);
    nginx = await startNginx({ http: conf, server: 'return 404;' });
  }, PATIENCE * 2);
  afterAll(async () => {
    await nginx?.stop();
    if (edge !== undefined) await stop(edge);
    await bucket?.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Sent {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
  }

  /** Opens a request through nginx; the caller writes its body. */
  function open({ method, path, headers = {} }: Sent) {
    const sent = request({
      ...{ host: '127.0.0.1', port, ca: CA, servername: 'localhost', agent: false, method, path },
      headers: { Host: `files.example.com:${port}`, Origin: ORIGIN, ...headers },
    });
    const answered = new Promise<{ status: number; raw: readonly string[]; text: string }>(
      (resolve, reject) => {
        sent.on('error', reject).on('response', async (response) => {
          let text = '';
          for await (const chunk of response) text += chunk;
          resolve({ status: response.statusCode ?? 0, raw: response.rawHeaders, text });
        });
      },
    );
    return { sent, answered };
  }
  const ask = (about: Sent) => {
    const { sent, answered } = open(about);
    sent.end();
    return answered;
  };
  const linesOf = (raw: readonly string[], name: string) =>
    raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);

  test('only the group may connect to the socket', async () => {
    expect((await stat(join(folder, 'edge.sock'))).mode & 0o777).toBe(0o660);
  });

  test('answers a preflight, and an object with one Allow-Origin', async () => {
    const headers = {
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'content-type',
    };
    const preflight = await ask({ method: 'OPTIONS', path: '/a', headers });
    expect(preflight.status).toBe(200);
    expect(linesOf(preflight.raw, 'access-control-allow-origin')).toEqual([ORIGIN]);
    const object = await ask({ method: 'GET', path: '/a' });
    expect(object).toMatchObject({ status: 200, text: 'the object' });
    expect(linesOf(object.raw, 'access-control-allow-origin')).toEqual([ORIGIN]);
  });

  test('names to the bucket the address and the scheme of the client, whatever the client claims', async () => {
    bucket.reset();
    const forged = {
      'X-Forwarded-For': '198.51.100.9',
      'X-Forwarded-Proto': 'http',
      Forwarded: 'for=198.51.100.9',
    };
    await ask({ method: 'GET', path: '/a', headers: forged });
    const { headers = [] } = bucket.asked[0] ?? {};
    expect(linesOf(headers, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(linesOf(headers, 'x-forwarded-proto')).toEqual(['https']);
    expect(linesOf(headers, 'x-forwarded-host')).toEqual([`files.example.com:${port}`]);
    expect(linesOf(headers, 'forwarded')).toEqual([]);
  });

  test('an upload of more than 1 MB reaches the bucket before it is complete', async () => {
    bucket.reset();
    bucket.script = { status: 200, body: '' };
    const size = 4 * 1_048_576;
    const { sent, answered } = open({
      method: 'PUT',
      path: '/big',
      headers: { 'Content-Length': String(size) },
    });
    sent.write(Buffer.alloc(size / 2));
    const received = () => bucket.asked[0]?.body.reduce((sum, { length }) => sum + length, 0) ?? 0;
    await until('half of it is there', () => received() === size / 2, PATIENCE);
    sent.end(Buffer.alloc(size / 2));
    expect((await answered).status).toBe(200);
    expect(received()).toBe(size);
  });
});
