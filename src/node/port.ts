import { type Listening, type ListenOptions, listen, type Where } from './listen.ts';
import { startFault } from './start-fault.ts';

/** Listens, or rejects with a start fault that says what to do. */
export async function listenOr(
  handler: Parameters<typeof listen>[0],
  where: Where,
  flag: string,
  options?: ListenOptions,
): Promise<Listening> {
  return listen(handler, where, options).catch((error) => {
    throw startFault([
      'socket' in where
        ? socketMessage(error, where.socket)
        : portMessage(error, where.host, where.port, flag),
    ]);
  });
}

/** Why a Unix socket can't be listened on, in one line. */
export function socketMessage(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `--socket ${path} is in use: stop what listens there, or write another path`;
    case 'EEXIST':
      return `--socket ${path} is there and is not a socket: write another path`;
    case 'ENOENT':
      return `--socket ${path} is in a folder that is not there: make it, or write another path`;
    case 'EACCES':
    case 'EPERM':
      return `--socket ${path} is where this process may not write: write another path, or give it the right to`;
    default:
      return `can't listen on --socket ${path}: ${messageOf(error)}`;
  }
}

/** Why a port can't be listened on, in one line. */
export function portMessage(error: NodeJS.ErrnoException, host: string, port: number, flag: string): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use: stop what listens there, or choose another with ${flag}`;
  }
  if (error.code === 'EACCES')
    return `port ${port} on ${host} needs more rights: choose one above 1023 with ${flag}`;
  return `can't listen on ${host} port ${port}: ${messageOf(error)}`;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
