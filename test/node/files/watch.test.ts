import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchFile } from '../../../src/node/files/watch.ts';
import { standstill, until } from '../../helpers/until.ts';

let folder = '';
let file = '';
let calls = 0;
let watching: ReturnType<typeof watchFile>[] = [];

beforeEach(async () => {
  // Only the poll is stopped: unless a test runs it, events alone report changes.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  file = join(folder, 'cors.xml');
  calls = 0;
  watching = [];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const { close } of watching) close();
  await rm(folder, { recursive: true });
});

const begin = (path = file) => {
  watching.push(
    watchFile(path, () => {
      calls += 1;
    }),
  );
};
/** Changes the file and waits for the report. */
const reported = async (edit: () => Promise<unknown>) => {
  const before = await standstill(() => calls);
  await edit();
  await until('the change is reported', () => calls > before);
};
const poll = () => vi.advanceTimersByTime(2_000);

describe('events report at once a file that', () => {
  test('is edited in place, again and again', async () => {
    await writeFile(file, '1');
    begin();
    await reported(() => writeFile(file, '2'));
    await reported(() => writeFile(file, '3'));
  });

  test('is replaced by rename, as editors do, again and again', async () => {
    await writeFile(file, '1');
    begin();
    for (const text of ['2', '3', '4']) {
      await reported(async () => {
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      });
    }
    await reported(() => writeFile(file, '5'));
  });

  test('is moved aside before it is written again', async () => {
    await writeFile(file, '1');
    begin();
    await reported(async () => {
      await rename(file, `${file}~`);
      await writeFile(file, '2');
    });
  });

  test('appears, disappears and appears again', async () => {
    begin();
    await reported(() => writeFile(file, '1'));
    await reported(() => rm(file));
    await reported(() => writeFile(file, '1'));
  });

  test('is in a Kubernetes ConfigMap whose link ..data is replaced', async () => {
    const publish = async (version: string) => {
      await mkdir(join(folder, `..${version}`));
      await writeFile(join(folder, `..${version}`, 'cors.xml'), version);
      await symlink(`..${version}`, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await publish('2026_01');
    await symlink(join('..data', 'cors.xml'), file);
    begin();
    await reported(() => publish('2026_02'));
    await reported(() => publish('2026_03'));
    await reported(() => rm(join(folder, '..data')));
  });

  test('is a link to a file that is edited in another folder', async () => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'rules'), '1');
    await symlink(join('real', 'rules'), file);
    begin();
    await reported(() => writeFile(join(folder, 'real', 'rules'), '2'));
  });

  test('is named relative to the working folder', async () => {
    const here = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    begin('cors.xml');
    here.mockRestore();
    await reported(() => writeFile(file, '1'));
  });
});

describe('without an event the poll reports a file', () => {
  test('in a folder that appears later', async () => {
    file = join(folder, 'later', 'cors.xml');
    begin();
    await reported(async () => {
      await mkdir(join(folder, 'later'));
      await writeFile(file, '1');
      expect(await standstill(() => calls)).toBe(0);
      poll();
    });
    await reported(() => writeFile(file, '2'));
  });

  test('below a replaced folder, which is then watched', async () => {
    const put = async (name: string) => {
      await mkdir(join(folder, name, 'rules'), { recursive: true });
      await writeFile(join(folder, name, 'rules', 'cors.xml'), name);
    };
    await put('now');
    file = join(folder, 'now', 'rules', 'cors.xml');
    begin();
    await reported(async () => {
      await put('next');
      await rename(join(folder, 'now'), join(folder, 'old'));
      await rename(join(folder, 'next'), join(folder, 'now'));
      expect(await standstill(() => calls)).toBe(0);
      poll();
    });
    await reported(() => writeFile(file, '3'));
  });
});

describe('the watch reports', () => {
  test('a burst of edits once', async () => {
    await writeFile(file, '0');
    begin();
    let took = 0;
    await reported(async () => {
      const began = performance.now();
      for (let edit = 1; edit <= 20; edit += 1) await writeFile(file, String(edit));
      took = performance.now() - began;
    });
    // On a busy machine the edits have pauses, which end a burst.
    expect(await standstill(() => calls)).toBeLessThanOrEqual(1 + took / 100);
  });

  test('no change of a neighbour, and no check without a change', async () => {
    await writeFile(file, '1');
    begin();
    poll();
    await writeFile(join(folder, 'other.xml'), '1');
    await rm(join(folder, 'other.xml'));
    expect(await standstill(() => calls)).toBe(0);
  });

  test('an edit made before the watch began', async () => {
    begin();
    writeFileSync(file, '1');
    await until('the edit is reported', () => calls > 0);
  });

  test('nothing after its close, which may be called twice', async () => {
    begin();
    await reported(() => writeFile(file, '1'));
    const before = calls;
    writeFileSync(file, '2');
    watching[0]?.close();
    watching[0]?.close();
    await writeFile(file, '3');
    expect(await standstill(() => calls)).toBe(before);
  });
});
