import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { codeOf, useTestBucket } from './_bucket.ts';

const bucket = useTestBucket();
const SECRET = 'out of reach';

beforeEach(async () => {
  const { around, folder } = bucket();
  await mkdir(join(around, 'outside/empty'), { recursive: true });
  await writeFile(join(around, 'secret'), SECRET);
  await writeFile(join(around, 'outside/secret'), SECRET);
  await mkdir(join(folder, 'inside'), { recursive: true });
  const links = [
    ['../secret', 'file-link'],
    ['../outside', 'folder-link'],
    ['../../outside', 'inside/folder-link'],
    ['../nowhere', 'dangling-link'],
    ['inside', 'link-within'],
    ['/proc/self', 'proc'],
  ];
  for (const [target = '', name = ''] of links)
    await symlink(target, join(folder, name)).catch(() => undefined);
});

const targets = [
  ['two dots', '/../secret'],
  ['two dots in a folder', '/inside/../../secret'],
  ['encoded dots', '/%2e%2e/secret'],
  ['encoded dots and slash', '/%2e%2e%2fsecret'],
  ['an encoded slash', '/..%2fsecret'],
  ['dots behind an encoded slash', '/inside%2f..%2f..%2fsecret'],
  ['a backslash', '/..\\secret'],
  ['an encoded backslash', '/..%5csecret'],
  ['a NUL after the name', '/../secret%00.png'],
  ['an overlong slash', '/..%c0%afsecret'],
  ['an overlong dot', '/%c0%ae%c0%ae/secret'],
  ['dots in an absolute form', 'http://h/../secret'],
  ['a link to a file', '/file-link'],
  ['a link to a folder', '/folder-link'],
  ['a file behind a link', '/folder-link/secret'],
  ['nothing behind a link', '/folder-link/none'],
  ['a folder behind a link', '/folder-link/empty/new'],
  ['a new folder behind a link', '/folder-link/new/new'],
  ['a file behind a link in a folder', '/inside/folder-link/secret'],
  ['a link to nothing', '/dangling-link'],
  ['a name behind a link to nothing', '/dangling-link/new'],
  ['a link to a folder of the bucket', '/link-within/new'],
  ['a link into the system', '/proc/environ'],
];

describe.each(targets)('a target with %s is refused', (_, target) => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('for %s', async (method) => {
    const { around, folder } = bucket();
    const links = (await readdir(folder)).sort();
    const text = await bucket().raw(method, target);
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    if (method !== 'HEAD') expect(codeOf(text)).toBe('InvalidObjectName');
    expect(text).not.toContain(SECRET);
    expect(await readFile(join(around, 'secret'), 'utf8')).toBe(SECRET);
    expect(await readFile(join(around, 'outside/secret'), 'utf8')).toBe(SECRET);
    expect((await readdir(around)).sort()).toEqual(['bucket', 'outside', 'secret']);
    expect((await readdir(join(around, 'outside'), { recursive: true })).sort()).toEqual(['empty', 'secret']);
    expect((await readdir(folder)).sort()).toEqual(links);
  });
});

test.each([
  ['an absolute path', '//etc/passwd'],
  ['an encoded absolute path', '/%2fetc%2fpasswd'],
  ['the rules file', '/../bucket.cors.xml'],
  ['a reserved name', '/.bucket-cors-x'],
])('a target with %s is not a valid name', async (_, target) => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect(codeOf(await bucket().raw(method, target))).toBe('InvalidObjectName');
  }
});

test('a FIFO in the folder is not an object and blocks no request', async () => {
  execFileSync('mkfifo', [join(bucket().folder, 'pipe')]);
  expect((await bucket().call('GET', '/pipe')).status).toBe(404);
  expect((await bucket().call('PUT', '/pipe', { body: 'x' })).status).toBe(409);
  expect((await bucket().call('DELETE', '/pipe')).status).toBe(204);
  expect(await bucket().files()).toContain('pipe');
});
