import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { files } from '../files/disk.ts';

/**
 * Whether a folder is another one or lies below it. Links are resolved, and folders are compared by device and number:
 * file systems may ignore case, or be mounted twice. By the paths alone if one of them cannot be read. Never rejects.
 */
export const isWithin = async (inner: string, outer: string): Promise<boolean> =>
  (await (await foldersAround([outer]))(inner)).length > 0;

/** Returns which of some folders a path is, or lies in, as `isWithin` does for one: it reads each folder once. */
export async function foldersAround(
  folders: readonly string[],
): Promise<(path: string) => Promise<readonly string[]>> {
  const byIdentity = new Map<string, string[]>();
  const unreadable: string[] = [];
  for (const folder of folders) {
    const identity = await files(() => identityOf(folder)).catch(() => null);
    if (identity === null) unreadable.push(folder);
    else byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), folder]);
  }
  return async (path) => {
    const above = await files(() => identitiesAbove(path)).catch(() => null);
    const byPath = above === null ? folders : unreadable;
    const found = (above ?? []).flatMap((identity) => byIdentity.get(identity) ?? []);
    return [...found, ...byPath.filter((folder) => isBelow(path, folder))];
  };
}

const isBelow = (inner: string, outer: string): boolean =>
  `${resolve(inner)}${sep}`.startsWith(`${resolve(outer)}${sep}`);

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** Of a path and of every folder above it. */
async function identitiesAbove(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  let at = await realpath(path);
  for (;;) {
    found.push(await identityOf(at));
    const parent = dirname(at);
    if (parent === at) return found;
    at = parent;
  }
}
