import { type BigIntStats, type FSWatcher, statSync, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { files } from './disk.ts';
import { stampOf } from './text-file.ts';

/** Milliseconds without an event that end a burst. */
const QUIET = 100;
/** Milliseconds after which a burst is checked although it continues. */
const BURST_MOST = 1_000;
/** Milliseconds between checks without an event: network file systems and some containers send no events. */
const POLL = 2_000;

const MISSING = 'missing';

/**
 * Calls `changed` when a file's content changes, or the file is replaced, appears or disappears; once for a burst of
 * edits. It compares with the file's state at this call, so start the watch before the first read. It watches folders
 * instead of the file: editors, and Kubernetes with its link `..data`, replace the file, and a watch on the old one
 * would miss that. The watch does not delay the exit of the process.
 */
export function watchFile(path: string, changed: () => void): { close(): void } {
  const file = resolve(path);
  let known = stampNow(file);
  let closed = false;
  let checking = true;
  let timer: NodeJS.Timeout | undefined;
  let burst: number | undefined;
  const folders = watchFolders(noticed);

  function noticed(): void {
    if (closed) return;
    const now = performance.now();
    burst ??= now;
    clearTimeout(timer);
    timer = setTimeout(check, Math.max(0, Math.min(QUIET, burst + BURST_MOST - now))).unref();
  }

  async function check(): Promise<void> {
    burst = undefined;
    // One check at a time, so that none queue up while a disk hangs.
    if (checking) return noticed();
    checking = true;
    // A disk that does not answer says nothing about the file.
    const found = await files(async () => {
      // Before the stamp: a change after it then causes an event.
      await folders.follow(file);
      return stampLater(file);
    }).catch(() => known);
    checking = false;
    if (closed || found === known) return;
    known = found;
    changed();
  }

  const polling = setInterval(noticed, POLL).unref();
  void files(() => folders.follow(file))
    .catch(() => {})
    .then(() => {
      checking = false;
      noticed();
    });

  return {
    close: () => {
      closed = true;
      clearInterval(polling);
      clearTimeout(timer);
      folders.close();
    },
  };
}

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/** Watches the folders of one file. */
function watchFolders(noticed: () => void) {
  const folders = new Map<string, Watched>();
  let closed = false;

  function watchFolder(folder: string, identity: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, noticed);
      watcher.on('error', () => unwatch(folder));
      folders.set(folder, { identity, watcher });
    } catch {
      // The folder is missing, or the system's watches are used up: the poll tries again.
    }
  }

  function unwatch(folder: string): void {
    folders.get(folder)?.watcher.close();
    folders.delete(folder);
  }

  return {
    /** Watches the file's folder and, if the file is a link, its target's folder. */
    async follow(file: string): Promise<void> {
      const wanted = new Set([dirname(file), dirname(await realpath(file).catch(() => file))]);
      for (const folder of folders.keys()) if (!wanted.has(folder)) unwatch(folder);
      for (const folder of wanted) {
        const identity = await stat(folder, { bigint: true }).then(identityOf, () => MISSING);
        if (closed) return;
        if (folders.get(folder)?.identity === identity) continue;
        unwatch(folder);
        if (identity !== MISSING) watchFolder(folder, identity);
      }
    },
    close(): void {
      closed = true;
      for (const folder of [...folders.keys()]) unwatch(folder);
    },
  };
}

/** Differs for a new folder with the same name, also if it reuses the old one's inode. */
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
