import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { files } from '../files/disk.ts';

/**
 * Whether a folder is another one or lies below it. Links are resolved, and folders are compared by device and number:
 * file systems may ignore case, or be mounted twice. By the paths alone if one of them cannot be read. Never rejects.
 */
export const isWithin = (inner: string, outer: string): Promise<boolean> =>
  files(() => isBelow(inner, outer)).catch(() =>
    `${resolve(inner)}${sep}`.startsWith(`${resolve(outer)}${sep}`),
  );

async function isBelow(inner: string, outer: string): Promise<boolean> {
  const { dev, ino } = await stat(outer, { bigint: true });
  let at = await realpath(inner);
  for (;;) {
    const found = await stat(at, { bigint: true });
    if (found.dev === dev && found.ino === ino) return true;
    const parent = dirname(at);
    if (parent === at) return false;
    at = parent;
  }
}
