import { chmod, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSource } from '../../../src/node/buckets/file-source.ts';
import { createRulesCache } from '../../../src/rules/cache.ts';
import { MAX_DOCUMENT_BYTES } from '../../../src/rules/source.ts';
import { behaviour } from '../../helpers/rules.ts';

const XML =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://a</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const JSON_RULES = '{"CORSRule":[{"AllowedOrigin":"https://a","AllowedMethod":"GET"}],"ResponseVary":true}';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const loadFile = async (name: string, text?: string | Buffer) => {
  const path = join(folder, name);
  if (text !== undefined) await writeFile(path, text);
  return fileSource(path).load(AbortSignal.timeout(4000));
};

describe('rules in a file', () => {
  test.each([
    ['XML', XML, false],
    ['XML with a byte order mark', `\uFEFF${XML}`, false],
    ['JSON', JSON_RULES, true],
  ])('are read as %s', async (name, text, responseVary) => {
    expect(await loadFile(`good ${name}`, text)).toMatchObject({
      outcome: 'rules',
      ruleSet: { rules: [{ allowedOrigins: ['https://a'], allowedMethods: ['GET'] }], responseVary },
      warnings: [],
    });
  });

  test('is named by its path', () => {
    expect(fileSource('./cors.xml')).toMatchObject({ kind: 'file', name: './cors.xml' });
  });

  test.each([
    ['missing', undefined, /ENOENT/, /path and its permissions/],
    ['empty', '', /empty/, /^Correct /],
    [
      'too-big',
      ' '.repeat(MAX_DOCUMENT_BYTES + 1),
      /has 65537 bytes, more than the 65536/,
      /file with the rules/,
    ],
    ['neither XML nor JSON', 'no rules', /neither XML nor JSON/, /^Correct /],
    ['YAML', 'rules: none', /is YAML/, /^Correct /],
    ['binary', Buffer.from([0x3c, 0xff, 0xfe, 0x00]), /./, /^Correct /],
    ['an HTML page', '<html></html>', /HTML page/, /^Correct /],
  ])('are unknown if the file is %s', async (name, text, cause, cure) => {
    const loaded = await loadFile(name, text);
    expect(loaded).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringMatching(cause),
      cure: expect.stringMatching(cure),
    });
  });

  test.each([
    ['a missing one', 'missing-2'],
    ['a folder', '.'],
  ])('%s is reported with its path', async (_, name) => {
    expect(await loadFile(name)).toMatchObject({ cause: expect.stringContaining(join(folder, name)) });
  });

  test('a folder is unknown', async () => {
    expect(await loadFile('.')).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringContaining('is not a file'),
    });
  });

  test.runIf(process.getuid?.() !== 0)('one that may not be read is unknown', async () => {
    await writeFile(join(folder, 'closed'), XML);
    await chmod(join(folder, 'closed'), 0);
    expect(await loadFile('closed')).toMatchObject({ cause: expect.stringContaining('EACCES') });
  });

  test('all faults are reported, each with its place', async () => {
    const faulty = XML.replace('GET', 'COPY').replace(
      '</CORSRule>',
      '<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>',
    );
    const loaded = await loadFile('faulty', faulty);
    expect('faults' in loaded && loaded.faults).toMatchObject([
      { place: 'CORSRule[1]/AllowedMethod[1]', value: 'COPY' },
      { place: 'CORSRule[1]/MaxAgeSeconds[1]', value: '-1' },
    ]);
  });
});

describe('a file that is loaded again', () => {
  const signal = AbortSignal.timeout(4000);
  /** Writes a file that has stood for an hour, and gives back what came of its first load. */
  const settledFile = async (name: string) => {
    const path = join(folder, name);
    await writeFile(path, XML);
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(path, hourAgo, hourAgo);
    const loaded = await fileSource(path).load(signal);
    if (loaded.outcome !== 'rules' || loaded.validators === undefined) throw new Error('no validators');
    return { path, hourAgo, validators: loaded.validators };
  };

  test('is not read if it is unchanged', async () => {
    const { path, validators } = await settledFile('again.xml');
    expect(await fileSource(path).load(signal, validators)).toEqual({ outcome: 'unchanged' });
    expect(await fileSource(path).load(signal)).toMatchObject({ outcome: 'rules', validators });
    expect(await fileSource(path).load(signal, {})).toMatchObject({ outcome: 'rules' });
  });

  test('is read if it was edited in place, with the same length and its old time restored', async () => {
    const { path, hourAgo, validators } = await settledFile('edited.xml');
    await writeFile(path, XML.replace('https://a', 'https://b'));
    await utimes(path, hourAgo, hourAgo);
    expect(await fileSource(path).load(signal, validators)).toMatchObject({
      ruleSet: { rules: [{ allowedOrigins: ['https://b'] }] },
    });
  });

  test('is read if another file of the same size and time replaced it', async () => {
    const { path, validators } = await settledFile('replaced.xml');
    const other = await settledFile('replacement.xml');
    expect((await stat(path)).size).toBe((await stat(other.path)).size);
    await rename(other.path, path);
    expect(await fileSource(path).load(signal, validators)).toMatchObject({ outcome: 'rules' });
  });

  test('has no validators while its time is so recent, or so wrong, that an edit might not change it', async () => {
    const path = join(folder, 'young.xml');
    await writeFile(path, XML);
    expect(await fileSource(path).load(signal)).not.toHaveProperty('validators');
    const tomorrow = new Date(Date.now() + 86_400_000);
    await utimes(path, tomorrow, tomorrow);
    expect(await fileSource(path).load(signal)).not.toHaveProperty('validators');
  });

  test('is unknown if it was deleted', async () => {
    const { path, validators } = await settledFile('gone.xml');
    await rm(path);
    expect(await fileSource(path).load(signal, validators)).toMatchObject({ outcome: 'unknown' });
  });
});

test('a changed file takes effect; a faulty or deleted one leaves the last good rules in force', async () => {
  const path = join(folder, 'changing.xml');
  await writeFile(path, XML);
  const cache = createRulesCache({ ttl: 60_000, maxStale: 0 });
  const bucket = { name: 'b', source: fileSource(path), behaviour: behaviour('oss') };
  const first = await cache.current(bucket);
  await writeFile(path, XML.replace('https://a', 'https://b'));
  const second = await cache.refresh(bucket);
  expect(second.rules.rules[0]?.rule.allowedOrigins).toEqual(['https://b']);
  expect(second.version).not.toBe(first.version);
  await writeFile(path, XML.slice(0, 40));
  expect(await cache.refresh(bucket)).toMatchObject({ version: second.version });
  await rm(path);
  expect(await cache.refresh(bucket)).toMatchObject({ version: second.version });
  expect(cache.status('b')).toMatchObject({
    state: 'stale',
    failure: { cause: expect.stringContaining('ENOENT') },
  });
});
