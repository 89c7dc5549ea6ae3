import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { configure } from '../../src/cli/configure.ts';
import { BUCKET_OPTIONS, OPTIONS } from '../../src/config/options.ts';
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

const said = vi.hoisted((): string[] => []);
vi.mock('../../src/node/output/standard.ts', async (original) => ({
  ...(await original<typeof import('../../src/node/output/standard.ts')>()),
  say: (line: string) => said.push(line),
}));

/** The lines on standard error after a configuration is refused. */
async function refusedWith(args: readonly string[], env: Record<string, string>): Promise<readonly string[]> {
  const before = process.exitCode;
  said.length = 0;
  try {
    expect(await configure(args, env, () => [])).toBe(null);
    expect(process.exitCode).toBe(2);
  } finally {
    process.exitCode = before;
  }
  return said;
}

describe('options of the process', () => {
  test.each<readonly [string, string[], Record<string, string>, number]>([
    ['come from the file', [], {}, 1000],
    ['come from a variable before the file', [], { PORT: '2000' }, 2000],
    ['come from a flag before the file', ['--port', '3000'], {}, 3000],
    ['come from a flag before both', ['--port', '3000'], { PORT: '2000' }, 3000],
    ['come from the file if the variable is empty', [], { PORT: '' }, 1000],
  ])('%s', async (_, args, env, port) => {
    const configured = await configure([`--config=${path}`, ...args], env, () => []);
    expect(configured?.config.port).toBe(port);
    expect(configured?.buckets.map(({ name }) => name)).toEqual(['media']);
  });

  test.each(ENCODINGS)('come from a file in %s', async (_, encode) => {
    writeFileSync(path, encode(readFileSync(path, 'utf8')));
    expect((await configure([`--config=${path}`], {}, () => []))?.config.port).toBe(1000);
  });

  test('the file’s name may come from a variable', async () => {
    const configured = await configure([], { [OPTIONS.config.variable]: path }, () => []);
    expect(configured?.config.port).toBe(1000);
  });

  test('faults of flags, variables and the file are reported together', async () => {
    write({ drain: 'x' }, { store: 'gcs' });
    const said = await refusedWith([`--config=${path}`, '--prot=1'], { LOG_LEVEL: 'x' });
    const places = ['--prot', 'LOG_LEVEL', `${path}: drain`, `${path}: buckets.media: store`];
    expect(said).toHaveLength(places.length);
    for (const place of places)
      expect(said).toContainEqual(expect.stringContaining(`bucket-cors: ${place} `));
  });
});

describe('beside a configuration file', () => {
  const variables = BUCKET_OPTIONS.filter((name) => name !== 'bucket').map((name) => OPTIONS[name].variable);

  test.each(variables)('the variable %s is ignored, even with an invalid value', async (variable) => {
    for (const args of [[`--config=${path}`], []]) {
      const env = { [variable]: ' ', ...(args.length === 0 && { [OPTIONS.config.variable]: path }) };
      expect((await configure(args, env, () => []))?.config.config).toBe(path);
    }
  });

  test('a variable that depends on another is ignored', async () => {
    const env = { SIGNATURE: 'v1', STORE: 's3', RULES_TOKEN: 'env:MY_TOKEN' };
    expect((await configure([`--config=${path}`], env, () => []))?.buckets).toHaveLength(1);
  });

  test.each([
    ['a bucket in the environment', [], { BUCKET_URL: MEDIA }, /^bucket-cors: BUCKET_URL stands beside/],
    [
      'a faulty bucket in the environment, once,',
      [],
      { BUCKET_URL: 'ftp://x' },
      /^bucket-cors: BUCKET_URL stands beside/,
    ],
    ['a flag of one bucket', ['--store=s3'], {}, /^bucket-cors: --store stands beside/],
  ])('%s is refused', async (_, args, env, line) => {
    expect(await refusedWith([`--config=${path}`, ...args], env)).toEqual([expect.stringMatching(line)]);
  });
});
