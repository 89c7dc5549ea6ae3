import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { NODE } from './_process.ts';

/** Writes a program that runs `script` in a new mount namespace and then executes Node. Returns its path. */
export async function programIn(program: string, script: string): Promise<string> {
  const inside = `set -e; ${script}; exec "$0" "$@"`;
  await writeFile(program, `#!/bin/sh\nexec unshare -rm sh -c '${inside}' ${NODE} "$@"\n`, { mode: 0o755 });
  return program;
}

/** Mounts a FUSE file system without a server: every access hangs. Its device stays open as fd 9. */
export const hangs = (path: string): string =>
  `exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none ${path}`;

/** Whether this user may mount. */
export const mounts: boolean =
  existsSync('/dev/fuse') &&
  spawnSync('unshare', ['-rm', 'sh', '-c', `mkdir -p /tmp/.hangs-$$; ${hangs('/tmp/.hangs-$$')}`]).status ===
    0;
export const MOUNTS = mounts ? '' : ' (skipped: this user may not mount)';
