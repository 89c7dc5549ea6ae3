import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { PATIENCE, type Run, run } from './_process.ts';

const RECORDER = fileURLToPath(new URL('_loaded.mjs', import.meta.url));

let folder: string;
let store: Store;
let edge: Run;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucket-cors-sidecar-'));
  store = await openStore(rulesFor('https://a.example'));
  const rules = join(folder, 'cors.xml');
  await writeFile(rules, rulesFor('https://a.example'));
  const args = ['serve', '--port', '0', '--admin-port', '0', '--bucket', store.url, '--rules', rules];
  const env = { NODE_OPTIONS: `--import=${RECORDER}`, LOADED_FILE: join(folder, 'loaded') };
  edge = run(args, { env });
  const admin = await edge.address('admin');
  await until('the edge is ready', async () => (await call(`${admin}/readyz`)).status === 200, PATIENCE);
  await call(`${await edge.address('edge')}/object`, { headers: { Origin: 'https://a.example' } });
});
afterAll(async () => {
  edge.child.kill('SIGKILL');
  await edge.code;
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** What the process has loaded until now: addresses of files, and modules of Node. */
async function loaded(): Promise<readonly string[]> {
  const file = join(folder, 'loaded');
  await rm(file, { force: true });
  edge.child.kill('SIGUSR1');
  let lines: readonly string[] = [];
  await until('the modules are written', async () => {
    lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    return lines.length > 1;
  });
  return lines;
}

describe('an edge that is ready and has served a request', () => {
  test('has loaded the parts that it uses', async () => {
    const names = await loaded();
    expect(names.some((name) => name.includes('/src/edge/app.ts'))).toBe(true);
    expect(names).toContain('NativeModule net');
  });

  test.each([
    ['Redis', '/node_modules/@redis/'],
    ["prom-client's registry", '/node_modules/prom-client/'],
    ['the Fetch API of the admin port', '/node_modules/@hono/node-server/dist/index'],
    ['the public suffix list, without a wildcard', '/node_modules/tldts/'],
    ['the directory bucket', '/src/node/directory/'],
    ['its types of files', '/node_modules/send/'],
    ['its forms', '/node_modules/@fastify/busboy/'],
    ['differences of texts', '/node_modules/diff/'],
    ['the primary process', '/src/node/cluster/primary'],
    ['certificates', '/src/node/server/certificate.ts'],
    ['the doctor', '/src/doctor/'],
    ['exporters', '/src/export/alibaba'],
    ['proofs', '/src/node/prove/'],
    ['browsers', '/src/node/browsers/'],
    ['the demo', '/src/node/demo/'],
    ['the table of all commands', '/src/cli/commands.ts'],
  ])('has not loaded %s', async (_, part) => {
    expect((await loaded()).filter((name) => name.includes(part))).toEqual([]);
  });

  test.each([
    ['HTTP/2', 'http2'],
    ['TLS', 'tls'],
    ["Node's undici", 'internal/deps/undici/undici'],
    ['Web streams', 'internal/webstreams/readablestream'],
  ])('has not loaded %s of Node', async (_, name) => {
    expect(await loaded()).not.toContain(`NativeModule ${name}`);
  });

  test('loads the registry when it is scraped', async () => {
    const { status, text } = await call(`${await edge.address('admin')}/metrics`);
    expect(status).toBe(200);
    expect(text).toContain('process_cpu_user_seconds_total');
    expect((await loaded()).some((name) => name.includes('/node_modules/prom-client/'))).toBe(true);
  });
});
