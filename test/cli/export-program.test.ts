import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { saveFiles } from '../../src/cli/export/files.ts';
import { toXml } from '../../src/document/xml.ts';
import { bannerOf } from '../../src/export/banner.ts';
import { exportOptions } from '../export/_proofs.ts';
import { compiled, rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { mayMount } from './_outputs.ts';
import { ended, NODE, PATIENCE } from './_process.ts';

const PROGRAM = fileURLToPath(new URL('_export-program.ts', import.meta.url));

let folder = '';
const at = (...names: string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-export-program-'));
  await writeFile(
    at('cors.xml'),
    toXml({ rules: [rule({ allowedOrigins: ['https://a.example'] })], responseVary: false }),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts a proof that lasts; resolves when its program runs. */
async function proving(pause: string) {
  const child = spawn(
    NODE,
    [PROGRAM, 'export', 'banner', '--rules', at('cors.xml'), '--prove', '-o', at('x.conf')],
    {
      env: { PATH: process.env.PATH ?? '', TMPDIR: folder, PAUSE: pause },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  const place = () => /^proof \d+ in (.+)$/m.exec(stderr)?.[1];
  await until('the proof begins', () => place() !== undefined || child.exitCode !== null, PATIENCE);
  await until(
    'its program runs',
    () => childrenOf(child.pid).length > 0 || child.exitCode !== null,
    PATIENCE,
  );
  return { child, closed, place: place() ?? '', programs: childrenOf(child.pid), stderr: () => stderr };
}

const childrenOf = (pid = 0): readonly number[] => {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
};

const runs = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe.runIf(existsSync('/proc/self'))('a proof that is ended', () => {
  test.each([
    ['SIGINT', '50'],
    ['SIGTERM', '50'],
    ['SIGHUP', '50'],
    ['SIGTERM', 'never'],
  ] as const)(
    'by %s (its program answers after %s ms) leaves no process and no folder',
    async (signal, pause) => {
      const { child, closed, place, programs } = await proving(pause);
      expect(existsSync(place)).toBe(true);
      expect(programs.length).toBe(1);
      child.kill(signal);
      expect(await closed).toEqual([null, signal]);
      expect(programs.filter(runs)).toEqual([]);
      expect(await readdir(folder)).toEqual(['cors.xml']);
    },
  );

  test('by SIGKILL leaves its program, which a person must end', async () => {
    const { child, closed, place, programs } = await proving('50');
    child.kill('SIGKILL');
    await closed;
    expect(programs.filter(runs)).toEqual(programs);
    expect(existsSync(place)).toBe(true);
    for (const pid of programs) process.kill(pid);
  });
});

test.runIf(mayMount)('a full disk leaves the old files, and no temporary ones', async () => {
  await mkdir(at('disk'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('disk')]);
  try {
    const old = bannerOf('nginx', compiled([rule()]), exportOptions(), '#', 'old');
    for (const name of ['x.conf', 'x.location.inc']) await writeFile(at('disk', name), old);
    // The first file has room, the second has not.
    const files = [
      { name: 'cors.conf', use: '', text: 'new' },
      { name: 'cors.location.inc', use: '', text: 'new'.repeat(30_000) },
    ];
    const saved = await saveFiles(files, at('disk/x.conf'), 'nginx');
    expect(saved).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^could not be written: ENOSPC/),
    });
    expect((await readdir(at('disk'))).sort()).toEqual(['x.conf', 'x.location.inc']);
    expect(await readFile(at('disk/x.conf'), 'utf8')).toBe(old);
    expect(await readFile(at('disk/x.location.inc'), 'utf8')).toBe(old);
  } finally {
    execFileSync('umount', ['--lazy', at('disk')]);
  }
});

test('the program says what a target cannot say, with its exit code', async () => {
  const { code, stdout, stderr } = await ended(['export', 'ngnix', '--rules', at('cors.xml')]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    'bucket-cors: TARGET "ngnix" is not a target; write nginx\nTry "bucket-cors export --help"\n',
  );
});
