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
import type { LastGood } from '../../../src/rules/last-good.ts';
import { MAX_COPY_BYTES } from '../../../src/rules/last-good.ts';
import { versionOf } from '../../../src/rules/version.ts';
import { rule } from '../../helpers/rules.ts';

let folder = '';
let told: string[] = [];
const warn = (message: string) => void told.push(message);
const open = (name = 'state') => openStateDirectory(join(folder, name), warn);
const files = () => readdir(join(folder, 'state'));

beforeEach(async () => {
  told = [];
  folder = await mkdtemp(join(tmpdir(), 'state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lastGood = async (origin: string, confirmedAt = 2): Promise<LastGood> => {
  const ruleSet = { rules: [rule({ allowedOrigins: [origin] })], responseVary: false };
  const version = await versionOf(ruleSet);
  return { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt };
};

/** The path of the only file there is. */
const onlyFile = async (): Promise<string> => {
  const names = await files();
  expect(names).toHaveLength(1);
  return join(folder, 'state', names[0] ?? '');
};

describe('a state directory', () => {
  test('is made, and gives what was written to it after a restart', async () => {
    const kept = await lastGood('https://a');
    await (await open()).write('b', kept);
    const again = await open();
    expect(await again.read('b')).toEqual(kept);
    expect(await again.read('c')).toBeNull();
    expect(JSON.parse(await readFile(await onlyFile(), 'utf8'))).toMatchObject({
      bucket: 'b',
      version: kept.version,
      confirmedAt: 2,
    });
    expect(told).toEqual([]);
  });

  test('has one file of a safe name for each bucket, whatever that is called', async () => {
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
    expect(told).toEqual([]);
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
  ])('ignores a file that is %s, and names it', async (_, spoil, fault) => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await spoil(path);
    expect(await keep.read('b')).toBeNull();
    expect(told).toEqual([expect.stringMatching(fault)]);
    expect(told[0]).toContain(path);
  });

  test('mends a spoiled file by the next write', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    await writeFile(await onlyFile(), 'garbage');
    await keep.write('b', await lastGood('https://b'));
    expect(await keep.read('b')).toEqual(await lastGood('https://b'));
  });

  test('of writes at the same time the last wins, and a reader never sees half of one', async () => {
    const keep = await open();
    const versions = await Promise.all(
      Array.from({ length: 60 }, (_, at) => lastGood(`https://${at}`, at + 1)),
    );
    await keep.write('b', versions[0] as LastGood);
    const writes = versions.map((kept) => keep.write('b', kept));
    const reads = Array.from({ length: 60 }, () => keep.read('b'));
    for (const found of await Promise.all(reads)) expect(versions).toContainEqual(found);
    await Promise.all(writes);
    expect(await keep.read('b')).toEqual(versions.at(-1));
    await onlyFile();
    expect(told).toEqual([]);
  });

  test('writing again and again leaves one file that does not grow', async () => {
    const keep = await open();
    for (let at = 0; at < 5; at += 1)
      await keep.write('b', await lastGood('https://long.example'.repeat(50)));
    await keep.write('b', await lastGood('https://a'));
    expect((await readFile(await onlyFile())).length).toBeLessThan(500);
  });

  test('removes at the start what a killed process left half written, and nothing else', async () => {
    await open();
    const name = (kind = 'rules') => `.${kind}-${randomUUID()}.tmp`;
    const [left, fresh, foreign] = [name(), name(), name('upload')];
    for (const one of [left, fresh, foreign, '.rules-x.tmp'])
      await writeFile(join(folder, 'state', one), 'x');
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const one of [left, foreign, '.rules-x.tmp'])
      await utimes(join(folder, 'state', one), longAgo, longAgo);
    await open();
    expect((await files()).sort()).toEqual([fresh, foreign, '.rules-x.tmp'].sort());
  });

  test('that is removed is made again by the next write', async () => {
    const keep = await open();
    await rm(join(folder, 'state'), { recursive: true });
    expect([await keep.read('b'), await keep.peek('b', true)]).toEqual([null, null]);
    await keep.write('b', await lastGood('https://a'));
    expect(await keep.read('b')).toEqual(await lastGood('https://a'));
    expect([told, keep.problem()]).toEqual([[], null]);
  });

  test('that can’t be written any more warns once, has a problem, and has none once a write works again', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    await rm(join(folder, 'state'), { recursive: true });
    await writeFile(join(folder, 'state'), '');
    await keep.write('b', await lastGood('https://a'));
    await keep.write('c', await lastGood('https://a'));
    expect(told).toEqual([expect.stringContaining("can't be written: EEXIST")]);
    expect(keep.problem()).toContain("can't be written");
    await rm(join(folder, 'state'));
    await keep.write('b', await lastGood('https://b'));
    expect(keep.problem()).toBeNull();
    expect(await keep.read('b')).toEqual(await lastGood('https://b'));
    expect(told).toHaveLength(1);
  });

  test('says how far a record has come without reading it whole', async () => {
    const keep = await open();
    const record = await lastGood('https://a', 7);
    await keep.write('bücket', record);
    expect(await keep.peek('bücket', true)).toEqual({ version: record.version, confirmedAt: 7 });
    expect(await keep.peek('b', true)).toBeNull();
    await rm(await onlyFile());
    expect(await keep.peek('bücket', true)).toBeNull();
  });

  test('has nothing where the last read found a fault, until the next write', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await writeFile(path, (await readFile(path, 'utf8')).replace('https://a', 'https://*'));
    expect(await keep.read('b')).toBeNull();
    expect(await keep.peek('b', true)).toBeNull();
    await keep.write('b', await lastGood('https://a'));
    expect(await keep.peek('b', true)).toMatchObject({ confirmedAt: 2 });
  });

  test('a bucket whose file can never be put in its place leaves no temporary file', async () => {
    const keep = await open();
    await keep.write('b', await lastGood('https://a'));
    const path = await onlyFile();
    await rm(path);
    await mkdir(join(path, 'inside'), { recursive: true });
    await keep.write('b', await lastGood('https://a'));
    expect(told).toEqual([expect.stringContaining(path)]);
    await onlyFile();
  });
});

describe('a folder that can be none', () => {
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

  test('a file stands in its place', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await refusal(join(folder, 'file'))).toMatch(/^state directory .*file: EEXIST.*name a folder/);
    expect(await refusal(join(folder, 'file', 'below'))).toMatch(/ENOTDIR/);
  });

  test.runIf(existsSync('/proc/self'))('no folder can be made in /proc, and the attempt ends', async () => {
    expect(await refusal('/proc/x/y')).toMatch(/^state directory \/proc\/x\/y: ENOENT/);
  });
});

test.runIf(existsSync('/proc/self'))('a folder that can be read and not written is read', async () => {
  const keep = await openStateDirectory('/proc', warn);
  expect(told).toEqual([
    expect.stringMatching(
      /^state directory \/proc can't be written: .*A restart would find older rules, or none\.$/,
    ),
  ]);
  expect(keep.problem()).toBe(told[0]);
  expect(await keep.read('b')).toBeNull();
  await keep.write('b', await lastGood('https://a'));
  expect(told).toHaveLength(1);
  expect(keep.problem()).toContain("can't be written");
});
