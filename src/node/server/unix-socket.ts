import { chmodSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** Whoever is in the group of the process may connect, and nobody else. */
const MODE = 0o660;

/**
 * Makes room for a Unix socket: one that a dead process left is taken away. Rejects with an error whose code is
 * `EADDRINUSE` where somebody listens there, `EEXIST` where something else bears the name, and `ENOENT` without a
 * folder. Whoever listens for several processes calls it once, before all of them.
 */
export async function claimSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    // Listening would only say that it may not.
    statSync(dirname(path));
    return;
  }
  if (!found.isSocket()) throw Object.assign(new Error(`${path} is not a socket`), { code: 'EEXIST' });
  if (await answers(path)) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' });
  rmSync(path, { force: true });
}

/** For the group's members: a sidecar seldom runs as the same user as what it serves. */
export const openToGroup = (path: string): void => chmodSync(path, MODE);

/** Whether a process listens; rejects where that can't be found out. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // Its queue is full: it listens.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
