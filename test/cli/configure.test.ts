import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Configured, configure } from '../../src/cli/configure.ts';
import { readArguments } from '../../src/cli/parse.ts';
import { serve } from '../../src/cli/serve.ts';
import { BUCKET_OPTIONS, OPTIONS } from '../../src/config/options.ts';
import { faultsOf, faultText } from '../../src/document/fault.ts';
import { ENCODINGS } from '../helpers/encodings.ts';

const MEDIA = 'oss://media?region=cn-hangzhou';

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configure-'));
  path = join(folder, 'edge.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (options: Record<string, unknown>, fields: Record<string, unknown> = {}) =>
  writeFileSync(path, JSON.stringify({ ...options, buckets: { media: { bucket: MEDIA, ...fields } } }));
beforeEach(() => write({ port: 1000 }));

const configured = (args: readonly string[], env: Record<string, string>) =>
  configure(readArguments(serve, args), env, () => []);

async function accepted(args: readonly string[], env: Record<string, string>): Promise<Configured | null> {
  const read = await configured(args, env);
  expect(faultsOf(read)).toEqual([]);
  return read.ok ? read.value : null;
}

/** The lines on standard error for a configuration that is refused. */
const refusedWith = async (args: readonly string[], env: Record<string, string>) =>
  faultsOf(await configured(args, env)).map(faultText);

describe('options of the process', () => {
  test.each<readonly [string, string[], Record<string, string>, number]>([
    ['come from the file', [], {}, 1000],
    ['come from a variable before the file', [], { PORT: '2000' }, 2000],
    ['come from a flag before the file', ['--port', '3000'], {}, 3000],
    ['come from a flag before both', ['--port', '3000'], { PORT: '2000' }, 3000],
    ['come from the file if the variable is empty', [], { PORT: '' }, 1000],
  ])('%s', async (_, args, env, port) => {
    const read = await accepted([`--config=${path}`, ...args], env);
    expect(read?.config.port).toBe(port);
    expect(read?.buckets.map(({ name }) => name)).toEqual(['media']);
  });

  test.each(ENCODINGS)('come from a file in %s', async (_, encode) => {
    writeFileSync(path, encode(readFileSync(path, 'utf8')));
    expect((await accepted([`--config=${path}`], {}))?.config.port).toBe(1000);
  });

  test('the file’s name may come from a variable', async () => {
    const read = await accepted([], { [OPTIONS.config.variable]: path });
    expect(read?.config.port).toBe(1000);
  });

  test('faults of flags, variables and the file are reported together', async () => {
    write({ drain: 'x' }, { store: 'gcs' });
    const said = await refusedWith([`--config=${path}`, '--prot=1'], { LOG_LEVEL: 'x' });
    const places = ['--prot', 'LOG_LEVEL', `${path}: drain`, `${path}: buckets.media: store`];
    expect(said).toHaveLength(places.length);
    for (const place of places) expect(said).toContainEqual(expect.stringContaining(`${place} `));
  });
});

describe('beside a configuration file', () => {
  const variables = BUCKET_OPTIONS.filter((name) => name !== 'bucket').map((name) => OPTIONS[name].variable);

  test.each(variables)('the variable %s is ignored, even with an invalid value', async (variable) => {
    for (const args of [[`--config=${path}`], []]) {
      const env = { [variable]: ' ', ...(args.length === 0 && { [OPTIONS.config.variable]: path }) };
      expect((await accepted(args, env))?.config.config).toBe(path);
    }
  });

  test('a variable that depends on another is ignored', async () => {
    const env = { SIGNATURE: 'v1', STORE: 's3', RULES_TOKEN: 'env:MY_TOKEN' };
    expect((await accepted([`--config=${path}`], env))?.buckets).toHaveLength(1);
  });

  test.each([
    ['a bucket in the environment', [], { BUCKET_URL: MEDIA }, /^BUCKET_URL stands beside/],
    ['a faulty bucket in the environment, once,', [], { BUCKET_URL: 'ftp://x' }, /^BUCKET_URL stands beside/],
    ['a flag of one bucket', ['--store=s3'], {}, /^--store stands beside/],
  ])('%s is refused', async (_, args, env, line) => {
    expect(await refusedWith([`--config=${path}`, ...args], env)).toEqual([expect.stringMatching(line)]);
  });
});
