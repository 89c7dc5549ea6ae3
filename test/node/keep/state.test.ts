import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStateDirectory } from '../../../src/node/keep/state-directory.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { type LastGood, MAX_COPY_BYTES } from '../../../src/rules/last-good.ts';
import { versionOf } from '../../../src/rules/version.ts';
import { rule } from '../../helpers/rules.ts';

let folder = '';
let warnings: string[] = [];
const warn = (message: string) => void warnings.push(message);
const open = (name = 'state') => openStateDirectory(join(folder, name), warn);
const files = () => readdir(join(folder, 'state'));

beforeEach(async () => {
  warnings = [];
  folder = await mkdtemp(join(tmpdir(), 'state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lastGood = async (origin: string, confirmedAt = 2): Promise<LastGood> => {
  const ruleSet = { rules: [rule({ allowedOrigins: [origin] })], responseVary: false };
  const version = await versionOf(ruleSet);
  return { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt };
};

/** The path of the only file. */
const onlyFile = async (): Promise<string> => {
  const names = await files();
  expect(names).toHaveLength(1);
  return join(folder, 'state', names[0] ?? '');
};

describe('a state directory', () => {
  test('is created, and its copies are read after a restart', async () => {
    const rules = await lastGood('https://a');
    await (await open()).write('b', rules);
    const again = await open();
    expect(await again.read('b')).toEqual(rules);
    expect(await again.read('c')).toBeNull();
    expect(JSON.parse(await readFile(await onlyFile(), 'utf8'))).toMatchObject({
      bucket: 'b',
      version: rules.version,
      confirmedAt: 2,
    });
    expect(warnings).toEqual([]);
  });

  test('has one file with a safe name for each bucket, for any name of a bucket', async () => {
    const names = [
      'b',
      'B',
      '../b',
      '..',
      '.',
      '/etc/passwd',
      'a\0b',
      'ü'.repeat(400),
      'con',
      '-rf',
      'x\ny',
      ' ',
    ];
    const keep = await open();
    for (const [at, name] of names.entries()) await keep.write(name, await lastGood(`https://${at}`));
    for (const [at, name] of names.entries())
      expect(await keep.read(name)).toEqual(await lastGood(`https://${at}`));
    const written = await files();
    expect(new Set(written.map((name) => name.toLowerCase())).size).toBe(names.length);
    for (const name of written) expect(name).toMatch(/^rules-[A-Za-z0-9._-]{1,60}-[0-9a-f]{32}\.json$/);
    expect(await readdir(folder)).toEqual(['state']);
    expect(warnings).toEqual([]);
  });

  test.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['empty', (path) => truncate(path), /is incomplete/],
    ['cut off', (path) => truncate(path, 100), /is incomplete/],
    ['binary', (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0])), /is incomplete/],
    ['too large', (path) => truncate(path, MAX_COPY_BYTES + 1), /has 1048577 bytes, more than the 1048576/],
    ['foreign', (path) => writeFile(path, '{"format":"other"}'), /not of format 1/],
    ['a folder', (path) => rm(path).then(() => mkdir(path)), /not a file/],
    ['a link to a device', (path) => rm(path).then(() => symlink('/dev/zero', path)), /not a file/],
    [
      'changed by hand',
      async (path) => writeFile(path, (await readFile(path, 'utf8')).replace('https://a', 'https://*')),
      /version does not match its rules/,
    ],
    [
      'of another bucket',
      async (path) => writeFile(path, (await readFile(path, 'utf8')).replace('"bucket":"b"', '"bucket":"c"')),
      /about another bucket/,
    ],
  ])('ignores a file that is %s, and names it', async (_, damage, fault) => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await damage(path);
    expect(await keep.read('b')).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(fault)]);
    expect(warnings[0]).toContain(path);
  });

  test('replaces a damaged file with the next write', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    await writeFile(await onlyFile(), 'garbage');
    await keep.write('b', await lastGood('https://b'));
    expect(await keep.read('b')).toEqual(await lastGood('https://b'));
  });

  test('has the last of concurrent writes, and a reader never sees part of one', async () => {
    const keep = await open();
    const versions = await Promise.all(
      Array.from({ length: 60 }, (_, at) => lastGood(`https://${at}`, at + 1)),
    );
    await keep.write('b', versions[0] as LastGood);
    const writes = versions.map((rules) => keep.write('b', rules));
    const reads = Array.from({ length: 60 }, () => keep.read('b'));
    for (const found of await Promise.all(reads)) expect(versions).toContainEqual(found);
    await Promise.all(writes);
    expect(await keep.read('b')).toEqual(versions.at(-1));
    await onlyFile();
    expect(warnings).toEqual([]);
  });

  test('has one file after several writes, which does not grow', async () => {
    const keep = await open();
    for (let at = 0; at < 5; at += 1)
      await keep.write('b', await lastGood('https://long.example'.repeat(50)));
    await keep.write('b', await lastGood('https://a'));
    expect((await readFile(await onlyFile())).length).toBeLessThan(500);
  });

  test('is cleared of temporary files of killed processes at the start, and of no other files', async () => {
    await open();
    const name = (kind = 'rules') => `.${kind}-${randomUUID()}.tmp`;
    const [leftOver, fresh, foreign] = [name(), name(), name('upload')];
    for (const one of [leftOver, fresh, foreign, '.rules-x.tmp'])
      await writeFile(join(folder, 'state', one), 'x');
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const one of [leftOver, foreign, '.rules-x.tmp'])
      await utimes(join(folder, 'state', one), longAgo, longAgo);
    await open();
    expect((await files()).sort()).toEqual([fresh, foreign, '.rules-x.tmp'].sort());
  });

  test('that is removed is created again by the next write', async () => {
    const keep = await open();
    await rm(join(folder, 'state'), { recursive: true });
    expect([await keep.read('b'), await keep.peek('b', true)]).toEqual([null, null]);
    await keep.write('b', await lastGood('https://a'));
    expect(await keep.read('b')).toEqual(await lastGood('https://a'));
    expect([warnings, keep.problem()]).toEqual([[], null]);
  });

  test('that becomes read-only warns once, and has a problem until a write works again', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    await rm(join(folder, 'state'), { recursive: true });
    await writeFile(join(folder, 'state'), '');
    await keep.write('b', await lastGood('https://a'));
    await keep.write('c', await lastGood('https://a'));
    expect(warnings).toEqual([expect.stringContaining("can't be written: EEXIST")]);
    expect(keep.problem()).toContain("can't be written");
    await rm(join(folder, 'state'));
    await keep.write('b', await lastGood('https://b'));
    expect(keep.problem()).toBeNull();
    expect(await keep.read('b')).toEqual(await lastGood('https://b'));
    expect(warnings).toHaveLength(1);
  });

  test('gives the version and time of a copy without the rest', async () => {
    const keep = await open();
    const copy = await lastGood('https://a', 7);
    await keep.write('bücket', copy);
    expect(await keep.peek('bücket', true)).toEqual({ version: copy.version, confirmedAt: 7 });
    expect(await keep.peek('b', true)).toBeNull();
    await rm(await onlyFile());
    expect(await keep.peek('bücket', true)).toBeNull();
  });

  test('gives no version after a read that found a fault, until the next write', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await writeFile(path, (await readFile(path, 'utf8')).replace('https://a', 'https://*'));
    expect(await keep.read('b')).toBeNull();
    expect(await keep.peek('b', true)).toBeNull();
    await keep.write('b', await lastGood('https://a'));
    expect(await keep.peek('b', true)).toMatchObject({ confirmedAt: 2 });
  });

  test('does not know the version of a file that cannot be read: it may be newer than the rules here', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    const text = await readFile(path);
    await rm(path);
    // A link to itself gives ELOOP.
    await symlink(path, path);
    expect([await keep.read('b'), await keep.peek('b', true)]).toEqual([null, 'unknown']);
    expect(warnings).toEqual([expect.stringContaining('ELOOP')]);
    await rm(path);
    await writeFile(path, text);
    expect(await keep.peek('b', true)).toMatchObject({ confirmedAt: 2 });
  });

  test('leaves no temporary file if the file cannot be replaced', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await rm(path);
    await mkdir(join(path, 'inside'), { recursive: true });
    await keep.write('b', await lastGood('https://a'));
    expect(warnings).toEqual([expect.stringContaining(path)]);
    await onlyFile();
  });
});

