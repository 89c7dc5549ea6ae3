import { type BigIntStats, type FSWatcher, statSync, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { files } from './disk.ts';
import { stampOf } from './text-file.ts';

/** Milliseconds without an event after which a burst of them is over. */
const QUIET = 100;
/** Milliseconds after which a burst is looked at though it isn't over. */
const PATIENCE = 1_000;
/** Milliseconds between looks of its own accord: network file systems and some containers tell no events. */
const POLL = 2_000;

const MISSING = 'missing';

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/**
 * Calls `changed` when a file has another content than before, is replaced, comes or goes; a burst of edits is one
 * change. It compares with what it finds when called, so begin to watch before the first load. A folder is watched
 * rather than the file: editors, and Kubernetes by its link `..data`, put another file in the old one's place, and a
 * watch on the old one would stay with it. It keeps no process alive.
 */
export function watchFile(path: string, changed: () => void): { close(): void } {
  const file = resolve(path);
  const folders = new Map<string, Watched>();
  let known = stampNow(file);
  let closed = false;
  let looking = true;
  let timer: NodeJS.Timeout | undefined;
  let burst: number | undefined;

  function noticed(): void {
    if (closed) return;
    const now = performance.now();
    burst ??= now;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, Math.min(QUIET, burst + PATIENCE - now))).unref();
  }

  async function look(): Promise<void> {
    burst = undefined;
    // One look at a time, so that a file system that hangs gathers none.
    if (looking) return noticed();
    looking = true;
    // A disk that does not answer says nothing of the file.
    const found = await files(async () => {
      // Watched first: what changes after the look is then told.
      await watchFolders();
      return stampLater(file);
    }).catch(() => known);
    looking = false;
    if (closed || found === known) return;
    known = found;
    changed();
  }

  /** The folder of the file and, where the file is a link, that of what it leads to. */
  async function watchFolders(): Promise<void> {
    const wanted = new Set([dirname(file), dirname(await realpath(file).catch(() => file))]);
    for (const folder of folders.keys()) if (!wanted.has(folder)) unwatch(folder);
    for (const folder of wanted) {
      const identity = await stat(folder, { bigint: true }).then(identityOf, () => MISSING);
      if (closed) return;
      if (folders.get(folder)?.identity === identity) continue;
      unwatch(folder);
      if (identity !== MISSING) watchFolder(folder, identity);
    }
  }

  function watchFolder(folder: string, identity: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, noticed);
      watcher.on('error', () => unwatch(folder));
      folders.set(folder, { identity, watcher });
    } catch {
      // Not there, or no more watches to be had: the poll goes on, and tries again.
    }
  }

  function unwatch(folder: string): void {
    folders.get(folder)?.watcher.close();
    folders.delete(folder);
  }

  const polling = setInterval(noticed, POLL).unref();
  void files(watchFolders)
    .catch(() => {})
    .then(() => {
      looking = false;
      noticed();
    });

  return {
    close: () => {
      closed = true;
      clearInterval(polling);
      clearTimeout(timer);
      for (const folder of [...folders.keys()]) unwatch(folder);
    },
  };
}

/** Another folder by the same name is another one, also where it was given the old one's inode. */
const identityOf = ({ dev, ino, birthtimeNs }: BigIntStats): string => [dev, ino, birthtimeNs].join('-');

function stampNow(file: string): string {
  try {
    return stampOf(statSync(file, { bigint: true }));
  } catch {
    return MISSING;
  }
}

const stampLater = (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(stampOf, () => MISSING);
