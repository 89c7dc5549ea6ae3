import { chmodSync, lstatSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** The process's user and its group may connect. */
const MODE = 0o660;

/**
 * Makes room for a Unix socket: removes one that a dead process left. Rejects with an error whose code is `EADDRINUSE`
 * if a process listens there, `EEXIST` if the path is another kind of file, and `ENOENT` if the folder does not exist.
 * The primary calls it once for all worker processes.
 */
export async function claimSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    // `listen` would report EACCES for a folder that does not exist.
    statSync(dirname(path));
    return;
  }
  if (!found.isSocket()) throw Object.assign(new Error(`${path} is not a socket`), { code: 'EEXIST' });
  if (await answers(path)) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' });
  rmSync(path, { force: true });
}

/** Lets the group connect: a sidecar and its application rarely run as the same user. */
export const openToGroup = (path: string): void => chmodSync(path, MODE);

/** Whether a process listens on the socket; rejects if that is unknown. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // The queue of a listening socket is full.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