describe('a path that cannot be a state directory', () => {
  const refusal = async (path: string) => {
    const error = await openStateDirectory(path, warn).then(
      () => null,
      (reason: unknown) => reason,
    );
    const lines = startFaultLines(error);
    expect(lines).toHaveLength(1);
    expect(lines?.[0]).not.toContain('\n');
    return lines?.[0];
  };

  test('is refused if it is a file or below a file', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await refusal(join(folder, 'file'))).toMatch(/^state directory .*file: EEXIST.*name a folder/);
    expect(await refusal(join(folder, 'file', 'below'))).toMatch(/ENOTDIR/);
  });

  test.runIf(existsSync('/proc/self'))('is refused below /proc, within the time limit', async () => {
    expect(await refusal('/proc/x/y')).toMatch(/^state directory \/proc\/x\/y: ENOENT/);
  });
});

test.runIf(existsSync('/proc/self'))('a read-only state directory is read, with a warning', async () => {
  const keep = await openStateDirectory('/proc', warn);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^state directory \/proc can't be written: .*A restart would find older rules, or none\.$/,
    ),
  ]);
  expect(keep.problem()).toBe(warnings[0]);
  expect(await keep.read('b')).toBeNull();
  await keep.write('b', await lastGood('https://a'));
  expect(warnings).toHaveLength(1);
  expect(keep.problem()).toContain("can't be written");
});
