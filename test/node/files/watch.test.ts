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
  // The poll alone stands still, so that only events can tell of a change unless a test lets it run.
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
/** Does something to the file and waits until that is told. */
const tells = async (edit: () => Promise<unknown>) => {
  const before = await standstill(() => calls);
  await edit();
  await until('the change is told', () => calls > before);
};
const poll = () => vi.advanceTimersByTime(2_000);

describe('events tell at once of a file that', () => {
  test('is edited in place, again and again', async () => {
    await writeFile(file, '1');
    begin();
    await tells(() => writeFile(file, '2'));
    await tells(() => writeFile(file, '3'));
  });

  test('is replaced by rename, as editors do, again and again', async () => {
    await writeFile(file, '1');
    begin();
    for (const text of ['2', '3', '4']) {
      await tells(async () => {
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      });
    }
    await tells(() => writeFile(file, '5'));
  });

  test('is moved aside before it is written anew', async () => {
    await writeFile(file, '1');
    begin();
    await tells(async () => {
      await rename(file, `${file}~`);
      await writeFile(file, '2');
    });
  });

  test('appears, goes and appears again', async () => {
    begin();
    await tells(() => writeFile(file, '1'));
    await tells(() => rm(file));
    await tells(() => writeFile(file, '1'));
  });

  test('lies in a ConfigMap of Kubernetes, whose link ..data is swapped', async () => {
    const publish = async (version: string) => {
      await mkdir(join(folder, `..${version}`));
      await writeFile(join(folder, `..${version}`, 'cors.xml'), version);
      await symlink(`..${version}`, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await publish('2026_01');
    await symlink(join('..data', 'cors.xml'), file);
    begin();
    await tells(() => publish('2026_02'));
    await tells(() => publish('2026_03'));
    await tells(() => rm(join(folder, '..data')));
  });

  test('is a link to one edited in another folder', async () => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'rules'), '1');
    await symlink(join('real', 'rules'), file);
    begin();
    await tells(() => writeFile(join(folder, 'real', 'rules'), '2'));
  });

  test('is named relative to the working folder', async () => {
    const here = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    begin('cors.xml');
    here.mockRestore();
    await tells(() => writeFile(file, '1'));
  });
});

describe('the poll tells of a file of which no event tells,', () => {
  test('in a folder that appears later', async () => {
    file = join(folder, 'later', 'cors.xml');
    begin();
    await tells(async () => {
      await mkdir(join(folder, 'later'));
      await writeFile(file, '1');
      expect(await standstill(() => calls)).toBe(0);
      poll();
    });
    await tells(() => writeFile(file, '2'));
  });

  test('below a folder that is put in place of another, and watches there from then on', async () => {
    const put = async (name: string) => {
      await mkdir(join(folder, name, 'rules'), { recursive: true });
      await writeFile(join(folder, name, 'rules', 'cors.xml'), name);
    };
    await put('now');
    file = join(folder, 'now', 'rules', 'cors.xml');
    begin();
    await tells(async () => {
      await put('next');
      await rename(join(folder, 'now'), join(folder, 'old'));
      await rename(join(folder, 'next'), join(folder, 'now'));
      expect(await standstill(() => calls)).toBe(0);
      poll();
    });
    await tells(() => writeFile(file, '3'));
  });
});

describe('it is told', () => {
  test('once of a burst of edits', async () => {
    await writeFile(file, '0');
    begin();
    await tells(async () => {
      for (let edit = 1; edit <= 20; edit += 1) await writeFile(file, String(edit));
    });
    expect(await standstill(() => calls)).toBe(1);
  });

  test('nothing of a neighbour, nor of a look that finds no change', async () => {
    await writeFile(file, '1');
    begin();
    poll();
    await writeFile(join(folder, 'other.xml'), '1');
    await rm(join(folder, 'other.xml'));
    expect(await standstill(() => calls)).toBe(0);
  });

  test('of an edit made before any watch could have begun', async () => {
    begin();
    writeFileSync(file, '1');
    await until('the edit is told', () => calls > 0);
  });

  test('nothing more once it is closed, which may be said twice', async () => {
    begin();
    await tells(() => writeFile(file, '1'));
    const before = calls;
    writeFileSync(file, '2');
    watching[0]?.close();
    watching[0]?.close();
    await writeFile(file, '3');
    expect(await standstill(() => calls)).toBe(before);
  });
});
