import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Run, run, stop } from '../cli/_process.ts';
import { freePort } from '../helpers/listen.ts';
import { NGINX } from '../helpers/nginx.ts';
import { type Running, startProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { keyVariables } from './_edge.ts';
import type { Gateway } from './_gateway.ts';
import { type Asked, startLoad } from './_load.ts';
import { SKIPPED } from './_programs.ts';
import { openWitness, type Witness } from './_witness.ts';

const BUCKET = 'nginx-live';
const APP = 'https://app.example.com';
const TTL_MS = 1_000;
/** Loads are up to 10 % late, and the machine is busy: nginx starts new worker processes beside the load. */
const LATE_MS = 3_000;
/** Other suites run beside this one: a single change may come this late. */
const LATEST_MS = 10_000;
const CHANGES = 24;
const LIMIT_MS = 10 * 60_000;

let gateway: Gateway;
let witness: Witness;
let folder: string;
let watch: Run;
let nginx: Running;

/** The application's rule, and one for an origin of this version. */
const putRules = (version: number) =>
  witness.putRules(BUCKET, {
    CORSRules: [
      {
        AllowedOrigins: [APP],
        AllowedMethods: ['GET', 'PUT'],
        AllowedHeaders: ['x-note'],
        ExposeHeaders: ['ETag'],
      },
      { AllowedOrigins: [`https://v${version}.example`], AllowedMethods: ['GET'] },
    ],
  });

/** The configuration of the example, with other paths and ports, in front of the gateway. */
async function configuration(port: number): Promise<string> {
  const text = await readFile(new URL('../../examples/nginx-live/nginx.conf', import.meta.url), 'utf8');
  const replaced: readonly (readonly [string, string])[] = [
    ['/tmp/nginx-live', folder],
    ['listen 127.0.0.1:8080', `listen 127.0.0.1:${port}`],
    ['server 127.0.0.1:8082', `server ${new URL(gateway.url).host}`],
    ['proxy_pass http://bucket', `proxy_pass http://bucket/${BUCKET}/`],
    ['Host 127.0.0.1:8082', `Host ${new URL(gateway.url).host}`],
    ['listen 127.0.0.1:8082', `listen 127.0.0.1:${await freePort()}`],
  ];
  let configured = text;
  for (const [from, to] of replaced) {
    expect(configured).toContain(from);
    configured = configured.replaceAll(from, to);
  }
  return configured;
}

beforeAll(async () => {
  gateway = inject('gateway');
  witness = openWitness(gateway);
  folder = await mkdtemp(join(tmpdir(), 'rgw-nginx-live-'));
  await chmod(folder, 0o755);
  await witness.create(BUCKET);
  await witness.openToAll(BUCKET);
  await witness.put(BUCKET, 'hello.txt', 'hello');
  await putRules(0);
  const [port, file] = [await freePort(), join(folder, 'nginx.conf')];
  await writeFile(file, await configuration(port));
  const nginxArgs = ['-e', 'stderr', '-p', folder, '-c', file];
  watch = run(
    [
      ...[
        'export',
        'nginx',
        '--bucket',
        `s3://${BUCKET}?endpoint=${gateway.url}`,
        '-o',
        join(folder, 'cors.conf'),
      ],
      ...['--watch', '--exec', `nginx ${nginxArgs.join(' ')} -s reload`, '--rules-ttl', `${TTL_MS / 1000}s`],
      ...['--admin-port', '0'],
    ],
    { env: { ...keyVariables(gateway), PATH: `${process.env.PATH}:/usr/sbin` }, limit: LIMIT_MS },
  );
  const admin = await watch.address('admin');
  await until('the files are written', async () => (await call(`${admin}/readyz`)).status === 200);
  nginx = await startProgram('nginx', port, async () => [...nginxArgs, '-g', 'daemon off;']);
});

afterAll(async () => {
  await stop(watch);
  await nginx.stop();
  witness.close();
  await rm(folder, { recursive: true, force: true });
});

const preflight = (origin: string) =>
  call(`${nginx.url}/hello.txt`, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
  });

const allows = async (origin: string): Promise<boolean> => (await preflight(origin)).status === 200;

const faulty = (what: string, status: number, headers: object): string =>
  `${what}: ${status} ${JSON.stringify(headers)}`;

/** The rule of the application is in every version: each of its requests must succeed. */
const GET: Asked = {
  path: '/hello.txt',
  method: 'GET',
  headers: { Origin: APP },
  faultOf: (status, headers, body) =>
    status === 200 &&
    body === 'hello' &&
    headers['access-control-allow-origin'] === APP &&
    headers.vary === 'Origin'
      ? null
      : faulty('GET', status, headers),
};
const PREFLIGHT: Asked = {
  path: '/hello.txt',
  method: 'OPTIONS',
  headers: {
    Origin: APP,
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'x-note',
  },
  faultOf: (status, headers) =>
    status === 200 &&
    headers['access-control-allow-origin'] === APP &&
    headers['access-control-allow-headers'] === 'x-note'
      ? null
      : faulty('OPTIONS', status, headers),
};

describe.skipIf(SKIPPED || NGINX.skipped)(`nginx that follows the rules of a bucket${NGINX.why}`, () => {
  test('obeys each change within the time to live, and fails no request', async () => {
    await until('nginx obeys the first rules', () => allows('https://v0.example'));
    const load = startLoad(nginx.url, [GET, GET, GET, PREFLIGHT, PREFLIGHT, PREFLIGHT]);
    const delays: number[] = [];
    for (let version = 1; version <= CHANGES; version += 1) {
      await putRules(version);
      const began = performance.now();
      await until(`nginx obeys version ${version}`, () => allows(`https://v${version}.example`));
      delays.push(performance.now() - began);
      // A worker process of the version before may still accept a connection.
      await until(
        `version ${version - 1} is revoked`,
        async () => !(await allows(`https://v${version - 1}.example`)),
      );
    }
    await load.end();
    delays.sort((one, other) => one - other);
    const [median = 0, slowest = 0] = [delays[CHANGES / 2], delays.at(-1)];
    const reloads = watch.stdout().match(/"msg":"command succeeded"/g)?.length ?? 0;
    const failed = watch.stdout().match(/"msg":"command failed"/g)?.length ?? 0;
    console.log(
      `${reloads} reloads, ${load.counts.answered} requests answered, ${load.counts.again} sent again, ` +
        `changes after ${Math.round(median)} ms, at most ${Math.round(slowest)} ms`,
    );
    expect(load.faults.slice(0, 5)).toEqual([]);
    expect(reloads).toBeGreaterThanOrEqual(20);
    // Before nginx ran.
    expect(failed).toBeLessThanOrEqual(3);
    expect(load.counts.answered).toBeGreaterThan(1_000);
    expect(median).toBeLessThan(TTL_MS + LATE_MS);
    expect(slowest).toBeLessThan(TTL_MS + LATEST_MS);
  });
});
