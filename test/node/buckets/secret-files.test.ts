import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../src/config/file.ts';
import { type Running, start } from '../../../src/node/start.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { FILES } from '../../helpers/tls.ts';
import { optionsOf } from '../_running.ts';
import { at, type Buckets, blue, bucketsOf, red, useBuckets } from './_buckets.ts';

useBuckets();

const KEYS = JSON.stringify({ accessKeyId: 'LTAIexample', accessKeySecret: 'geheim-one' });
const TOKEN = 'a-token-of-the-admin-port';

const starting = (buckets: Buckets, options: Record<string, string> = {}): Promise<Running> =>
  start(optionsOf({ ownHosts: 'any.test', ...options }), bucketsOf(buckets), {
    log: { write: () => undefined },
    env: {},
  });

/** The lines of the start fault; null if the edge starts. */
const refused = (buckets: Buckets, options: Record<string, string> = {}) =>
  starting(buckets, options).then(async (edge) => {
    await edge.close();
    return null;
  }, startFaultLines);

async function secret(text: string, ...names: readonly string[]): Promise<string> {
  const path = at(...names);
  await mkdir(at(...names.slice(0, -1)), { recursive: true });
  await writeFile(path, text);
  return path;
}

const lies = (option: string, path: string, content: string, folder = at('red')) =>
  `${option} ${path} lies in the folder that bucket ${folder} serves, and clients could read and replace ${content} as ` +
  'an object; write a file outside of it';

describe('a file with secrets in a served folder is a start fault', () => {
  test.each<[string, string, (path: string) => Record<string, unknown>]>([
    ['bucketKeys', 'the keys', (path) => ({ bucketKeys: `file:${path}` })],
    ['credentials', 'the keys', (path) => ({ credentials: `file:${path}` })],
    [
      'clientKeys',
      'the keys',
      (path) => ({ bucket: 'http://127.0.0.1:9', objects: 'resign', clientKeys: `file:${path}` }),
    ],
    ['rulesToken', 'the token', (path) => ({ rules: 'https://rules.example/x', rulesToken: `file:${path}` })],
  ])('of %s of another bucket', async (option, content, more) => {
    const path = await secret(KEYS, 'red', 'deep', 'secret.json');
    const lines = await refused({
      red: red({ hosts: 'red.test' }),
      blue: blue({ hosts: 'blue.test', ...more(path) }),
    });
    expect(lines).toContain(`bucket blue: ${lies(option, path, content)}`);
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  test.each([
    ['adminToken', '--admin-token'],
    ['adminMetricsToken', '--admin-metrics-token'],
  ])('of %s', async (name, option) => {
    const path = await secret(TOKEN, 'red', 'token');
    expect(await refused({ red: red() }, { [name]: `file:${path}` })).toEqual([
      lies(option, path, 'the token'),
    ]);
  });

  test('of --tls-key, and the certificate may be there', async () => {
    const [cert, key] = [await readFile(FILES.cert, 'utf8'), await readFile(FILES.key, 'utf8')];
    const tlsCert = await secret(cert, 'red', 'tls.crt');
    const inside = await secret(key, 'red', 'tls.key');
    expect(await refused({ red: red() }, { tlsCert, tlsKey: inside })).toEqual([
      lies('--tls-key', inside, 'the key'),
    ]);
    const outside = await secret(key, 'tls.key');
    expect(await refused({ red: red() }, { tlsCert, tlsKey: outside })).toBeNull();
  });

  test('of a store beside the folder', async () => {
    const path = await secret(KEYS, 'red', 'keys.json');
    const store = { url: 'http://127.0.0.1:9', region: 'us-east-1', credentials: `file:${path}` };
    const read = readConfigFile(
      JSON.stringify({ store, buckets: { red: red({ hosts: 'red.test' }) } }),
      'edge.json',
    );
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    const failed = await start(optionsOf({ ownHosts: 'any.test' }), read.value.buckets, {
      store: read.value.store,
      log: { write: () => undefined },
      env: {},
    }).catch((error) => error);
    expect(startFaultLines(failed)).toEqual([lies('store: credentials', path, 'the keys')]);
  });

  test('through a link, also when buckets are replaced', async () => {
    await secret(TOKEN, 'red', 'token');
    await symlink(at('red', 'token'), at('linked'));
    const options = { adminToken: `file:${at('linked')}` };
    expect(await refused({ red: red() }, options)).toEqual([
      lies('--admin-token', at('linked'), 'the token'),
    ]);
    const edge = await starting({ blue: blue() }, options);
    try {
      const failed = await edge
        .replace(bucketsOf({ red: red({ hosts: 'red.test' }), blue: blue({ hosts: 'blue.test' }) }))
        .catch((error) => error);
      expect(startFaultLines(failed)).toContain(lies('--admin-token', at('linked'), 'the token'));
    } finally {
      await edge.close();
    }
  });

  test('and not beside it, in a folder whose name begins alike', async () => {
    const path = await secret(KEYS, 'red-keys', 'keys.json');
    expect(await refused({ red: red({ bucketKeys: `file:${path}` }) })).toBeNull();
  });
});
